"""One level's scores: every user's best, in rank order.

Representation and invariants:

- A *rank key* is one 64-bit integer: 2147483647 - score in the upper 31 bits, the arrival number
  in the lower 33. A smaller key stands higher: a higher score first, among equal scores the
  earlier arrival. No two entries have the same arrival number.
- `by_rank` maps rank key -> user, `by_user` maps user -> rank key. They hold the same entries, so
  score and arrival are read out of the key and stored nowhere else.
- `arrivals` is the next arrival number, greater than all in use, and always fits its 33 bits.
- `csv` is the rendered top 15, or None when it has to be rendered. Once it is, `last_of_top` is
  the rank key of the last entry in it, or a number above all rank keys while the top has a free
  place. The top changes exactly when a key below that comes in: a user who is in the top already
  can only bring a smaller key than their own.

Arrival numbers run out after 8,589,934,592 improvements of one board. Then all entries are
numbered anew in rank order, which keeps every rank and takes some 1.3 s per million scores.
A board has at most 2^31 entries, one per user, so at least three quarters of the numbers come free.

Left out on purpose: removing a user, and arrival numbers that outlive the process. The rank order
is all that a durable store has to keep: see `Board.load`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from itertools import islice

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.column import BLOCK_SIZE, Column

TOP = 15
ARRIVAL_BITS = 33
ABOVE_ALL_KEYS = 2**64


class Board:
    """One level's scores.

    A board has no lock: the store that owns it admits one thread at a time. User ids and scores
    range from 0 to 2147483647. A board with one score takes 0.9 KB, a large one 30 to 32 bytes
    per score (`benchmarks/board.py` measures it).
    """

    __slots__ = ("_arrivals", "_block_size", "_by_rank", "_by_user", "_csv", "_last_of_top")

    def __init__(self, block_size: int = BLOCK_SIZE) -> None:
        """An empty board. `block_size` is the most entries per block, see `Column`."""
        self._block_size = block_size
        self._csv: bytes | None
        self._fill(())

    @classmethod
    def load(cls, rows: Iterable[tuple[int, int]], block_size: int = BLOCK_SIZE) -> Board:
        """A board from rows of (user_id, score) in rank order, as iterating over a board gives.

        ValueError if the rows are out of order, name a user twice or leave the 31-bit range.
        """
        board = cls(block_size)
        board._fill(rows)
        return board

    def __len__(self) -> int:
        """How many users have a score."""
        return len(self._by_user)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """All (user_id, score) in rank order. The board must not change meanwhile."""
        for key, user_id in self._by_rank.items():
            yield user_id, MAX_NUMBER - (key >> ARRIVAL_BITS)

    def submit(self, user_id: int, score: int) -> bool:
        """Keeps `score` if it is the user's first or beats their best; says whether it did.

        ValueError, and no change, if a number that would be kept leaves the 31-bit range.
        """
        old_key = self._by_user.get(user_id)
        if old_key is not None and score <= MAX_NUMBER - (old_key >> ARRIVAL_BITS):
            return False
        self._place(user_id, score, old_key)
        return True

    def best(self, user_id: int) -> int | None:
        """The user's score, None without one."""
        key = self._by_user.get(user_id)
        return None if key is None else MAX_NUMBER - (key >> ARRIVAL_BITS)

    def rank(self, user_id: int) -> int | None:
        """The user's place, 1 for the first, None without a score."""
        key = self._by_user.get(user_id)
        return None if key is None else self._by_rank.position(key) + 1

    def top(self, count: int) -> list[tuple[int, int]]:
        """The first `count` (user_id, score) in rank order."""
        return list(islice(self, count))

    def csv(self) -> bytes:
        """The top 15 as `user=score,user=score`; the same object until the top changes."""
        if self._csv is None:
            self._csv = render_csv(self.top(TOP))
            self._last_of_top = self._key_at(TOP)
        return self._csv

    def _key_at(self, place: int) -> int:
        """The rank key at a place of the ranking, a number above all keys if it is free."""
        keys = (key for key, _ in self._by_rank.items())
        return next(islice(keys, place - 1, None), ABOVE_ALL_KEYS)

    def _place(self, user_id: int, score: int, old_key: int | None) -> None:
        """Enters a score that is known to be the user's best. `old_key` is the one so far."""
        key = rank_key(user_id, score, self._arrivals)
        if old_key is not None:
            self._by_rank.remove(old_key)
        self._by_rank.put(key, user_id)
        self._by_user.put(user_id, key)
        if key < self._last_of_top:
            self._csv = None
        self._arrivals += 1
        if self._arrivals >> ARRIVAL_BITS:
            self._fill(self)

    def _fill(self, rows: Iterable[tuple[int, int]]) -> None:
        """Replaces all entries by `rows`, which come in rank order and are numbered in it."""
        users, keys = array("I"), array("Q")
        for arrival, (user_id, score) in enumerate(rows):
            keys.append(rank_key(user_id, score, arrival))
            users.append(user_id)
        order = sorted(range(len(users)), key=users.__getitem__)
        self._by_rank = Column(keys, users, self._block_size)
        self._by_user = Column(
            array("I", map(users.__getitem__, order)),
            array("Q", map(keys.__getitem__, order)),
            self._block_size,
        )
        self._arrivals = len(users)
        self._csv = None
        self._last_of_top = ABOVE_ALL_KEYS

    def _check(self) -> None:
        """Asserts every invariant."""
        self._by_rank._check()
        self._by_user._check()
        entries = sorted((user_id, key) for key, user_id in self._by_rank.items())
        assert entries == list(self._by_user.items())
        assert all(0 <= user_id <= MAX_NUMBER for user_id, _ in entries)
        arrivals = {key % 2**ARRIVAL_BITS for _, key in entries}
        assert len(arrivals) == len(entries)
        assert max(arrivals, default=-1) < self._arrivals < 2**ARRIVAL_BITS
        if self._csv is not None:
            assert self._csv == render_csv(self.top(TOP))
            assert self._last_of_top == self._key_at(TOP)


def rank_key(user_id: int, score: int, arrival: int) -> int:
    """The rank key; ValueError if the user id or the score leaves the 31-bit range."""
    if not (0 <= user_id <= MAX_NUMBER and 0 <= score <= MAX_NUMBER):
        raise ValueError(f"not 31-bit unsigned integers: user {user_id}, score {score}")
    return MAX_NUMBER - score << ARRIVAL_BITS | arrival


def render_csv(rows: Iterable[tuple[int, int]]) -> bytes:
    """Rows of (user_id, score) as `user=score,user=score`."""
    return b",".join(b"%d=%d" % row for row in rows)
