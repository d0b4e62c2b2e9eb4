"""Everything in a Redis, which any number of servers share."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from secrets import token_bytes

from gameserver.auth.sessions import Sessions
from gameserver.scores.values import NORMAL, Limits
from gameserver.storage.disk import Disk
from gameserver.storage.redis.auth import secrets
from gameserver.storage.redis.auth.accounts import RedisAccounts
from gameserver.storage.redis.auth.claims import RedisClaims
from gameserver.storage.redis.auth.game_tokens import RedisGameTokens
from gameserver.storage.redis.auth.secrets import SigningSecrets, shared_secret
from gameserver.storage.redis.auth.sessions import RedisSessions, SharedSignedSessions
from gameserver.storage.redis.auth.throttle import RedisThrottle
from gameserver.storage.redis.buckets.bucketed_scores import BucketedScores
from gameserver.storage.redis.layout import check_layout
from gameserver.storage.redis.link.address import Address
from gameserver.storage.redis.link.keys import Bucket
from gameserver.storage.redis.link.link import Link, Script
from gameserver.storage.redis.link.links import Links
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.link.rules import Rules
from gameserver.storage.redis.scores.asking import Asking
from gameserver.storage.redis.scores.moderation import ModeratedScores
from gameserver.storage.redis.scores.score_scripts import SCORE_SCRIPTS, greeting
from gameserver.storage.redis.tournaments.tournaments import RedisTournaments
from gameserver.times import Clock, server_clock

SCRIPTS: Sequence[Script] = (*RedisSessions.SCRIPTS, *SCORE_SCRIPTS)


class RedisEngine:
    """An `Engine` of which every process that serves has one, with links of its own.

    Each operation is atomic in Redis. What one server has acknowledged, all others see.
    """

    shared = True

    def __init__(
        self,
        address: Address,
        replicas: int = 0,
        store_tokens: bool = False,
        limits: Limits = NORMAL,
        clock: Clock = server_clock,
        buckets: int = 1,
    ) -> None:
        """`buckets`: how many the levels are spread over, the same as on all other servers.

        StartError says why the Redis cannot be used. For the rest see `open_engine`.
        """
        every = [Bucket(number, buckets) for number in range(buckets)]
        greetings = greeting(every)
        self._links = Links(lambda: Link(address, SCRIPTS, greetings))
        self.rounds = Rounds(self._links, replicas)
        check_layout(self.rounds, buckets)
        all_rules = [Rules(self.rounds, bucket) for bucket in every]
        self._rules = all_rules[0]
        self._share_rules(all_rules)
        self.askings = [Asking(self.rounds, rules, clock) for rules in all_rules]
        self.scores = self._open_scores(limits)
        self.claims = RedisClaims(self.rounds, self._rules)
        self.game_tokens = RedisGameTokens(self._rules)
        self.sessions = self._open_sessions(store_tokens, clock)
        self.accounts = RedisAccounts(self.rounds)
        self.throttle = RedisThrottle(self.rounds)
        self.tournaments = RedisTournaments(self.rounds, self.accounts, clock)
        for rules in all_rules:
            rules.load()

    def randomness(self, size: int) -> bytes:
        """As many unpredictable bytes; the view that draws them is not called again."""
        self.rounds.begin_at_once()
        return token_bytes(size)

    def batch(self) -> AbstractContextManager[object]:
        return nullcontext()

    def unsynced_batch(self) -> AbstractContextManager[object]:
        return self.batch()

    def check(self) -> None:
        """There is nothing on disk."""

    def disk(self) -> Disk:
        return Disk()

    def close(self) -> None:
        self._links.close()

    def replace_signing_secret(self) -> None:
        """Has session keys signed with a new secret from now on, on all servers."""
        secrets.replace_signing_secret(self._rules)

    def _share_rules(self, all_rules: Sequence[Rules]) -> None:
        """Has rounds know the numbers of all buckets' rules, and links what becomes of them."""
        rules = self._rules
        if len(all_rules) == 1:
            self.rounds.count_rules(lambda: (rules.number,))
        else:
            self.rounds.count_rules(lambda: tuple([each.number for each in all_rules]))

        def distrust() -> None:
            for each in all_rules:
                each.distrust()

        self._links.when_back = distrust

    def _open_scores(self, limits: Limits) -> ModeratedScores | BucketedScores:
        run_key = shared_secret(self.rounds, "runs")
        stores = [ModeratedScores(asking, run_key, limits) for asking in self.askings]
        return stores[0] if len(stores) == 1 else BucketedScores(self.rounds, stores)

    def _open_sessions(self, store_tokens: bool, clock: Clock) -> Sessions:
        if store_tokens:
            return RedisSessions(self.rounds, clock, claims=self.claims)
        sessions = SharedSignedSessions(self._rules, clock, claims=self.claims)
        signing = SigningSecrets(self.rounds, sessions.sign_with)
        self._rules.add(secrets.PART, signing)
        return sessions
