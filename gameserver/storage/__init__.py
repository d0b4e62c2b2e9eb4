"""The data file: one connection, one lock, and what becomes of a batch that cannot be written."""
