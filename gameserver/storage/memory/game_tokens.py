"""The tokens of games, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from gameserver.auth.game_tokens import GameToken


class MemoryGameTokens:
    """A `GameTokenStore` of a dictionary."""

    def __init__(self) -> None:
        self._tokens: dict[bytes, GameToken] = {}
        """By digest."""

    def all(self) -> list[GameToken]:
        return list(self._tokens.values())

    def shown(self, digest: bytes) -> GameToken | None:
        return self._tokens.get(digest)

    def add(self, token: GameToken) -> None:
        self._tokens[token.digest] = token

    def remove(self, name: str) -> bool:
        found = [token for token in self._tokens.values() if token.name == name]
        self._load(token for token in self.all() if token.name != name)
        return bool(found)

    def _load(self, tokens: Iterable[GameToken]) -> None:
        self._tokens = {token.digest: token for token in tokens}
