"""Random bytes that all servers have in common, and that stay as long as everything else does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from secrets import token_bytes

from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.link.rounds import Rounds
from gameserver.storage.redis.link.rules import Rules

SIZE = 32
SECRETS = key("secrets")

PART = "secret"
_SIGNING = "session keys"


def shared_secret(rounds: Rounds, name: str) -> bytes:
    """The secret of this name, drawn by whichever server asks for it first."""
    get = ("HGET", SECRETS, name)
    (secret,) = rounds.read([get])
    if secret is None:
        _, secret = rounds.write([("HSETNX", SECRETS, name, token_bytes(SIZE)), get])
    return bytes(secret)


class SigningSecrets:
    """What session keys are signed with: the secret of now, and the one before it.

    A key is valid if either has signed it. So a secret that may be known to somebody is replaced
    twice, ten minutes apart, and nobody is logged out.
    """

    def __init__(self, rounds: Rounds, changed: Callable[[Sequence[bytes]], None]) -> None:
        """`changed` is told the secrets, the newest first, when they are read."""
        self._rounds = rounds
        self._changed = changed

    def load(self, read: Read) -> None:
        newest = shared_secret(self._rounds, _SIGNING)
        (before,) = read([("HGET", SECRETS, f"{_SIGNING}, before")])
        self._changed([newest, before] if before else [newest])

    def reload(self, names: Sequence[bytes], read: Read) -> None:
        self.load(read)


def replace_signing_secret(rules: Rules) -> None:
    """Has session keys signed with a new secret from now on, on all servers."""

    def commands(read: Read) -> Sequence[Command]:
        (newest,) = read([("HGET", SECRETS, _SIGNING)])
        return [
            ("HSET", SECRETS, f"{_SIGNING}, before", newest),
            ("HSET", SECRETS, _SIGNING, token_bytes(SIZE)),
        ]

    rules.change(PART, [_SIGNING], commands)
