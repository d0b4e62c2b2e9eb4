"""The engine that keeps everything in a data file: the only place that knows SQL."""
