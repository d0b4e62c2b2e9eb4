"""What several servers have a copy of: claims, tokens of games, and what keys are signed with."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth.claim_store import Claim
from gameserver.auth.game_tokens import GameToken
from gameserver.auth.sessions import LIFETIME_MS, OWNER
from gameserver.errors import InvalidSessionKey
from gameserver.storage.redis.engine import RedisEngine
from gameserver.storage.redis.link.address import parse_address
from gameserver.storage.redis.link.questions import Pending
from tests.redis_server import shared_redis
from tests.support import Clock, run_together

A, B = Claim(b"a" * 16, 1_700_000_000_001), Claim(b"b" * 16, 1_700_000_000_002, True)


class RulesTest(unittest.TestCase):
    """Two servers on one Redis."""

    def setUp(self) -> None:
        self.redis = shared_redis()
        self.clock = Clock()
        self.one, self.other = self.open(), self.open()

    def open(self, store_tokens: bool = False) -> RedisEngine:
        engine = RedisEngine(parse_address(self.redis.url), 0, store_tokens, clock=self.clock)
        self.addCleanup(engine.close)
        return engine

    def assert_refused(self, engine: RedisEngine, key: str) -> None:
        with self.assertRaises(InvalidSessionKey):
            engine.sessions.user_of(key)

    # Claims

    def test_claims(self) -> None:
        """A claim that one has made the other knows as soon as it looks; so does a new server."""
        self.one.claims.put(7, A)
        self.one.claims.put(8, B)
        self.other.claims.look()
        for engine in (self.one, self.other, self.open()):
            self.assertEqual(engine.claims.by_user, {7: A, 8: B})
            self.assertEqual(list(engine.claims.unkept), [7])
        self.assertEqual(self.one.claims.hash_key, self.other.claims.hash_key)

    def test_only_what_has_changed(self) -> None:
        """A copy that looks reads what it has not seen, and nothing where nothing has changed."""
        self.one.claims.put(7, A)
        self.other.claims.look()
        self.one.claims.put(8, B)
        heard: list[int] = []
        self.other.claims.watch(heard.append)
        self.other.claims.look()
        self.other.claims.look()
        self.assertEqual(heard, [8])

    def test_first_number_alone(self) -> None:
        """Where only the first number is there, servers go on with it, and agree."""
        self.redis.ask("DEL", "gs:{0}:rules")
        for score, engine in enumerate((self.one, self.other, self.open()), 5):
            self.assertTrue(engine.scores.submit(1, 7, score))
        self.other.claims.put(8, B)
        self.one.claims.look()
        self.assertEqual(self.one.claims.by_user, {8: B})

    def test_outdated_claims(self) -> None:
        """Claims that were lifted long ago are forgotten, on all servers."""
        self.one.claims.put(7, Claim(b"", 1))
        self.other.claims.look()
        self.one.claims.put(8, Claim(b"x", LIFETIME_MS + 2))
        self.other.claims.look()
        for engine in (self.one, self.other, self.open()):
            self.assertEqual(list(engine.claims.by_user), [8])

    def test_race(self) -> None:
        """Who has decided by what is true no longer is called again, with what is true now."""
        seen: list[dict[int, Claim]] = []

        def view() -> None:
            seen.append(dict(self.other.claims.by_user))
            if 7 not in self.other.claims.by_user:
                self.other.claims.put(7, B)

        self.one.claims.put(7, A)
        with self.other.rounds.batch() as batch:
            batch.turn(0, 0)
            with self.assertRaises(Pending):
                view()
            batch.flush()
            batch.turn(0, 0)
            view()
        self.assertEqual(seen, [{}, {7: A}])
        self.assertEqual(self.open().claims.by_user, {7: A})

    def test_many_at_once(self) -> None:
        """Of claims that are made at once on all servers none is lost."""
        engines = [self.one, self.other] * 8
        run_together(lambda n: engines[n].claims.put(n, A), len(engines))
        self.assertEqual(set(self.open().claims.by_user), set(range(16)))

    def test_lost(self) -> None:
        """Where Redis has lost everything, so do the copies."""
        self.one.claims.put(7, A)
        self.redis.ask("FLUSHALL")
        third = self.open()
        third.claims.put(8, B)
        for engine in (self.one, self.other):
            engine.claims.look()
            self.assertEqual(engine.claims.by_user, {8: B})

    def test_distrusted(self) -> None:
        """After Redis was away everything is read again: it may have lost the last changes."""
        self.one.claims.put(7, A)
        self.redis.ask("HDEL", "gs:{0}:claims", 7)
        self.one.claims.look()
        self.assertEqual(list(self.one.claims.by_user), [7])
        self.one._rules.distrust()
        self.one.claims.look()
        self.assertEqual(list(self.one.claims.by_user), [])

    def test_distrusted_in_a_batch(self) -> None:
        """A round may find that all has to be read again; its views are called again then."""
        self.one._rules.distrust()
        with self.one.rounds.batch() as batch:
            for _ in range(2):
                batch.turn(0, 1)
                with self.assertRaises(Pending):
                    self.one.scores.high_scores(7)
                batch.flush()
            batch.turn(0, 1)
            self.assertEqual(self.one.scores.high_scores(7), b"")

    def test_no_replica(self) -> None:
        """Where no replica confirms anything, a server starts and reads all the same."""
        engine = RedisEngine(parse_address(self.redis.url), replicas=1, clock=self.clock)
        self.addCleanup(engine.close)
        engine._rules.distrust()
        engine.claims.look()
        self.assertEqual(engine.scores.high_scores(7), b"")

    # Session keys

    def test_keys(self) -> None:
        """A key of one server is valid on the other."""
        self.assertEqual(self.other.sessions.user_of(self.one.sessions.login(7)), 7)

    def test_claim_ends_keys(self) -> None:
        """A claim ends older keys on all servers; the owner's are valid on all."""
        key = self.one.sessions.login(7)
        self.assertEqual(self.other.sessions.user_of(key), 7)
        since = int(self.clock() * 1000) + 1
        self.one.claims.put(7, Claim(b"secret", since))
        self.other.claims.look()
        own = self.one.sessions.login(7 | OWNER, since)
        for engine in (self.one, self.other):
            self.assert_refused(engine, key)
            self.assertEqual(engine.sessions.user_of(own), 7)
            self.assertTrue(engine.sessions.is_owner(own))

    def test_new_secret(self) -> None:
        """A new secret logs nobody out, and the other server knows its keys at once."""
        key = self.one.sessions.login(7)
        self.one.replace_signing_secret()
        newer = self.one.sessions.login(8)
        self.assertEqual(self.other.sessions.user_of(newer), 8)
        for engine in (self.one, self.other, self.open()):
            self.assertEqual(engine.sessions.user_of(key), 7)
            self.assertEqual(engine.sessions.user_of(newer), 8)

    def test_second_new_secret(self) -> None:
        """The second one ends the keys of the first: on the others as soon as they look."""
        key = self.one.sessions.login(7)
        for _ in range(2):
            self.one.replace_signing_secret()
        self.other.claims.look()
        for engine in (self.one, self.other):
            self.assert_refused(engine, key)

    def test_stored_keys(self) -> None:
        """With stored keys the newest of a user is valid, whoever has made it."""
        one, other = self.open(store_tokens=True), self.open(store_tokens=True)
        old = one.sessions.login(7)
        self.assertEqual(other.sessions.user_of(old), 7)
        new = other.sessions.login(7)
        self.assert_refused(one, old)
        self.assertEqual(one.sessions.user_of(new), 7)
        one.claims.put(7, Claim(b"secret", int(self.clock() * 1000) + 1))
        self.assert_refused(one, new)

    def test_expired_stored_keys(self) -> None:
        """Keys that have expired are forgotten with the next logins."""
        engine = self.open(store_tokens=True)
        for user_id in range(5):
            engine.sessions.login(user_id)
        self.assertEqual(engine.sessions.gauges(), {"sessions": 5})
        self.clock.now += LIFETIME_MS / 1000
        for user_id in range(5, 9):
            engine.sessions.login(user_id)
        self.assertEqual(engine.sessions.gauges(), {"sessions": 4})

    # Tokens of games

    def test_tokens(self) -> None:
        """A token that one has made the other knows; one that has ended nobody does."""
        token = GameToken("game", b"\x00 \xff" * 10, 5)
        self.one.game_tokens.add(token)
        self.assertEqual(self.other.game_tokens.shown(token.digest), token)
        self.assertEqual(self.other.game_tokens.all(), [token])
        self.assertTrue(self.other.game_tokens.remove("game"))
        self.assertFalse(self.one.game_tokens.remove("game"))
        self.assertIsNone(self.one.game_tokens.shown(token.digest))

    # The throttle

    def test_guesses(self) -> None:
        """Guesses at a name are counted for all servers together."""
        for number in range(5):
            engine = (self.one, self.other)[number % 2]
            self.assertEqual(engine.throttle.begin("ann\ud800", 0), 0)
            engine.throttle.end("ann\ud800", 0, False)
        for engine in (self.one, self.other):
            self.assertGreater(engine.throttle.begin("ann\ud800", 1), 0)
            self.assertEqual(engine.throttle.begin("bob", 1), 0)
            engine.throttle.end("bob", 1, True)

    def test_guesses_forgotten(self) -> None:
        """A name that is not guessed at leaves nothing behind, nor does a right guess."""
        self.one.throttle.begin("ann", 0)
        self.one.throttle.end("ann", 0, True)
        self.assertEqual(self.redis.ask("KEYS", "*guesses*"), b"*0\r\n")
        self.one.throttle.end("ann", 0, False)
        self.assertEqual(self.redis.ask("KEYS", "*guesses*")[:2], b"*1")


class ConstantTimeTest(unittest.TestCase):
    def test_stored_keys(self) -> None:
        """How long the comparison of a stored key takes tells nothing about it."""
        engine = RedisEngine(parse_address(shared_redis().url), store_tokens=True)
        self.addCleanup(engine.close)
        key = engine.sessions.login(7)
        with (
            mock.patch("gameserver.storage.redis.auth.sessions.compare_digest") as compare,
            self.assertRaises(InvalidSessionKey),
        ):
            compare.return_value = False
            engine.sessions.user_of(key)
        compare.assert_called_once_with(key.encode(), key.encode())


if __name__ == "__main__":
    unittest.main()
