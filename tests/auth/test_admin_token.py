"""The admin's token and its file."""

from __future__ import annotations

import os
import stat
import tempfile
import unittest
from pathlib import Path

from gameserver.auth.admin_token import AdminToken, open_admin_token
from gameserver.errors import StartError

TOKEN = "0123456789abcdef"


class FileTest(unittest.TestCase):
    def setUp(self) -> None:
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory()), "token")

    def write(self, text: str, mode: int = 0o600) -> None:
        self.path.write_text(text)
        self.path.chmod(mode)

    def test_new(self) -> None:
        """A file that is not there is made with a new token, for its owner alone."""
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        token = open_admin_token(str(self.path), lambda: TOKEN)
        self.assertEqual(self.path.read_text(), f"{TOKEN}\n")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertTrue(token.is_in(f"Bearer {TOKEN}"))

    def test_known(self) -> None:
        """A file that is there is read."""
        self.write(TOKEN)
        self.assertTrue(open_admin_token(str(self.path)).is_in(f"bearer {TOKEN}"))
        self.assertEqual(self.path.read_text(), TOKEN)

    def test_refused(self) -> None:
        """One that others can read, or that holds no token, is refused in one line."""
        for text, mode in [
            (TOKEN, 0o640), (TOKEN, 0o604), (TOKEN, 0o620), ("", 0o600), ("short", 0o600),
            ("x" * 257, 0o600), (f"{TOKEN} {TOKEN}", 0o600), (f"{TOKEN}\n{TOKEN}", 0o600),
            (f"{TOKEN}é", 0o600),
        ]:  # fmt: skip
            self.write(text, mode)
            with self.assertRaises(StartError) as caught:
                open_admin_token(str(self.path))
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaises(StartError):
            open_admin_token(str(self.path.parent))


class TokenTest(unittest.TestCase):
    def test_header_field(self) -> None:
        """Only the whole token, as a bearer's, is right."""
        token = AdminToken(TOKEN)
        self.assertTrue(token.is_in(f"BEARER {TOKEN}"))
        for field in ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}0",
                      "Bearer ", f"Bearer{TOKEN}", f"Bearer \xe9{TOKEN}"]:  # fmt: skip
            self.assertFalse(token.is_in(field), field)


if __name__ == "__main__":
    unittest.main()
