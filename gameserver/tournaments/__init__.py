"""Tournaments for any game: entry, keys, submissions, standings.

The way of a request: a view reads it, `service` does what it asks for with one operation of the
store, in which `rules` and the tournament's mode decide.
"""
