"""Session keys: signed ones, and those of `--store_tokens`."""

from __future__ import annotations

import unittest
from hmac import compare_digest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth.sessions import SignedSessions
from gameserver.errors import InvalidSessionKey
from gameserver.storage.memory.sessions import MemorySessions
from tests.scores import contracts
from tests.support import run_together


class SignedTest(contracts.SessionsContract):
    """Keys that carry all that there is to know."""

    make = SignedSessions
    compared_in = "gameserver.auth.sessions.compare_digest"

    def test_any_number(self) -> None:
        """A user may have any number of valid keys."""
        keys = [self.sessions.login(7) for _ in range(100)]
        self.assertEqual({self.sessions.user_of(key) for key in keys}, {7})

    def test_same_secret(self) -> None:
        """Servers that share the secret know each other's keys."""
        one = SignedSessions(b"secret", self.clock)
        other = SignedSessions(b"secret", self.clock)
        self.assertEqual(other.user_of(one.login(7)), 7)

    def test_secret_of_its_own(self) -> None:
        """Without further ado a server draws a secret that nobody knows."""
        self.sessions = SignedSessions()
        self.assert_refused(SignedSessions().login(7))
        self.assertEqual(self.sessions.user_of(self.sessions.login(7)), 7)

    def test_many_keys(self) -> None:
        """More keys than can be remembered are all valid."""
        keys = [self.sessions.login(user_id) for user_id in range(20_000)]
        for user_id, key in enumerate(keys):
            self.assertEqual(self.sessions.user_of(key), user_id)


class StoredTest(contracts.SessionsContract):
    """Keys that are remembered, the newest of each user."""

    make = MemorySessions

    def test_compared_with_nothing(self) -> None:
        """How long it takes does not say whether the user has a key: as much is compared."""
        key = self.sessions.login(7)
        with mock.patch(self.compared_in, wraps=compare_digest) as seen:
            self.assert_refused(f"{8:08x}{key[8:]}")
        ((one, other),) = [call.args for call in seen.call_args_list]
        self.assertEqual(len(one), len(other))

    def size(self) -> int:
        """How many entries there are."""
        return self.sessions.gauges()["sessions"]

    def is_valid(self, key: str) -> bool:
        try:
            self.sessions.user_of(key)
        except InvalidSessionKey:
            return False
        return True

    def test_only_the_newest(self) -> None:
        """A login ends the user's key before, and nobody else's."""
        others, first, second = (self.sessions.login(user_id) for user_id in (8, 7, 7))
        self.assertEqual([self.is_valid(key) for key in (others, first, second)],
                         [True, False, True])  # fmt: skip

    def test_older_key_stays_invalid(self) -> None:
        """When the newest key expires, the one before does not come back."""
        first = self.sessions.login(7)
        self.clock.now += 1
        second = self.sessions.login(7)
        self.clock.now += 599.5
        self.assertEqual([self.is_valid(first), self.is_valid(second)], [False, True])
        self.clock.now += 0.5
        self.assertEqual([self.is_valid(first), self.is_valid(second)], [False, False])

    def test_new_login_lives_its_own_time(self) -> None:
        """A second login is not freed when the first would have expired."""
        self.sessions.login(7)
        self.clock.now += 300
        key = self.sessions.login(7)
        self.clock.now += 301
        self.sessions.login(8)
        self.assertTrue(self.is_valid(key))

    def test_race_for_one_user(self) -> None:
        """Of logins at once exactly one is the newest."""
        keys = run_together(lambda _: self.sessions.login(7), 64)
        self.assertEqual(sum(map(self.is_valid, keys)), 1)
        self.assertEqual(self.size(), 1)

    def test_size(self) -> None:
        """There is one entry for each user with a key."""
        for user_id in range(10):
            self.sessions.login(user_id)
            self.sessions.login(5)
        self.assertEqual(self.size(), 10)

    def test_freed_by_logins(self) -> None:
        """Logins free what has expired, faster than they add to it."""
        for user_id in range(1000):
            self.sessions.login(user_id)
        self.clock.now += 600
        for user_id in range(1000, 2000):
            self.sessions.login(user_id)
        self.assertEqual(self.size(), 1000)

    def test_freed_by_use(self) -> None:
        """Keys that are used free those that have expired."""
        for user_id in range(1000):
            self.sessions.login(user_id)
        self.clock.now += 600
        key = self.sessions.login(5000)
        for _ in range(1000):
            self.sessions.user_of(key)
        self.assertEqual(self.size(), 1)

    def test_freed_by_refusals(self) -> None:
        """So do keys that are refused."""
        for user_id in range(1000):
            self.sessions.login(user_id)
        self.clock.now += 600
        for _ in range(1000):
            self.assert_refused("none")
        self.assertEqual(self.size(), 0)

    def test_constant_cost(self) -> None:
        """However many entries have expired, one call frees but a few of them."""
        for user_id in range(10_000):
            self.sessions.login(user_id)
        self.clock.now += 600
        for user_id in range(100):
            before = self.size()
            self.sessions.login(user_id)
            self.assertIn(before - self.size(), range(-1, 9))

    def test_valid_entries_stay(self) -> None:
        """Nothing is freed before its time."""
        keys = [self.sessions.login(user_id) for user_id in range(100)]
        self.clock.now += 599.999
        for _ in range(200):
            self.assert_refused("none")
        self.assertTrue(all(map(self.is_valid, keys)))


if __name__ == "__main__":
    unittest.main()
