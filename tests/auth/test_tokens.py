from __future__ import annotations

import hashlib
import unittest
from dataclasses import replace

from gameserver.auth import tokens
from gameserver.auth.tokens import Token
from gameserver.times import DAY, MINUTE

CREATED = 1_000 * DAY
TOKEN = Token(b"d", 1, CREATED, None, False, None)


class DigestTest(unittest.TestCase):
    def test_the_token_is_behind_the_last_colon(self):
        """Whatever stands in front of the last colon, the token identifies the user."""
        text = "0f" * 32
        digest = hashlib.sha256(bytes.fromhex(text)).digest()
        for header in (f"ralokt:{text}", f"None:{text}", f"a:b:{text}", f":{text}", text):
            self.assertEqual(tokens.digest_in(header), digest, header)

    def test_what_is_no_token(self):
        """Anything but 64 hexadecimal digits is no token."""
        for header in ("", ":", "garbage", "a:" + "0" * 63, "a:" + "0" * 65, "a:" + "0F" * 32,
                       "a: " + "0" * 64, "a:" + "\u0660" * 64):  # fmt: skip
            self.assertIsNone(tokens.digest_in(header), header)


class StatusTest(unittest.TestCase):
    def test_ages(self):
        """A token is stale after 7 days, has expired after 30 and is forgotten after 60."""
        ages = (0, 7 * DAY - 1, 7 * DAY, 30 * DAY - 1, 30 * DAY, 60 * DAY - 1, 60 * DAY)
        self.assertEqual(
            [tokens.status(TOKEN, CREATED + age) for age in ages],
            ["ok", "ok", "ok_stale", "ok_stale", "expired", "expired", "nonexistent"],
        )

    def test_none(self):
        """There is no status of what does not exist."""
        self.assertEqual(tokens.status(None, CREATED), "nonexistent")
        self.assertFalse(tokens.is_valid(None, CREATED))

    def test_replaced(self):
        """A replaced token is valid for ten more minutes."""
        token = replace(TOKEN, replaced=CREATED + DAY)
        self.assertTrue(tokens.is_valid(token, CREATED + DAY + 10 * MINUTE - 1))
        self.assertFalse(tokens.is_valid(token, CREATED + DAY + 10 * MINUTE))


class RefreshTest(unittest.TestCase):
    def test_after_a_login(self):
        """A token from a login may be refreshed at once."""
        self.assertEqual(tokens.refresh_wait(TOKEN, CREATED), 0)

    def test_after_a_refresh(self):
        """A refreshed token may be refreshed a day later."""
        token = replace(TOKEN, predecessor=b"p")
        self.assertEqual(tokens.refresh_wait(token, CREATED), DAY)
        self.assertEqual(tokens.refresh_wait(token, CREATED + DAY - 1), 1)
        self.assertEqual(tokens.refresh_wait(token, CREATED + DAY), 0)

    def test_once_more(self):
        """The replaced token may be refreshed again, since the reply may have been lost."""
        token = replace(TOKEN, predecessor=b"p", replaced=CREATED + DAY)
        self.assertEqual(tokens.refresh_wait(token, CREATED + DAY + 1), 0)
