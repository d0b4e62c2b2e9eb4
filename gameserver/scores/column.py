"""An ordered map from integers to integers, kept in blocks of machine integers.

Representation and invariants:

- `blocks` holds pairs of arrays `(keys, values)` of equal length. Keys ascend strictly, within a
  block and from one block to the next. There is always at least one block.
- `fences` holds one integer between every two neighbouring blocks. The keys of block i lie below
  `fences[i]`, those of block i + 1 at or above it. So every integer, present or not, has exactly
  one home, and a key that comes or goes never moves a fence.
- A block holds at most `block_size` keys and, unless it is the only one, at least 3/8 of that: an
  array from which single items are deleted does not give its memory back. A block that leaves
  these bounds is joined with a neighbour and the two are cut into equal blocks of 7/16 to 7/8, so
  the next cut of the same block is at least a sixteenth of a block away.
- `tree` is a Fenwick tree over the block sizes (P. M. Fenwick, "A new data structure for
  cumulative frequency tables", 1994): node n counts the keys of the n & -n blocks that end with
  the n-th. It is built when a position is first asked for, kept up to date key by key, and
  dropped (None) when blocks are cut anew.
- `blocks` and `fences` are tuples, replaced as a whole when blocks are cut. That is rare, and a
  column of one block, the common case, is a third smaller than it would be with lists.

With n keys in b blocks: a look-up takes O(log n) comparisons; `put` and `remove` move at most one
block of memory besides; `position` and `part` add O(log b), or O(b) once after a cut.

Left out on purpose: iteration that survives a change, and locks. The owner locks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise
from operator import lt
from typing import TypeAlias

Block: TypeAlias = "tuple[array[int], array[int]]"

BLOCK_SIZE = 1024


class Column:
    """An ordered map. The arrays it starts from say how wide its keys and values are."""

    __slots__ = ("_block_size", "_blocks", "_fences", "_length", "_tree")

    def __init__(self, keys: array[int], values: array[int], block_size: int = BLOCK_SIZE) -> None:
        """Copies two parallel arrays, `keys` in strictly ascending order (or ValueError).

        `block_size` is the most keys that a block may hold, 4 or more.
        """
        if not ascends(keys):
            raise ValueError("keys must ascend and none may come twice")
        self._block_size = block_size
        self._length = len(keys)
        self._blocks: tuple[Block, ...] = cut(keys, values, block_size)
        self._fences: tuple[int, ...] = lowest_keys(self._blocks[1:])
        self._tree: list[int] | None = None

    def __len__(self) -> int:
        return self._length

    def get(self, key: int) -> int | None:
        """The value of `key`, None if it is absent."""
        keys, values = self._blocks[bisect_right(self._fences, key)]
        at = bisect_left(keys, key)
        try:  # the cheapest way where the key is there
            return values[at] if keys[at] == key else None
        except IndexError:
            return None

    def put(self, key: int, value: int) -> None:
        """Sets the value of `key`, present or not."""
        home = bisect_right(self._fences, key)
        keys, values = self._blocks[home]
        at = bisect_left(keys, key)
        if at < len(keys) and keys[at] == key:
            values[at] = value
            return
        keys.insert(at, key)
        values.insert(at, value)
        self._length += 1
        if len(keys) > self._block_size:
            self._cut_anew(home)
        elif self._tree is not None:
            fenwick_add(self._tree, home, 1)

    def remove(self, key: int) -> None:
        """Removes `key`; KeyError if it is absent."""
        home = bisect_right(self._fences, key)
        keys, values = self._blocks[home]
        at = bisect_left(keys, key)
        if at == len(keys) or keys[at] != key:
            raise KeyError(key)
        del keys[at], values[at]
        self._length -= 1
        if len(keys) < self._block_size * 3 // 8 and self._fences:
            self._cut_anew(home)
        elif self._tree is not None:
            fenwick_add(self._tree, home, -1)

    def items(self) -> Iterator[tuple[int, int]]:
        """All (key, value) by ascending key. The column must not change meanwhile."""
        for keys, values in self._blocks:
            yield from zip(keys, values, strict=True)

    def position(self, key: int) -> int:
        """How many keys are smaller than `key`, which may be absent."""
        home = bisect_right(self._fences, key)
        return self._count_before(home) + bisect_left(self._blocks[home][0], key)

    def part(self, position: int, count: int) -> list[tuple[int, int]]:
        """The (key, value) that have `position` keys or more before them, at most `count`."""
        rows: list[tuple[int, int]] = []
        home, at = fenwick_find(self._sizes(), position)
        while len(rows) < count and home < len(self._blocks):
            keys, values = self._blocks[home]
            end = at + count - len(rows)
            rows += zip(keys[at:end], values[at:end], strict=True)
            home, at = home + 1, 0
        return rows

    def _cut_anew(self, home: int) -> None:
        """Joins block `home` with a neighbour, if it has one, and cuts them into equal blocks."""
        first = max(home - 1, 0)
        keys, values = self._blocks[first]
        for next_keys, next_values in self._blocks[first + 1 : first + 2]:
            keys, values = keys + next_keys, values + next_values
        blocks = cut(keys, values, self._block_size)
        self._blocks = self._blocks[:first] + blocks + self._blocks[first + 2 :]
        fences = lowest_keys(blocks[1:])
        self._fences = self._fences[:first] + fences + self._fences[first + 1 :]
        self._tree = None

    def _count_before(self, home: int) -> int:
        """How many keys the blocks before `home` hold."""
        return fenwick_sum(self._sizes(), home) if home else 0

    def _sizes(self) -> list[int]:
        """The Fenwick tree over the sizes of the blocks."""
        if self._tree is None:
            self._tree = fenwick_tree([len(keys) for keys, _ in self._blocks])
        return self._tree

    def _check(self) -> None:
        """Asserts every invariant."""
        sizes = [len(keys) for keys, _ in self._blocks]
        assert sizes and sum(sizes) == self._length
        assert sizes == [len(values) for _, values in self._blocks]
        assert max(sizes) <= self._block_size
        assert len(sizes) == 1 or min(sizes) >= self._block_size * 3 // 8
        assert ascends([key for key, _ in self.items()])
        for fence, (low, high) in zip(self._fences, pairwise(self._blocks), strict=True):
            assert low[0][-1] < fence <= high[0][0]
        assert self._tree is None or self._tree == fenwick_tree(sizes)


def ascends(keys: Sequence[int]) -> bool:
    """Whether `keys` ascend strictly."""
    return all(map(lt, keys, islice(keys, 1, None)))


def cut(keys: array[int], values: array[int], block_size: int) -> tuple[Block, ...]:
    """Copies of parallel stretches, equally long, none more than 7/8 full; at least one."""
    count = max(1, -(-len(keys) // (block_size * 7 // 8)))
    marks = [len(keys) * n // count for n in range(count + 1)]
    return tuple((keys[start:end], values[start:end]) for start, end in pairwise(marks))


def lowest_keys(blocks: tuple[Block, ...]) -> tuple[int, ...]:
    """The first key of each block."""
    return tuple(keys[0] for keys, _ in blocks)


def fenwick_tree(sizes: list[int]) -> list[int]:
    """The Fenwick tree over `sizes`. Its nodes are numbered from 1; node 0 is 0."""
    before = [0, *accumulate(sizes)]
    return [total - before[node & (node - 1)] for node, total in enumerate(before)]


def fenwick_add(tree: list[int], index: int, change: int) -> None:
    """Adds `change` to the size at `index`, counted from 0."""
    node = index + 1
    while node < len(tree):
        tree[node] += change
        node += node & -node


def fenwick_sum(tree: list[int], count: int) -> int:
    """The sum of the first `count` sizes."""
    total = 0
    while count:
        total += tree[count]
        count &= count - 1
    return total


def fenwick_find(tree: list[int], position: int) -> tuple[int, int]:
    """The index of the size that a position falls into, and how far into it; its end if beyond."""
    node, step = 0, 1 << (len(tree) - 1).bit_length()
    while step := step >> 1:
        if node + step < len(tree) and tree[node + step] <= position:
            node += step
            position -= tree[node]
    return node, position
