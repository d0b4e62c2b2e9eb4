"""The scores of one level in one season: one of every user, in rank order.

Representation and invariants:

- A *rank key* (`rank_key.py`) holds a score and an arrival number. No two entries have the same
  arrival number.
- `by_rank` maps rank key -> user, `by_user` maps user -> rank key. They hold the same entries, so
  score and arrival are read out of the key and stored nowhere else.
- `arrivals` is the next arrival number, greater than all in use, and always fits its 33 bits.
- `csv` is the rendered top 15, or None when it has to be rendered. Once it is, `last_of_top` is
  the rank key of the last entry in it, or a number above all rank keys while the top has a free
  place. The top changes exactly when a key at or below that comes in or goes.
- `notes` is None until a score brings a moment or metadata: a board without them pays nothing.

Arrival numbers run out after 8,589,934,592 changes of one board. Then all entries are numbered
anew in rank order, which keeps every rank and takes some 1.3 s per million scores. A board has
at most 2^31 entries, one per user, so at least three quarters of the numbers come free.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.column import BLOCK_SIZE, Column
from gameserver.scores.notes import NOTHING, Note, Notes
from gameserver.scores.rank_key import ARRIVAL_BITS, Line, arrival_in, first_key, score_in

TOP = 15
ABOVE_ALL_KEYS = 2**64


class Board:
    """One level's scores in one season.

    A board has no lock: the store that owns it admits one thread at a time. User ids and scores
    range from 0 to 2147483647. A board with one score takes 0.9 KB, a large one 30 to 38 bytes
    per score (`benchmarks/board.py` measures it).
    """

    __slots__ = (
        "_arrivals", "_block_size", "_by_rank", "_by_user", "_csv", "_last_of_top", "_notes",
        "changes", "has_grown", "is_ascending", "numberings",
    )  # fmt: skip

    def __init__(self, is_ascending: bool = False, block_size: int = BLOCK_SIZE) -> None:
        """An empty board, on which the highest or the lowest score stands first.

        `block_size` is the most entries per block, see `Column`.
        """
        self.is_ascending = is_ascending
        self.changes = 0
        """Counts the changes of anything that can be read here."""
        self.has_grown = False
        """Whether the last score that was kept is that of a new user."""
        self.numberings = 0
        """How often the entries were numbered anew, so that every rank key changed."""
        self._block_size = block_size
        self._notes: Notes | None = None
        self._arrivals = 0
        self._csv: bytes | None
        self._fill(array("Q"), array("I"))

    @classmethod
    def load(cls, rows: Iterable[tuple[int, int]], block_size: int = BLOCK_SIZE) -> Board:
        """A descending board of rows of (user_id, score) in rank order, as iterating gives them.

        ValueError if the rows are out of order, name a user twice or leave the 31-bit range.
        """
        lines = (
            (user_id, Line(first_key(score, is_ascending=False) | arrival))
            for arrival, (user_id, score) in enumerate(rows)
        )
        return cls.of_lines(lines, block_size=block_size)

    @classmethod
    def of_lines(
        cls,
        lines: Iterable[tuple[int, Line]],
        is_ascending: bool = False,
        block_size: int = BLOCK_SIZE,
    ) -> Board:
        """A board of (user_id, line) in rank order. ValueError as above."""
        board = cls(is_ascending, block_size)
        keys, users = array("Q"), array("I")
        try:
            for user_id, (key, at, meta) in lines:
                keys.append(key)
                users.append(user_id)
                if at is not None or meta is not None:
                    board._note(user_id, (at, meta))
        except OverflowError as error:
            raise ValueError(str(error)) from None
        if max(users, default=0) > MAX_NUMBER:
            raise ValueError(f"not a 31-bit unsigned integer: user {max(users)}")
        board._fill(keys, users)
        return board

    def __len__(self) -> int:
        """How many users have a score."""
        return len(self._by_user)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """All (user_id, score) in rank order. The board must not change meanwhile."""
        for key, user_id in self._by_rank.items():
            yield user_id, self.score_in(key)

    # Writing

    def submit(self, user_id: int, score: int, note: Note = NOTHING) -> bool:
        """Keeps `score` if it is the user's first or better than theirs; says whether it did.

        ValueError, and no change, if a number that would be kept leaves the 31-bit range.
        """
        old_key = self._by_user.get(user_id)
        if old_key is not None:
            old = old_key >> ARRIVAL_BITS
            if score >= old if self.is_ascending else score <= MAX_NUMBER - old:
                return False
        self._place(user_id, score, old_key, note)
        return True

    def replace(self, user_id: int, score: int, note: Note = NOTHING) -> bool:
        """Keeps `score` unless the user's is equal; says whether it did. ValueError as above."""
        old_key = self._by_user.get(user_id)
        if old_key is not None and score == self.score_in(old_key):
            return False
        self._place(user_id, score, old_key, note)
        return True

    def put_back(self, user_id: int, line: Line | None) -> None:
        """Gives the user the line that they had, at its old place, or none.

        Where the place is taken, the line comes behind all of the same score: that can only be
        after the entries were numbered anew.
        """
        old_key = self._by_user.get(user_id)
        if old_key is not None:
            self._by_rank.remove(old_key)
        if line is not None:
            key = line.key
            if self._by_rank.get(key) is not None:
                key = key >> ARRIVAL_BITS << ARRIVAL_BITS | self._arrivals
            self._by_rank.put(key, user_id)
            self._by_user.put(user_id, key)
            self.reserve(arrival_in(key) + 1)
        elif old_key is not None:
            self._by_user.remove(user_id)
        self._note(user_id, line[1:] if line else NOTHING)
        self.changes += 1
        self._csv = None

    def remove(self, user_id: int) -> Line | None:
        """Takes the user off the board; returns their line, None if there was none."""
        line = self.line(user_id)
        if line:
            self.put_back(user_id, None)
        return line

    def reserve(self, arrivals: int) -> None:
        """Gives out no arrival number below this one: a line that has it may come back."""
        self._arrivals = max(self._arrivals, arrivals)
        if self._arrivals >> ARRIVAL_BITS:
            self._number_anew()

    # Reading: one user

    def line(self, user_id: int) -> Line | None:
        """All that is kept of the user, None without a score."""
        key = self._by_user.get(user_id)
        return None if key is None else Line(key, *self.note(user_id))

    def note(self, user_id: int) -> Note:
        """The moment and the metadata of the user's score."""
        return NOTHING if self._notes is None else self._notes.get(user_id)

    def best(self, user_id: int) -> int | None:
        """The user's score, None without one."""
        key = self._by_user.get(user_id)
        return None if key is None else self.score_in(key)

    def rank(self, user_id: int) -> int | None:
        """The user's place, 1 for the first, None without a score."""
        key = self._by_user.get(user_id)
        return None if key is None else self._by_rank.position(key) + 1

    # Reading: the ranking

    def lines(self, offset: int, count: int) -> list[tuple[int, int]]:
        """The (rank key, user_id) from `offset` on, at most `count`, in rank order."""
        return self._by_rank.part(offset, count)

    def users(self, first: int, count: int) -> list[int]:
        """The users from this number on, at most `count`, in ascending order."""
        part = self._by_user.part(self._by_user.position(first), count)
        return [user_id for user_id, _ in part]

    def position(self, key: int) -> int:
        """How many entries stand before a rank key, present or not."""
        return self._by_rank.position(key)

    def first(self) -> int | None:
        """The score that stands first, None without any."""
        lines = self.lines(0, 1)
        return self.score_in(lines[0][0]) if lines else None

    def top(self, count: int) -> list[tuple[int, int]]:
        """The first `count` (user_id, score) in rank order."""
        return [(user_id, self.score_in(key)) for key, user_id in self.lines(0, count)]

    def csv(self) -> bytes:
        """The top 15 as `user=score,user=score`; the same object until the top changes."""
        if self._csv is None:
            self._csv = render_csv(self.top(TOP))
            self._last_of_top = self._key_at(TOP)
        return self._csv

    # Rank keys

    def score_in(self, key: int) -> int:
        """The score that a rank key holds."""
        return score_in(key, self.is_ascending)

    def _rank_key(self, user_id: int, score: int, arrival: int) -> int:
        """A rank key; ValueError if the user id or the score leaves the 31-bit range."""
        if not (0 <= user_id <= MAX_NUMBER and 0 <= score <= MAX_NUMBER):
            raise ValueError(f"not 31-bit unsigned integers: user {user_id}, score {score}")
        return (score if self.is_ascending else MAX_NUMBER - score) << ARRIVAL_BITS | arrival

    def _key_at(self, place: int) -> int:
        """The rank key at a place of the ranking, a number above all keys if it is free."""
        lines = self.lines(place - 1, 1)
        return lines[0][0] if lines else ABOVE_ALL_KEYS

    # Keeping

    def _place(self, user_id: int, score: int, old_key: int | None, note: Note) -> None:
        """Enters a score that is to be the user's. `old_key` is the one so far."""
        key = self._rank_key(user_id, score, self._arrivals)
        if old_key is not None:
            self._by_rank.remove(old_key)
        self._by_rank.put(key, user_id)
        self._by_user.put(user_id, key)
        self.has_grown = old_key is None
        self.changes += 1
        last = self._last_of_top
        if key < last or (old_key is not None and old_key <= last):
            self._csv = None
        if note is not NOTHING or self._notes is not None:
            self._note(user_id, note)
        self._arrivals += 1
        if self._arrivals >> ARRIVAL_BITS:
            self._number_anew()

    def _note(self, user_id: int, note: Note) -> None:
        if self._notes is None:
            if note == NOTHING:
                return
            self._notes = Notes(self._block_size)
        self._notes.put(user_id, note)
        if not self._notes:
            self._notes = None

    def _number_anew(self) -> None:
        self.numberings += 1
        users = array("I", (user_id for _, user_id in self._by_rank.items()))
        parts = (key >> ARRIVAL_BITS for key, _ in self._by_rank.items())
        self._fill(array("Q", (part << ARRIVAL_BITS | n for n, part in enumerate(parts))), users)

    def _fill(self, keys: array[int], users: array[int]) -> None:
        """Replaces all entries by those of the parallel arrays, which come in rank order."""
        order = sorted(range(len(users)), key=users.__getitem__)
        self._by_rank = Column(keys, users, self._block_size)
        self._by_user = Column(
            array("I", map(users.__getitem__, order)),
            array("Q", map(keys.__getitem__, order)),
            self._block_size,
        )
        self._arrivals = max((key % 2**ARRIVAL_BITS for key in keys), default=-1) + 1
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


def render_csv(rows: Iterable[tuple[int, int]]) -> bytes:
    """Rows of (user_id, score) as `user=score,user=score`."""
    return b",".join(b"%d=%d" % row for row in rows)
