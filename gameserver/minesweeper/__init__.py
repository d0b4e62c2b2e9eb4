"""Minesweeper: replays, their uploads, and the modes of its tournaments."""
