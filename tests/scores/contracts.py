"""What every kind of sessions and every store of scores promises, each to be made by a subclass."""

from __future__ import annotations

import random
import threading
import unittest
from contextlib import AbstractContextManager
from hmac import compare_digest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth.sessions import OWNER
from gameserver.errors import InvalidSessionKey
from tests.support import Clock, run_together

MAX_NUMBER = 2**31 - 1


class SessionsContract(unittest.TestCase):
    """Session keys. A subclass says how `make(clock, randomness)` makes sessions."""

    make: Any
    compared_in = "gameserver.storage.memory.sessions.compare_digest"

    def setUp(self) -> None:
        self.clock = Clock()
        self.chance = random.Random(5)
        self.sessions = self.make(clock=self.clock, randomness=self.chance.randbytes)

    def assert_refused(self, key: str) -> None:
        with self.assertRaises(InvalidSessionKey, msg=ascii(key)):
            self.sessions.user_of(key)

    def test_key(self) -> None:
        """A key leads to its user and consists of letters and digits."""
        for user_id in (0, 1, 4711, MAX_NUMBER):
            key = self.sessions.login(user_id)
            self.assertRegex(key, r"\A[A-Za-z0-9]+\Z")
            self.assertEqual(self.sessions.user_of(key), user_id)

    def test_owner(self) -> None:
        """The session of an owner is one of the same user, and says so."""
        for user_id in (0, 7, MAX_NUMBER):
            key, own = self.sessions.login(user_id ^ 1), self.sessions.login(user_id | OWNER)
            self.assertEqual(self.sessions.user_of(own), user_id)
            self.assertTrue(self.sessions.is_owner(own))
            self.assertFalse(self.sessions.is_owner(key))

    def test_since(self) -> None:
        """A key bears the time that it has to bear at least."""
        since = int(self.clock.now * 1000) + 5000
        key = self.sessions.login(7, since)
        self.clock.now += 604.999
        self.assertEqual(self.sessions.user_of(key), 7)
        self.clock.now += 0.001
        self.assert_refused(key)

    def test_different(self) -> None:
        """No two logins lead to the same key, not even at the same moment."""
        self.assertEqual(len({self.sessions.login(7) for _ in range(1000)}), 1000)

    def test_lifetime(self) -> None:
        """A key lives ten minutes: at 9:59 it is valid, at 10:00 and at 10:01 it is not."""
        start = self.clock.now
        key = self.sessions.login(7)
        for seconds in (0, 1, 599, 599.999):
            self.clock.now = start + seconds
            self.assertEqual(self.sessions.user_of(key), 7)
        for seconds in (600.0, 600.001, 601, 86400):
            self.clock.now = start + seconds
            self.assert_refused(key)

    def test_lifetime_at_any_moment(self) -> None:
        """The lifetime is ten minutes whenever it begins, to the millisecond."""
        for _ in range(200):
            start = self.clock.now = self.clock.now + self.chance.random() * 1000
            key = self.sessions.login(7)
            self.clock.now = start + 599.998
            self.assertEqual(self.sessions.user_of(key), 7)
            self.clock.now = start + 600.0
            self.assert_refused(key)

    def test_use_does_not_prolong(self) -> None:
        """A key that is used all the time ends just as early."""
        key = self.sessions.login(7)
        for _ in range(600):
            self.assertEqual(self.sessions.user_of(key), 7)
            self.clock.now += 1
        self.assert_refused(key)

    def test_every_bit(self) -> None:
        """A key with any one bit flipped is refused."""
        key = self.sessions.login(4711)
        for at, character in enumerate(key):
            for bit in range(8):
                self.assert_refused(key[:at] + chr(ord(character) ^ 1 << bit) + key[at + 1 :])
        self.assertEqual(self.sessions.user_of(key), 4711)

    def test_other_spellings(self) -> None:
        """A key has exactly one spelling, and no part of it is a key."""
        key = self.sessions.login(MAX_NUMBER)
        for forged in [
            key.upper(), key.swapcase(), key[::-1], key + key, " " + key, key + " ", key + "\n",
            key + "0", "0" + key, key.replace("f", "\uff46"), f"{key},{key}", key + "\0",
            f"+{key[1:]}",
            key.translate({ord("0") + n: 0x660 + n for n in range(10)}), f"{key[:4]}_{key[5:]}",
        ]:  # fmt: skip
            if forged != key:
                self.assert_refused(forged)
        for end in range(len(key)):
            self.assert_refused(key[:end])
            self.assert_refused(key[end + 1 :])

    def test_random_keys(self) -> None:
        """Of ten thousand guesses none is a key."""
        key = self.sessions.login(4711)
        alphabets = ("0123456789abcdef", "".join(map(chr, range(256))))
        for count in range(10_000):
            size = len(key) if count % 2 else self.chance.randrange(2 * len(key))
            guess = "".join(self.chance.choices(alphabets[count % 4 == 0], k=size))
            self.assert_refused(guess)
            self.assert_refused(key[:8] + guess[8:])

    def test_parts_of_several_keys(self) -> None:
        """Keys of two users cannot be put together to a third."""
        one, other = self.sessions.login(1), self.sessions.login(2)
        for cut in range(1, len(one)):
            mixed = one[:cut] + other[cut:]
            if mixed not in (one, other):
                self.assert_refused(mixed)

    def test_key_of_another_server(self) -> None:
        """A key that another server made is worth nothing."""
        other = self.make(clock=self.clock, randomness=self.chance.randbytes)
        self.assert_refused(other.login(7))

    def test_refusals_leave_no_trace(self) -> None:
        """After any number of refusals the valid keys are as valid as before."""
        keys = [self.sessions.login(user_id) for user_id in range(10)]
        for key in keys:
            self.assert_refused(key[:-1])
        self.assertEqual([self.sessions.user_of(key) for key in keys], list(range(10)))

    def test_compared_in_constant_time(self) -> None:
        """How long a comparison takes tells nothing about the key."""
        key = self.sessions.login(7)
        with mock.patch(self.compared_in, wraps=compare_digest) as seen:
            self.assert_refused(key[:-1] + "?")
        seen.assert_called_once()

    def test_threads(self) -> None:
        """Users who log in at once get keys of their own."""
        lock = threading.RLock()  # what a batch holds

        def log_in(user_id: int) -> str:
            with lock:
                return str(self.sessions.login(user_id))

        keys = run_together(log_in, 16)
        self.assertEqual([self.sessions.user_of(key) for key in keys], list(range(16)))


class ScoresContract(unittest.TestCase):
    """High scores. A subclass says how `make()` makes a store, and what a batch is."""

    make: Any

    def setUp(self) -> None:
        self.lock = threading.RLock()
        self.store = self.make()

    def batch(self) -> AbstractContextManager[object]:
        """What the engine's batch holds."""
        return self.lock

    def submit(self, level_id: int, *scores: tuple[int, int]) -> None:
        for user_id, score in scores:
            with self.batch():
                self.store.submit(level_id, user_id, score)

    def assert_scores(self, level_id: int, expected: bytes) -> None:
        self.assertEqual(self.store.high_scores(level_id), expected)

    def test_no_scores(self) -> None:
        """A level without scores has an empty list, and asking does not change that."""
        self.assert_scores(7, b"")
        self.assert_scores(7, b"")

    def test_descending(self) -> None:
        """The highest score stands first."""
        self.submit(1, (131, 1220), (4711, 1500), (5, 9))
        self.assert_scores(1, b"4711=1500,131=1220,5=9")

    def test_best_score_counts(self) -> None:
        """A user has one entry, with the best score."""
        self.submit(1, (5, 10), (6, 15), (5, 20), (5, 12))
        self.assert_scores(1, b"5=20,6=15")

    def test_ties(self) -> None:
        """Of equal scores the one reached first stands first."""
        self.submit(1, (9, 10), (3, 10), (6, 10))
        self.assert_scores(1, b"9=10,3=10,6=10")

    def test_tie_from_below(self) -> None:
        """Who catches up stands behind those who were there."""
        self.submit(1, (1, 5), (2, 10), (3, 10), (1, 10))
        self.assert_scores(1, b"2=10,3=10,1=10")

    def test_same_score_again(self) -> None:
        """Reaching the same score again changes nothing."""
        self.submit(1, (1, 10), (2, 10), (1, 10))
        self.assert_scores(1, b"1=10,2=10")

    def test_sixteenth(self) -> None:
        """Fifteen scores are listed; the sixteenth is kept and comes up later."""
        self.submit(1, *((user_id, 100 - user_id) for user_id in range(16)))
        top = ",".join(f"{user_id}={100 - user_id}" for user_id in range(15)).encode()
        self.assert_scores(1, top)
        self.submit(1, (15, 1000))
        self.assert_scores(1, b"15=1000," + top.rpartition(b",")[0])

    def test_tie_at_the_sixteenth(self) -> None:
        """A score equal to the fifteenth does not push it out."""
        self.submit(1, *((user_id, 50) for user_id in range(16)))
        self.assert_scores(1, ",".join(f"{user_id}=50" for user_id in range(15)).encode())

    def test_edge_values(self) -> None:
        """0 and 2147483647 are as good as any level, user and score."""
        for level_id in (0, MAX_NUMBER):
            self.submit(level_id, (0, 0), (MAX_NUMBER, MAX_NUMBER))
            self.assert_scores(level_id, b"2147483647=2147483647,0=0")

    def test_levels(self) -> None:
        """A level knows nothing of the others."""
        self.submit(1, (5, 10))
        self.submit(2, (5, 20))
        self.assert_scores(1, b"5=10")
        self.assert_scores(2, b"5=20")

    def test_random_operations(self) -> None:
        """Under random scores every list is that of a naive model."""
        chance = random.Random(6)
        model: dict[int, dict[int, tuple[int, int]]] = {}
        for arrival in range(5000):
            level_id, user_id, score = map(chance.randrange, (3, 40, 60))
            best = model.setdefault(level_id, {})
            if user_id not in best or score > -best[user_id][0]:
                best[user_id] = (-score, arrival)
            self.submit(level_id, (user_id, score))
            top = sorted(best.items(), key=lambda item: item[1])[:15]
            expected = ",".join(f"{user_id}={-key[0]}" for user_id, key in top)
            self.assert_scores(level_id, expected.encode())

    def test_threads(self) -> None:
        """Scores that are submitted at once are all there."""

        def work(user_id: int) -> None:
            for score in range(200):
                self.submit(1, (user_id, score * 16 + user_id))

        run_together(work, 15)
        expected = ",".join(f"{user_id}={199 * 16 + user_id}" for user_id in reversed(range(15)))
        self.assert_scores(1, expected.encode())
