"""The admin's token in the environment."""

from __future__ import annotations

import unittest

from gameserver.auth.admin_token import VARIABLE, admin_token
from gameserver.errors import StartError
from tests.folder import FolderTestCase

TOKEN = "0123456789abcdef"


class EnvironmentTest(FolderTestCase):
    def test_stands_for_the_file(self) -> None:
        """The variable holds the token itself."""
        token = admin_token("", {VARIABLE: TOKEN})
        assert token
        self.assertTrue(token.is_in(f"Bearer {TOKEN}"))
        for header in ("", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer "):
            self.assertFalse(token.is_in(header), header)

    def test_none(self) -> None:
        """Without a file and a variable there is no admin."""
        self.assertIsNone(admin_token("", {}))

    def test_two(self) -> None:
        """A file and a variable at once are refused: which one counts nobody could say."""
        with self.assertRaisesRegex(StartError, "two"):
            admin_token(str(self.folder / "token"), {VARIABLE: TOKEN})

    def test_bad(self) -> None:
        """A token is 16 to 256 printable characters of ASCII without spaces; none is shown."""
        for text in ("", "x" * 15, "x" * 257, "x" * 16 + " y", "ä" * 16, "x" * 16 + "\n"):
            with self.subTest(text=text), self.assertRaisesRegex(StartError, VARIABLE) as raised:
                admin_token("", {VARIABLE: text})
            if text:
                self.assertNotIn(text, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
