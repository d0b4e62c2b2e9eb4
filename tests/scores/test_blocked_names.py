"""Names that the operator does not want."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

from gameserver.errors import StartError
from gameserver.scores.blocked_names import BlockedNames, read_blocked_names


class BlockedNamesTest(unittest.TestCase):
    def read(self, data: str | bytes) -> BlockedNames:
        path = Path(self.enterContext(tempfile.TemporaryDirectory()), "names")
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_blocked_names(str(path))

    def test_words(self) -> None:
        """A word is found anywhere in a name, however it is spelt."""
        blocked = self.read("# a comment\n\nBad\nStraße\na.c\n")
        for name in ("bad", "XxBADxX", "\uff42\uff41\uff44", "strasse", "a.c"):
            self.assertTrue(blocked.block(name), name)
        for name in ("b ad", "good", "abc", "# a comment", ""):
            self.assertFalse(blocked.block(name), name)

    def test_expressions(self) -> None:
        """A line in slashes is a regular expression, for the folded name."""
        blocked = self.read("/^adm[i1]n$/\n//\n/\n")
        for name in ("Admin", "ADM1N", "a//b", "/"):
            self.assertTrue(blocked.block(name), name)
        for name in ("admins", "ab"):
            self.assertFalse(blocked.block(name), name)

    def test_mistakes(self) -> None:
        """What cannot be read is one line, which says where."""
        for data, said in [("a\n/(/\n", "line 2"), (b"\xff", "UTF-8")]:
            with self.assertRaises(StartError) as caught:
                self.read(data)
            self.assertIn(said, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaises(StartError):
            read_blocked_names("/none/at/all")


if __name__ == "__main__":
    unittest.main()
