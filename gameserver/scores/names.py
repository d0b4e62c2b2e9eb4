"""Names of users and titles of levels: what may be one, and what a search finds it by."""

from __future__ import annotations

import unicodedata

LONGEST_NAME = 32
LONGEST_TITLE = 100

_NEVER_SHOWN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Categories of Unicode that have no glyph, or break a line."""

_IN_EMOJI = "\u200d\ufe0f"
"""The joiner and the variation selector: emoji are made with them."""


def parse_name(text: str, longest: int = LONGEST_NAME) -> str:
    """The text in NFC, if it may be a name; ValueError says why it may not.

    A name has 1 to `longest` characters, none of which is invisible, and no outer spaces.
    """
    name = unicodedata.normalize("NFC", text)
    if not 1 <= len(name) <= longest:
        raise ValueError(f"must have 1 to {longest} characters")
    if name.strip() != name:
        raise ValueError("must not begin or end with a space")
    if any(_is_invisible(character) for character in name):
        raise ValueError("must consist of visible characters and spaces")
    return name


def fold(text: str) -> str:
    """What two spellings have in common that a search takes for the same (NFKC, casefolded)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in _NEVER_SHOWN and character not in _IN_EMOJI
