"""Claims to users: in Redis, and as a copy in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from gameserver.auth.claim_store import Claim
from gameserver.auth.sessions import LIFETIME_MS
from gameserver.storage.memory.claims import MemoryClaims
from gameserver.storage.redis.auth.secrets import shared_secret
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.link.rules import Rules

PART = "claim"
_CLAIMS = key("claims")
_CHUNK = 10_000
"""Claims that are read at once."""


class RedisClaims(MemoryClaims):
    """A `ClaimStore` that all servers share: a part of the rules."""

    def __init__(self, rounds: Rounds, rules: Rules) -> None:
        super().__init__(threading.RLock(), shared_secret(rounds, "secrets of users"))
        self._rounds = rounds
        self._rules = rules
        rules.add(PART, self)

    def put(self, user_id: int, claim: Claim) -> None:
        outdated = self._outdated(claim.since - LIFETIME_MS)

        def commands(read: Read) -> Sequence[Command]:
            kept: Command = ("HSET", _CLAIMS, user_id, _packed(claim))
            return [kept, ("HDEL", _CLAIMS, *outdated)] if outdated else [kept]

        self._rules.change(PART, [user_id, *outdated], commands)

    def look(self) -> None:
        self._rules.look()

    # As a part of the rules

    def load(self, read: Read) -> None:
        claims = dict(_scanned(read))
        with self._lock:
            for user_id in self.by_user.keys() - claims.keys():
                self._put(user_id, None)
            for user_id, claim in sorted(claims.items(), key=lambda each: (each[1].since, each[0])):
                self._put(user_id, claim)

    def reload(self, names: Sequence[bytes], read: Read) -> None:
        (found,) = read([("HMGET", _CLAIMS, *names)])
        with self._lock:
            for name, packed in zip(names, found, strict=True):
                self._put(int(name), packed and _unpacked(packed))


def _scanned(read: Read) -> Iterator[tuple[int, Claim]]:
    """All claims, some of them perhaps twice."""
    cursor = b"0"
    while True:
        ((cursor, found),) = read([("HSCAN", _CLAIMS, cursor, "COUNT", _CHUNK)])
        for user_id, packed in zip(found[::2], found[1::2], strict=True):
            yield int(user_id), _unpacked(packed)
        if cursor == b"0":
            return


def _packed(claim: Claim) -> bytes:
    """As `since kept secret`: two numbers, and bytes."""
    return b"%d %d %b" % (claim.since, claim.is_kept, claim.secret)


def _unpacked(packed: bytes) -> Claim:
    since, kept, secret = packed.split(b" ", 2)
    return Claim(secret, int(since), kept == b"1")
