"""What every engine's stores promise, each to be made by a subclass that says `make_engine`."""

from __future__ import annotations

import hashlib
import unittest

from gameserver.auth.tokens import FORGOTTEN_AFTER, MAX_PER_USER, REPLACED_FOR, Token
from gameserver.errors import Refused
from gameserver.storage.engine import Engine
from gameserver.times import DAY, SECOND
from tests.support import run_together

THREADS = 32
NOW = 1_700_000_000 * SECOND


class EngineContract(unittest.TestCase):
    """A test case with an empty engine."""

    def make_engine(self) -> Engine:
        raise NotImplementedError

    def setUp(self) -> None:
        self.engine = self.make_engine()
        self.addCleanup(self.engine.close)

    def add_accounts(self, *names: str) -> list[int]:
        """The ids of new accounts."""
        ids = [self.engine.accounts.add(name, f"hash of {name}", NOW) for name in names]
        assert all(ids), ids
        return [user_id or 0 for user_id in ids]


def digest(text: str) -> bytes:
    """Stands for the digest of a token, or of a game."""
    return hashlib.sha256(text.encode()).digest()


def let_pass(token: Token | None) -> Token:
    """A rule that lets every token be replaced."""
    assert token
    return token


class AccountsContract(EngineContract):
    """Accounts and tokens."""

    def setUp(self) -> None:
        super().setUp()
        self.store = self.engine.accounts

    def test_account(self) -> None:
        """An account is found by its name, whatever the capitals, as it was written."""
        (ann,) = self.add_accounts("Ann")
        for name in ("Ann", "ann", "ANN"):
            self.assertEqual(self.store.named(name), (ann, "Ann", "hash of Ann"))
        self.assertIsNone(self.store.named("Anna"))

    def test_ids(self) -> None:
        """Accounts are numbered from 1."""
        self.assertEqual(self.add_accounts("ann", "bob", "eve"), [1, 2, 3])

    def test_taken(self) -> None:
        """A name is taken whatever its capitals, and the account that has it stays."""
        self.add_accounts("ann")
        for name in ("ann", "ANN"):
            self.assertIsNone(self.store.add(name, "another", NOW))
        self.assertEqual(self.store.named("ann"), (1, "ann", "hash of ann"))

    def test_add_at_once(self) -> None:
        """Of many who want a name at once one gets it, and all numbers differ."""
        ids = run_together(lambda n: self.store.add(f"user{n // 2}", "hash", NOW), THREADS)
        self.assertEqual(sorted(filter(None, ids)), list(range(1, THREADS // 2 + 1)))

    def test_token(self) -> None:
        """A token is known by its digest until it is forgotten."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("a"), ann, NOW)
        token = Token(digest("a"), ann, NOW, None, False, None)
        self.assertEqual(self.store.show_token(digest("a"), NOW + DAY), token)
        self.assertIsNone(self.store.show_token(digest("b"), NOW))

    def test_replaced_token(self) -> None:
        """Both tokens are known after a refresh, until the new one is shown."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("a"), ann, NOW)
        self.store.replace_token(digest("a"), digest("b"), NOW + 1, let_pass)
        old = self.store.show_token(digest("a"), NOW + 2)
        self.assertEqual(old, Token(digest("a"), ann, NOW, None, False, NOW + 1))
        new = self.store.show_token(digest("b"), NOW + 3)
        self.assertEqual(new, Token(digest("b"), ann, NOW + 1, digest("a"), False, None))
        self.assertIsNone(self.store.show_token(digest("a"), NOW + 4))
        shown = self.store.show_token(digest("b"), NOW + 5)
        self.assertTrue(shown and shown.used)

    def test_replaced_twice(self) -> None:
        """A second refresh does not move the moment of the first."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("a"), ann, NOW)
        self.store.replace_token(digest("a"), digest("b"), NOW + 1, let_pass)
        self.store.replace_token(digest("a"), digest("c"), NOW + 9, let_pass)
        old = self.store.show_token(digest("a"), NOW + 9)
        self.assertEqual(old and old.replaced, NOW + 1)
        self.assertTrue(self.store.show_token(digest("b"), NOW + 9))
        self.assertTrue(self.store.show_token(digest("c"), NOW + 9))

    def test_invalid_successor(self) -> None:
        """A successor that is not valid any more ends nothing."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("a"), ann, NOW)
        self.store.replace_token(digest("a"), digest("b"), NOW, let_pass)
        self.store.show_token(digest("b"), NOW + 40 * DAY)
        self.assertIsNotNone(self.store.show_token(digest("a"), NOW + REPLACED_FOR))

    def test_refusal(self) -> None:
        """A rule that refuses changes nothing; it is told that a token is not there."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("a"), ann, NOW)
        seen: list[Token | None] = []

        def refuse(token: Token | None) -> Token:
            seen.append(token)
            raise Refused("not_logged_in")

        for name in ("a", "nothing"):
            with self.assertRaises(Refused):
                self.store.replace_token(digest(name), digest("b"), NOW, refuse)
        token = Token(digest("a"), ann, NOW, None, False, None)
        self.assertEqual(seen, [token, None])
        self.assertEqual(self.store.show_token(digest("a"), NOW), token)
        self.assertIsNone(self.store.show_token(digest("b"), NOW))

    def test_number_of_tokens(self) -> None:
        """Whoever logs in very often loses the oldest tokens; others keep theirs."""
        ann, bob = self.add_accounts("ann", "bob")
        self.store.add_token(digest("bob"), bob, NOW)
        for number in range(MAX_PER_USER + 5):
            self.store.add_token(digest(str(number)), ann, NOW + number)
        known = [
            number
            for number in range(MAX_PER_USER + 5)
            if self.store.show_token(digest(str(number)), NOW)
        ]
        self.assertEqual(known, list(range(5, MAX_PER_USER + 5)))
        self.assertTrue(self.store.show_token(digest("bob"), NOW))

    def test_old_tokens(self) -> None:
        """What is too old to matter goes with the next login."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("old"), ann, NOW)
        self.store.add_token(digest("newer"), ann, NOW + 1)
        self.store.add_token(digest("new"), ann, NOW + FORGOTTEN_AFTER)
        self.assertIsNone(self.store.show_token(digest("old"), NOW))
        self.assertIsNotNone(self.store.show_token(digest("newer"), NOW))

    def test_refresh_at_once(self) -> None:
        """Of many refreshes at once each leaves a valid token."""
        (ann,) = self.add_accounts("ann")
        self.store.add_token(digest("a"), ann, NOW)
        run_together(
            lambda n: self.store.replace_token(digest("a"), digest(f"b{n}"), NOW + n, let_pass),
            THREADS,
        )
        for number in range(THREADS):
            token = self.store.show_token(digest(f"b{number}"), NOW)
            self.assertEqual(token and token.predecessor, digest("a"))
