"""Tournaments and submissions to them, in Redis."""
