"""A game score server: mini-game high scores over plain HTTP, standard library only."""

__version__ = "0.1.0"
