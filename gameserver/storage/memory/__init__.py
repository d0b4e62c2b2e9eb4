"""The engine that keeps everything in memory."""
