"""Storage: the engines, each of which keeps everything in its own way."""
