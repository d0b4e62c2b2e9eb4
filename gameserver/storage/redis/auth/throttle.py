"""Guesses at passwords, counted for all servers together."""

from __future__ import annotations

import json
from collections import deque
from hashlib import blake2b

from gameserver.auth.throttle import Guesses
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Change, Read
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.times import HOUR, MILLISECOND


class RedisThrottle:
    """A `Throttle`. What is not guessed at for an hour is forgotten."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds

    def begin(self, name: str, now: int) -> int:
        def rule(read: Read) -> Change:
            guesses = _read(name, read)
            wait = guesses.begin(now)
            return Change(() if wait else [_kept(name, guesses)], wait)

        return int(self._rounds.transact([_key(name)], rule))

    def end(self, name: str, now: int, right: bool | None) -> None:
        def rule(read: Read) -> Change:
            guesses = _read(name, read, running=1)
            guesses.end(now, right)
            return Change([_kept(name, guesses)])

        self._rounds.transact([_key(name)], rule)


def _key(name: str) -> str:
    """The name may be any text that a client sends."""
    return key("guesses", blake2b(ascii(name).encode(), digest_size=16).hexdigest())


def _read(name: str, read: Read, running: int = 0) -> Guesses:
    (found,) = read([("GET", _key(name))])
    if not found:
        return Guesses(running=running)
    in_a_row, not_before, running, failures = json.loads(found)
    return Guesses(in_a_row, not_before, running, deque(failures))


def _kept(name: str, guesses: Guesses) -> Command:
    values = guesses.in_a_row, guesses.not_before, guesses.running, list(guesses.failures)
    if not (guesses.running or guesses.failures):
        return ("DEL", _key(name))
    return ("SET", _key(name), json.dumps(values), "PX", HOUR // MILLISECOND)
