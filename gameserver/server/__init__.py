"""Sockets: bytes in, the responses of an application out. Knows no game."""
