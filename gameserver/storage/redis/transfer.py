"""All boards, settings, names, bans and the audit of a Redis as lines of CSV, and back.

The lines are those of an export (`storage/sqlite/transfer.py`), their columns as text.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from struct import Struct, pack
from typing import Any

from gameserver.scores.audit import Author, Job
from gameserver.scores.level import Level
from gameserver.scores.names import fold
from gameserver.scores.seasons import ALL, season_at, season_named
from gameserver.scores.settings import settings_of
from gameserver.storage.audit_text import audit_text
from gameserver.storage.redis.buckets.bucketed_scores import BucketedScores
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.scores.asking import Asking
from gameserver.storage.redis.scores.board_lines import read_note, write_note
from gameserver.storage.redis.scores.moderation import ModeratedScores
from gameserver.storage.redis.scores.ordering import by_order, parts_of, place_of
from gameserver.storage.redis.scores.score_keys import board_name, level_in, member, start_in
from gameserver.storage.redis.scores.score_scripts import WRITE
from gameserver.times import format_moment, parse_moment

Scores = ModeratedScores | BucketedScores

Columns = Sequence[str]
"""Level, user, score, season, at, meta, name, settings."""

CHUNK = 1_000
"""Lines that come from Redis together."""
WRITTEN = 100
"""Lines that go to Redis together: some milliseconds of its time."""
AUDIT_CHUNK = 1_000

Line = tuple[float, int, bytes | None]
"""Place, user, note."""
KeptBack = Mapping[str, Sequence[Line]]
"""By board."""

_BY = Author("", "admin")
_DOUBLE = Struct(">d").unpack


class Reader:
    """Reads everything of the boards."""

    def __init__(self, askings: Sequence[Asking], scores: Scores) -> None:
        """`askings` are those of all buckets."""
        self._read = askings[0].rounds.read
        self._states = askings[0].rules.states
        self._boards = [BoardReader(asking) for asking in askings]
        self._scores = scores

    def others(self) -> Iterator[Columns]:
        """All lines but those of scores."""
        configured = chain.from_iterable(boards.configured() for boards in self._boards)
        for level_id, level in sorted(configured, key=itemgetter(0)):
            text = json.dumps(level.settings.changed(), ensure_ascii=False)
            yield (str(level_id), *[""] * 6, text)
        for user, name in sorted(read_hash(self._read, key("names"))):
            yield ("", str(int.from_bytes(user)), *[""] * 4, name.decode(), "")
        for user_id, state in sorted(self._states.items()):
            yield ("", str(user_id), *[""] * 5, json.dumps({"state": state}))
        yield from self._audit()

    def scores(self) -> Iterator[Columns]:
        """The scores, in rank order on each board; those that are kept back as well."""
        kept_back = [boards.kept_back() for boards in self._boards]
        levels = [
            (level_id, bucket)
            for bucket, boards in enumerate(self._boards)
            for level_id in boards.levels() | set(map(level_in, kept_back[bucket]))
        ]
        for level_id, bucket in sorted(levels):
            yield from self._boards[bucket].level(level_id, kept_back[bucket])

    def _audit(self) -> Iterator[Columns]:
        entries: list[Any] = []
        while chunk := self._scores.audit(len(entries), AUDIT_CHUNK):
            entries += chunk
        for entry in reversed(entries):
            yield (*[""] * 7, audit_text(entry))


class BoardReader:
    """Reads the boards of a bucket."""

    def __init__(self, asking: Asking) -> None:
        self._read = asking.rounds.read
        self._rules = asking.rules
        self._key = asking.bucket.key

    def configured(self) -> Iterable[tuple[int, Level]]:
        """The levels that were configured."""
        return self._rules.levels.items()

    def levels(self) -> set[int]:
        """Those that have boards or settings."""
        (members,) = self._read([("ZRANGE", self._key("busiest"), 0, -1)])
        return {int.from_bytes(each) for each in members}

    def kept_back(self) -> KeptBack:
        """The lines of those who are banned or hidden, by board."""
        found: defaultdict[str, list[Line]] = defaultdict(list)
        (users,) = self._read([("SMEMBERS", self._key("hu"))])
        for user in map(int.from_bytes, users):
            for name, line in read_hash(self._read, self._key("h", user)):
                (place,) = _DOUBLE(line[:8])
                found[name.decode()].append((place, user, line[8:] or None))
        return found

    def level(self, level_id: int, kept_back: KeptBack) -> Iterator[Columns]:
        """The scores of a level, the oldest season first."""
        names, plain = self._read(
            [
                ("ZRANGE", self._key("s", level_id), 0, -1),
                ("EXISTS", self._key("b", level_id)),
            ]
        )
        boards = {name.decode() for name in names} | ({str(level_id)} if plain else set())
        boards |= {name for name in kept_back if level_in(name) == level_id}
        for name in sorted(boards, key=start_in):
            yield from self._board(level_id, name, kept_back.get(name, []))

    def _board(self, level_id: int, name: str, kept_back: Sequence[Line]) -> Iterator[Columns]:
        lines = sorted([*self._lines(name), *kept_back], key=lambda line: line[0])
        level = self._rules.level(level_id)
        settings = level.settings
        season = season_at(settings.reset, settings.reset_offset, start_in(name))
        for place, user_id, note in lines:
            at, meta = read_note(note)
            yield (
                str(level_id),
                str(user_id),
                str(by_order(parts_of(place)[0], level.is_ascending)),
                "" if season is ALL else season.name,
                "" if at is None else format_moment(at),
                "" if meta is None else meta.decode(),
                "",
                "",
            )

    def _lines(self, name: str) -> Iterator[Line]:
        start = 0
        while True:
            last = start + CHUNK - 1
            (found,) = self._read([("ZRANGE", self._key("b", name), start, last, "WITHSCORES")])
            if not found:
                return
            users, places = found[::2], found[1::2]
            (notes,) = self._read([("HMGET", self._key("t", name), *users)])
            for user, place, note in zip(users, places, notes, strict=True):
                yield float(place), int.from_bytes(user), note
            start += CHUNK


def read_hash(read: Read, name: str) -> list[tuple[bytes, bytes]]:
    """The fields and values of a hash."""
    (found,) = read([("HGETALL", name)])
    return list(zip(found[::2], found[1::2], strict=True))


class Writer:
    """Takes lines into a Redis that is empty."""

    def __init__(self, askings: Sequence[Asking], scores: Scores, clock: Any) -> None:
        """`askings` are those of all buckets, `clock` is theirs, whose time `now` can be set."""
        self._askings = askings
        self._scores = scores
        self._clock = clock
        self._states: dict[int, str] = {}
        self._arrivals: dict[str, int] = defaultdict(int)
        self._places: dict[tuple[int, str], tuple[str, Level]] = {}

    def take(self, lines: Iterable[Columns]) -> None:
        """Takes in all lines, in their order."""
        commands = (command for line in lines for command in self._commands(line))
        while chunk := list(islice(commands, WRITTEN)):
            self._askings[0].rounds.at_once(chunk, writes=True)
        for user_id, state in self._states.items():
            self._keep_back(user_id, state)

    def _commands(self, columns: Columns) -> Sequence[Command]:
        """What writes a line; settings and entries of the audit are written at once."""
        level, user, score, season, at, meta, name, settings = columns
        if settings and level:
            self._scores.configure(int(level), lambda _: settings_of(json.loads(settings)))
        elif settings and user:
            self._states[int(user)] = json.loads(settings)["state"]
        elif settings:
            self._enter(json.loads(settings))
        elif name:
            of_user = member(int(user))
            found_by = fold(name).encode() + b"\0" + of_user
            buckets = [asking.bucket for asking in self._askings]
            return [
                *(("HSET", bucket.key("names"), of_user, name) for bucket in buckets),
                *(("ZADD", bucket.key("folded"), 0, found_by) for bucket in buckets),
            ]
        else:
            moment = parse_moment(at) if at else None
            note = write_note(moment, meta.encode() if meta else None) or b""
            return [self._line(int(level), int(user), int(score), season, note)]
        return ()

    def _line(self, level_id: int, user_id: int, score: int, season: str, note: bytes) -> Command:
        asking = self._askings[level_id % len(self._askings)]
        place = level_id, season
        if place not in self._places:
            settings = self._scores.settings(level_id)
            level = Level(settings)
            named = season_named(settings.reset, settings.reset_offset, season or ALL.name)
            self._places[place] = board_name(level_id, level, named), level
        board, level = self._places[place]
        arrival = self._arrivals[board]
        self._arrivals[board] += 1
        line = pack(">d", place_of(by_order(score, level.is_ascending), arrival)) + note
        calls = asking.calls.next()
        return asking.call(WRITE, *calls, "put_back", board, member(user_id), line)

    def _enter(self, told: Mapping[str, Any]) -> None:
        self._clock.now = parse_moment(told["at"]) / 1_000_000
        author = Author(told["from"], told["by"])
        entry_id = self._scores.write_down(author, told["action"], told["what"])
        if told["undone"]:
            self._scores.mark_undone(entry_id)

    def _keep_back(self, user_id: int, state: Any) -> None:
        """Bans or hides a user again, whose scores are on the boards."""
        self._clock.now = None
        what, job = {"user": user_id, "state": state}, Job("withhold", user=user_id)
        action = "ban" if state == "banned" else "hide"
        entry_id = self._scores.write_down(_BY, action, what, None, job)
        self._scores.put_state(user_id, state)
        for _ in self._scores.work(entry_id):
            pass
