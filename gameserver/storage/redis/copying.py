"""Copies everything from a data file into a Redis, or back.

What is copied is what a server needs to go on: boards with all seasons, settings, names, bans, the
audit, accounts, tournaments, claims, tokens, and the secrets that keys are signed with. Not copied:
what it takes to undo what an admin did, answers to requests that may be repeated, and stored
session keys.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from hashlib import blake2b
from itertools import chain, islice
from typing import Any

from gameserver.errors import StartError
from gameserver.monitoring.progress import Progress
from gameserver.scores.values import Limits
from gameserver.storage.redis import people
from gameserver.storage.redis.engine import RedisEngine
from gameserver.storage.redis.link.link import Link
from gameserver.storage.redis.maintenance import address_of, is_store
from gameserver.storage.redis.opening import check_redis, open_redis, parsed_address
from gameserver.storage.redis.transfer import CHUNK, WRITTEN, Columns, Reader, Writer
from gameserver.storage.sqlite import csv_import, people_tables, transfer
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.datafile import examine, reading
from gameserver.storage.sqlite.schema import require_newest
from gameserver.times import server_clock

EVERYTHING = Limits(10**9, 10**9, 10**9)

Tables = Mapping[str, Sequence[tuple[Any, ...]]]


def copy(source: str, target: str) -> None:
    """Copies a data file into an empty Redis, or a Redis into a new data file, and checks it.

    StartError if that cannot be, or if the two differ in the end.
    """
    if is_store(source) == is_store(target):
        raise StartError("one of the two is a data file, the other a Redis: redis://host:6379/0")
    if is_store(target):
        counts = _into_redis(source, address_of(target))
    else:
        counts = _into_file(address_of(source), target)
    shown = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    print(f"copied and checked: {shown}")


class _Clock:
    """The server's clock, unless it is set."""

    now: float | None = None

    def __call__(self) -> float:
        return server_clock() if self.now is None else self.now


class Sums:
    """A count and a checksum of the scores of each level."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._hashes: dict[str, Any] = {}

    def of(self, lines: Iterable[Columns]) -> Iterator[Columns]:
        """The lines, which are counted as they are taken."""
        for line in lines:
            level = line[0]
            if level not in self._hashes:
                self._hashes[level] = blake2b(digest_size=16)
            self._hashes[level].update("\x1f".join(line).encode() + b"\n")
            self.counts[level] += 1
            yield line

    def take(self, lines: Iterable[Columns]) -> Sums:
        for _ in self.of(lines):
            pass
        return self

    def require_same(self, other: Sums) -> None:
        """StartError, which names a level, if they differ."""
        for level in sorted({*self.counts, *other.counts}, key=int):
            pair = self.counts[level], other.counts[level]
            if pair[0] != pair[1]:
                raise StartError(f"level {level} has {pair[1]:,} scores instead of {pair[0]:,}")
            if self._hashes[level].digest() != other._hashes[level].digest():
                raise StartError(f"level {level} differs, though it has as many scores")


def _into_redis(file: str, store: str) -> Mapping[str, int]:
    _require_empty(store)
    clock, sums = _Clock(), Sums()
    with reading(file) as connection:
        examine(file, connection)
        require_newest(file, connection)
        connection.execute("BEGIN")  # all that is read is of one moment
        with closing(open_redis(store, limits=EVERYTHING, clock=clock)) as engine:
            (count,) = connection.execute(transfer.COUNT).fetchone()
            scores = Progress("copying", count).follow(transfer.score_lines(connection))
            lines = chain(transfer.other_lines(connection), sums.of(scores))
            Writer(engine.askings, engine.scores, clock).take(lines)
            tables = people_tables.read_people(connection)
            _write(engine, people.write_people(tables))
            sums.require_same(Sums().take(_reader(engine).scores()))
            _require_same(tables, people.read_people(engine.rounds.read))
    return _counts(sums, tables)


def _into_file(store: str, file: str) -> Mapping[str, int]:
    if os.path.exists(file):
        raise StartError(f"{file} exists already: a copy makes a new file")
    try:
        with (
            closing(open_redis(store, limits=EVERYTHING)) as engine,
            closing(Database(file)) as database,
            database.transaction() as connection,
        ):
            return _take(engine, connection)
    except BaseException:
        for suffix in ("", "-wal", "-shm", "-lock"):
            with suppress(OSError):
                os.unlink(file + suffix)
        raise


def _take(engine: RedisEngine, connection: Any) -> Mapping[str, int]:
    """Writes everything into a data file, and checks it."""
    sums, reader = Sums(), _reader(engine)
    total = engine.scores.gauges()["scores"]
    scores = Progress("copying", total).follow(_chunks(reader.scores()))
    csv_import.take_lines(connection, chain(reader.others(), sums.of(scores)))
    tables = people.read_people(engine.rounds.read)
    people_tables.write_people(connection, tables)
    sums.require_same(Sums().take(chain.from_iterable(transfer.score_lines(connection))))
    _require_same(tables, people_tables.read_people(connection))
    return _counts(sums, tables)


def _require_empty(store: str) -> None:
    """StartError if there is anything in it: a server that runs on it, for example."""
    check_redis(store)
    with closing(Link(parsed_address(store))) as link:
        (size,) = link.send([("DBSIZE",)])
    if size:
        raise StartError("the Redis is not empty: a copy needs a database that no server has used")


def _reader(engine: RedisEngine) -> Reader:
    return Reader(engine.askings, engine.scores)


def _write(engine: RedisEngine, commands: Iterator[Any]) -> None:
    while chunk := list(islice(commands, WRITTEN)):
        engine.rounds.at_once(chunk, writes=True)


def _chunks(lines: Iterator[Columns]) -> Iterator[Sequence[Columns]]:
    while chunk := list(islice(lines, CHUNK)):
        yield chunk


def _counts(sums: Sums, tables: Tables) -> Mapping[str, int]:
    return {
        "levels": len(sums.counts),
        "scores": sums.counts.total(),
        **{name.replace("_", " "): len(rows) for name, rows in tables.items()},
    }


_KEPT: Mapping[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]] = {
    # Redis does not know when an account was made, and numbers submissions by tournament.
    "accounts": lambda row: row[:3],
    "tournament_scores": lambda row: (*row[1:8], row[8] is None),
}
"""What of a row is the same in both."""


def _require_same(source: Tables, target: Tables) -> None:
    """StartError, which names a table, if they differ."""
    for name, rows in source.items():
        kept = _KEPT.get(name, tuple)
        mine, others = (sorted(repr(_plain(kept(row))) for row in each) for each in
                        (rows, target[name]))  # fmt: skip
        if mine != others:
            raise StartError(f"the {name.replace('_', ' ')}s differ: {len(mine)}, {len(others)}")


def _plain(row: tuple[Any, ...]) -> list[Any]:
    return [int(value) if isinstance(value, bool) else value for value in row]
