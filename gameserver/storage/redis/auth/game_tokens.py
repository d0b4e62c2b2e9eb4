"""The tokens of games: in Redis, and as a copy in memory."""

from __future__ import annotations

from collections.abc import Sequence

from gameserver.auth.game_tokens import GameToken
from gameserver.storage.memory.game_tokens import MemoryGameTokens
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.link.rules import Rules

PART = "token"
_TOKENS = key("tokens")


class RedisGameTokens(MemoryGameTokens):
    """A `GameTokenStore` that all servers share: a part of the rules."""

    def __init__(self, rules: Rules) -> None:
        super().__init__()
        self._rules = rules
        rules.add(PART, self)

    def all(self) -> list[GameToken]:
        self._rules.look()
        return super().all()

    def shown(self, digest: bytes) -> GameToken | None:
        self._rules.look()
        return super().shown(digest)

    def add(self, token: GameToken) -> None:
        packed = b"%d %b" % (token.created, token.digest)

        def commands(read: Read) -> Sequence[Command]:
            return [("HSET", _TOKENS, token.name, packed)]

        self._rules.change(PART, [token.name], commands)

    def remove(self, name: str) -> bool:
        found = any(token.name == name for token in self.all())

        def commands(read: Read) -> Sequence[Command]:
            return [("HDEL", _TOKENS, name)]

        if found:
            self._rules.change(PART, [name], commands)
        return found

    # As a part of the rules

    def load(self, read: Read) -> None:
        (found,) = read([("HGETALL", _TOKENS)])
        tokens = [_unpacked(*each) for each in zip(found[::2], found[1::2], strict=True)]
        self._load(sorted(tokens, key=lambda token: token.created))

    def reload(self, names: Sequence[bytes], read: Read) -> None:
        self.load(read)


def _unpacked(name: bytes, packed: bytes) -> GameToken:
    created, digest = packed.split(b" ", 1)
    return GameToken(name.decode(), digest, int(created))
