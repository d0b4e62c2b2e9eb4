"""The one error of this package."""

from __future__ import annotations


class InvalidReplay(ValueError):
    """The bytes are not a replay, or not one of a game that can have been played.

    `str(error)` is a short reason for a person. It holds nothing from the file.
    """
