"""Requests that may be repeated: what was answered to each, by the id that its client gave it."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import NamedTuple, Protocol

from gameserver.errors import Refused
from gameserver.scores.values import RequestId
from gameserver.times import DAY

REMEMBERED = DAY
"""How long an answer is remembered, in microseconds."""
PER_USER = 8
"""How many are, of each user at each level."""
MOST = 1_000_000
"""How many are in all."""


class RequestMemory(Protocol):
    """The answers to the newest requests."""

    def answer(self, user_id: int, request: RequestId, now: int) -> bytes | None:
        """The answer that the same request got; None if it is new. Refused (`id_reused`)."""

    def add(self, user_id: int, request: RequestId, answer: bytes, now: int) -> None:
        """Remembers the answer to a new request, in place of the oldest."""

    def forget(self, user_id: int) -> None:
        """Removes all of the user."""


def check_digest(request: RequestId, digest: bytes) -> None:
    """Refused (`id_reused`) unless the digest under the same id is that of the request."""
    if request.digest != digest:
        raise Refused("id_reused", "this id was used for another request: draw a new one")


class _Answered(NamedTuple):
    digest: bytes
    answer: bytes
    at: int


_Key = tuple[int, int, str]
"""User, level and id."""


class Requests:
    """A `RequestMemory` of dictionaries, some 500 bytes for each request, the oldest first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answered: OrderedDict[_Key, _Answered] = OrderedDict()
        self._ids: defaultdict[int, dict[int, list[str]]] = defaultdict(dict)
        """The ids of a user by level, the oldest first."""

    def __len__(self) -> int:
        return len(self._answered)

    def answer(self, user_id: int, request: RequestId, now: int) -> bytes | None:
        found = self._answered.get((user_id, request.level_id, request.id))
        if found is None or found.at <= now - REMEMBERED:
            return None
        check_digest(request, found.digest)
        return found.answer

    def add(self, user_id: int, request: RequestId, answer: bytes, now: int) -> None:
        key = user_id, request.level_id, request.id
        if key in self._answered:  # for more than a day
            self._remove(key)
        ids = self._ids[user_id].setdefault(request.level_id, [])
        ids.append(request.id)
        self._answered[key] = _Answered(request.digest, answer, now)
        if len(ids) > PER_USER:
            self._remove((user_id, request.level_id, ids[0]))
        for _ in range(2):  # so that the table shrinks again at constant cost
            oldest, answered = next(iter(self._answered.items()))
            if len(self._answered) > self._most or answered.at <= now - REMEMBERED:
                self._remove(oldest)

    def forget(self, user_id: int) -> None:
        for level_id, ids in self._ids.pop(user_id, {}).items():
            for request_id in ids:
                del self._answered[user_id, level_id, request_id]

    def _remove(self, key: _Key) -> None:
        user_id, level_id, request_id = key
        del self._answered[key]
        of_user = self._ids[user_id]
        of_user[level_id].remove(request_id)
        if not of_user[level_id]:
            del of_user[level_id]
        if not of_user:
            del self._ids[user_id]
