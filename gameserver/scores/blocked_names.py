"""Names that the operator does not want to see."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gameserver.errors import StartError
from gameserver.scores.names import fold

_COMMENT = "#"


class BlockedNames:
    """Words, and regular expressions, that no name may have in it.

    Both are looked for in the folded name (NFKC, casefolded), so other spellings of the same
    letters do not help.
    """

    def __init__(self, patterns: Iterable[re.Pattern[str]] = ()) -> None:
        self._patterns = tuple(patterns)

    def block(self, name: str) -> bool:
        """Whether one of them is in the name."""
        folded = fold(name)
        return any(pattern.search(folded) for pattern in self._patterns)


NONE_BLOCKED = BlockedNames()


def read_blocked_names(path: str) -> BlockedNames:
    """Those in a file: a word or a `/regex/` a line; lines that begin with `#` say nothing.

    StartError if the file cannot be read or an expression is none.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise StartError(f"cannot read the blocked names {path!r}: {reason}") from None
    return BlockedNames(
        _pattern(line, f"{path}, line {number}")
        for number, line in enumerate(lines, 1)
        if line and not line.startswith(_COMMENT)
    )


def _pattern(line: str, where: str) -> re.Pattern[str]:
    if not (len(line) > 2 and line.startswith("/") and line.endswith("/")):
        return re.compile(re.escape(fold(line)))
    try:
        return re.compile(line[1:-1])
    except re.error as error:
        raise StartError(f"{where}: not a regular expression: {error}") from None
