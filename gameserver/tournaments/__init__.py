"""Tournaments of Minesweeper: accounts, entry, keys, uploaded replays, standings.

The way of a request: `views` reads it, `accounts` says whose it is, `service` does what it asks
for in one transaction, in which `rules` and `modes` decide and `store` keeps.
"""
