"""What the server says of itself: log, metrics, progress bars."""
