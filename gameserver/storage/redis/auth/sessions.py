"""Session keys that are valid on all servers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from hmac import compare_digest
from typing import Any, NamedTuple

from gameserver.auth.claim_store import ClaimStore
from gameserver.auth.sessions import LIFETIME_MS, OWNER, Randomness, SignedSessions
from gameserver.errors import InvalidSessionKey
from gameserver.numbers import MAX_NUMBER
from gameserver.storage.redis.link.keys import key as key_of
from gameserver.storage.redis.link.link import Command, Script, make_script
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.link.rules import Rules
from gameserver.times import Clock, server_clock

_KEYS = key_of("sessions")
_EXPIRIES = key_of("sessions:expiries")


class SharedSignedSessions:
    """Signed keys: `Sessions` that ask Redis nothing, unless a key looks forged.

    It may have been signed with a secret that is newer than this server's copy of the rules.
    """

    def __init__(
        self,
        rules: Rules,
        clock: Clock = server_clock,
        randomness: Randomness = secrets.token_bytes,
        claims: ClaimStore | None = None,
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._randomness = randomness
        self._claims = claims
        self._signed: list[SignedSessions] = []
        """By secret, the newest first."""

    def sign_with(self, all_secrets: Sequence[bytes]) -> None:
        """From now on these secrets count, the newest first."""
        self._signed = [
            SignedSessions(secret, self._clock, self._randomness, self._claims)
            for secret in all_secrets
        ]

    def login(self, user_id: int, since: int = 0) -> str:
        return self._signed[0].login(user_id, since)

    def user_of(self, key: str) -> int:
        try:
            return self._signed[0].user_of(key)
        except InvalidSessionKey as error:
            return self._user_by_others(key, error)

    def is_owner(self, key: str) -> bool:
        return self._signed[0].is_owner(key)

    def gauges(self) -> dict[str, int]:
        """The keys that have been used lately: the server keeps none."""
        return {"sessions": sum(signed.gauges()["sessions"] for signed in self._signed)}

    def _user_by_others(self, key: str, error: InvalidSessionKey) -> int:
        """As `user_of`, where the newest secret has not signed it, or the key has expired."""
        for signed in self._signed[1:]:
            with suppress(InvalidSessionKey):
                return signed.user_of(key)
        if self._rules.look():
            return self.user_of(key)
        raise error


class _Login(NamedTuple):
    user_id: int
    key: str
    expiry: int
    now: int
    """Both in milliseconds since 1970."""


_LOG_IN = make_script(
    "log in",
    """\
-- KEYS: keys by user, expiries. ARGV: now, then user, key, expiry of each
for i = 2, #ARGV, 3 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2] .. ' ' .. ARGV[i + 1])
  redis.call('ZADD', KEYS[2], ARGV[i + 2], ARGV[i])
end
local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, #ARGV)
for _, user in ipairs(expired) do
  redis.call('HDEL', KEYS[1], user)
  redis.call('ZREM', KEYS[2], user)
end
""",
)
"""Keeps new keys, and forgets some that have expired: more than there are new ones."""


class _Logins:
    """The logins of a round."""

    writes = True
    final = False

    def commands(self, items: Sequence[_Login]) -> Sequence[Command]:
        values = [value for each in items for value in (each.user_id, each.key, each.expiry)]
        return [_LOG_IN.call((_KEYS, _EXPIRIES), items[0].now, *values)]

    def answers(self, items: Sequence[_Login], replies: Sequence[Any]) -> Sequence[Any]:
        return [each.key for each in items]


_LOGINS = _Logins()


class RedisSessions:
    """Stored keys of a user (8 digits, `OWNER` in them) and 128 random bits (32): `Sessions`.

    The newest of each user is valid on all servers, unless a claim has ended it.
    """

    SCRIPTS: Sequence[Script] = (_LOG_IN,)
    _USER = 8

    def __init__(
        self,
        rounds: Rounds,
        clock: Clock = server_clock,
        randomness: Randomness = secrets.token_bytes,
        claims: ClaimStore | None = None,
    ) -> None:
        self._rounds = rounds
        self._clock = clock
        self._randomness = randomness
        self._claims = claims

    def login(self, user_id: int, since: int = 0) -> str:
        key = f"{user_id:08x}{self._randomness(16).hex()}"
        now = int(self._clock() * 1000)
        login = _Login(user_id & MAX_NUMBER, key, max(now, since) + LIFETIME_MS, now)
        # The key is another one each time; the answer is the one that is kept.
        return str(self._rounds.collect(_LOGINS, login))

    def user_of(self, key: str) -> int:
        user_id = self._user_in(key)
        (kept,) = self._rounds.ask([("HGET", _KEYS, user_id)])
        expiry, _, valid_key = (kept or b"0 ").partition(b" ")
        matches = compare_digest(key.encode(), valid_key)
        is_alive = self._clock() * 1000 < int(expiry)
        if not (matches and is_alive and self._is_admitted(user_id, key, int(expiry))):
            raise InvalidSessionKey("the session key is not valid or has expired: log in again")
        return user_id

    def is_owner(self, key: str) -> bool:
        return bool(int(key[: self._USER], 16) & OWNER)

    def gauges(self) -> dict[str, int]:
        (count,) = self._rounds.ask([("HLEN", _KEYS)])
        return {"sessions": count}

    def _user_in(self, key: str) -> int:
        try:
            return int(key[: self._USER], 16) & MAX_NUMBER
        except ValueError:
            return -1

    def _is_admitted(self, user_id: int, key: str, expiry: int) -> bool:
        claims = self._claims
        return claims is None or claims.admits(user_id, expiry - LIFETIME_MS, self.is_owner(key))
