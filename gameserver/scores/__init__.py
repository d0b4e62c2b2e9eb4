"""Levels' scores, without HTTP and without SQL."""
