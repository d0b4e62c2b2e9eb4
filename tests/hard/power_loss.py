"""Cuts the power at every sync: `python -m tests.hard.power_loss` (Linux, strace).

Records what a server writes while fifty scores are posted, users claimed, runs used up, tokens made
and ended, and scores taken away and brought back, and which responses it sends. Then it makes the
files as they may be after a power cut before and after every sync. What had been synced is there.
Of what was written since, by sectors of 512 bytes: nothing, everything, or what chance picks. The
data file has to open, whole, with all that was acknowledged by then, and nothing that was not sent.
"""

from __future__ import annotations

import argparse
import copy
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gameserver.storage.sqlite.database import Database
from tests.hard.moderator import write_token
from tests.hard.people import Ask, People, Person, file_of, server_of
from tests.hard.players import Place, invented, lost, stored
from tests.hard.traced import PERSONS, SCORES, USERS, Poster, start_traced

SECTOR = 512
FILES = ("game.db", "game.db-wal")
CALLS = "openat,pwrite64,fdatasync,fsync,ftruncate,unlink,sendto"

_CALL = re.compile(r"[0-9]+ +([a-z0-9]+)\((.*)\) += ([0-9-]+)")
_DESCRIPTOR = re.compile(r"[0-9]+<([^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')

Write = tuple[int, bytes | None]
"""An offset and what is written there; None: the file ends there."""


@dataclass
class Disk:
    """Some files as they are on the disk, and what has been written to them but not synced."""

    files: dict[str, bytes]
    writes: dict[str, list[Write]] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    """Files whose names are not synced."""
    gone: set[str] = field(default_factory=set)
    """Files whose removal is not synced."""

    def create(self, name: str) -> None:
        if name not in self.files or name in self.gone:
            self.files[name] = b""
            self.gone.discard(name)
            self.new.add(name)

    def sync(self, name: str) -> None:
        for offset, data in self.writes.pop(name, []):
            self.files[name] = overwrite(self.files[name], offset, data)

    def sync_names(self) -> None:
        for name in self.gone:
            del self.files[name]
        self.new.clear()
        self.gone.clear()

    def after_power_cut(self, keep: Callable[[], bool]) -> dict[str, bytes]:
        """The files that are left, if `keep` says of each thing not synced whether it is there."""
        disk = copy.deepcopy(self)
        for name, writes in self.writes.items():
            disk.writes[name] = [part for write in writes for part in sectors(write) if keep()]
            disk.sync(name)
        lost_names = {name for name in disk.new if not keep()}
        lost_names |= {name for name in disk.gone if keep()}
        return {name: data for name, data in disk.files.items() if name not in lost_names}


def overwrite(content: bytes, offset: int, data: bytes | None) -> bytes:
    before = content.ljust(offset, b"\0")[:offset]
    return before if data is None else before + data + content[offset + len(data) :]


def sectors(write: Write) -> Iterator[Write]:
    """The write, cut where a sector of the file ends."""
    offset, data = write
    if data is None:
        yield write
    while data:
        size = SECTOR - offset % SECTOR
        yield offset, data[:size]
        offset, data = offset + size, data[size:]


def unescape(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


class Trace:
    """What strace recorded, replayed call by call."""

    def __init__(self, lines: list[str], disk: Disk, folder: str) -> None:
        self._lines = lines
        self._folder = folder
        self.disk = disk
        self.answered = -USERS  # the logins come first

    def moments(self) -> Iterator[None]:
        """Stops before and after every sync."""
        for line in self._lines:
            found = _CALL.match(line)
            assert found, line
            call, arguments, result = found.groups()
            if int(result) < 0:
                continue
            if call in ("fsync", "fdatasync"):
                yield
            getattr(self, f"_{call}")(arguments, int(result))
            if call in ("fsync", "fdatasync"):
                yield

    def _file(self, arguments: str) -> str:
        """The name of the file or folder that a descriptor is for."""
        found = _DESCRIPTOR.match(arguments)
        assert found, arguments
        path = unescape(found[1]).decode() if "\\x" in found[1] else found[1]
        return path.rpartition("/")[2]

    def _openat(self, arguments: str, result: int) -> None:
        found = _TEXT.search(arguments)
        assert found, arguments
        name = unescape(found[1]).decode().rpartition("/")[2]
        if name in FILES and "O_CREAT" in arguments:
            self.disk.create(name)

    def _pwrite64(self, arguments: str, result: int) -> None:
        name, found = self._file(arguments), _TEXT.search(arguments)
        assert found, arguments
        offset = int(arguments.rpartition(", ")[2])
        if name in FILES:
            data = unescape(found[1])
            assert len(data) == result
            self.disk.writes.setdefault(name, []).append((offset, data))

    def _fdatasync(self, arguments: str, result: int) -> None:
        name = self._file(arguments)
        if name in FILES:
            self.disk.sync(name)
        elif name == self._folder:
            self.disk.sync_names()

    _fsync = _fdatasync

    def _ftruncate(self, arguments: str, result: int) -> None:
        name = self._file(arguments)
        if name in FILES:
            size = int(arguments.rpartition(", ")[2])
            self.disk.writes.setdefault(name, []).append((size, None))

    def _unlink(self, arguments: str, result: int) -> None:
        name = unescape(arguments.strip('"')).decode().rpartition("/")[2]
        if name == "game.db-wal":
            self.disk.gone.add(name)

    def _sendto(self, arguments: str, result: int) -> None:
        found = _TEXT.search(arguments)
        assert found, arguments
        self.answered += unescape(found[1]).count(b"HTTP/1.1 ")


class Journal:
    """People, and what may have been true of them at any time."""

    def __init__(self) -> None:
        self.people = People()
        self._persons: list[list[Person]] = []
        """After so many answers, when the next question was on its way."""

    def live(self, ask: Ask) -> None:
        def asked(method: str, target: str, body: Any, token: str) -> tuple[int, bytes]:
            self._persons.append(copy.deepcopy(self.people.persons))
            return ask(method, target, body, token)

        for _ in range(PERSONS):
            self.people.live(asked)
        self._persons.append(self.people.persons)

    def after(self, answers: int) -> People:
        """The people as they were after so many answers; nobody if that is less than none."""
        people = People()
        if answers >= 0:
            people.persons = copy.deepcopy(self._persons[answers])
        return people


def record(folder: Path, pipeline: int) -> tuple[Trace, Poster, Journal]:
    """Runs a server on a new data file; returns what it wrote and what it acknowledged."""
    Database(str(folder / "game.db")).close()
    disk = Disk({"game.db": (folder / "game.db").read_bytes()})
    output = folder / "trace"
    options = ["-e", f"trace={CALLS}", "-e", "signal=none", "-y", "-xx", "-s", "1000000"]
    with start_traced([*options, "-o", str(output)], folder) as server:
        poster = Poster(server, pipeline)
        poster.post_all()
        poster.close()
        journal = Journal()
        with server.client() as client:
            journal.live(server_of(client))
    lines = [line for line in output.read_text().splitlines() if "+++" not in line]
    return Trace(lines, disk, folder.name), poster, journal


class Verdict:
    """What has been found out about the moments of one trace."""

    def __init__(self, poster: Poster, journal: Journal, folder: Path) -> None:
        self._poster = poster
        self._journal = journal
        self._folder = folder
        self.moments = self.states = self.lost = self.invented = self.wrong = self.corrupt = 0

    def judge(self, trace: Trace, chance: random.Random, torn: int) -> None:
        """Every state that the files may be in at this moment, some of them."""
        self.moments += 1
        acknowledged = dict(self._poster.order[: max(trace.answered, 0)])
        keeps: list[Callable[[], bool]] = [lambda: False, lambda: True]
        keeps += [lambda: chance.random() < 0.5] * torn
        for keep in keeps:
            people = self._journal.after(trace.answered - SCORES)
            self._judge_state(trace.disk.after_power_cut(keep), acknowledged, people)

    def _judge_state(
        self, files: dict[str, bytes], acknowledged: dict[Place, int], people: People
    ) -> None:
        self.states += 1
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        for name, content in files.items():
            (self._folder / name).write_bytes(content)
        write_token(self._folder)
        path = str(self._folder / "game.db")
        try:
            with file_of(path) as ask:
                people.check(ask)
            found = stored(path)
        except Exception as error:
            print(f"{error!r}", file=sys.stderr)
            self.corrupt += 1
            return
        self.lost += lost(acknowledged, found)
        self.invented += invented(self._poster.sent, found)
        self.wrong += len(people.wrong)
        for what in people.wrong:
            print(what, file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--torn", type=int, default=6, help="states by chance [%(default)s]")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    print("| scores in a batch | moments | states | lost | invented | people wronged | corrupt |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    bad = 0
    for pipeline in (1, 10):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            trace, poster, journal = record(Path(folder), pipeline)
            verdict = Verdict(poster, journal, Path(folder, "after"))
            for _ in trace.moments():
                verdict.judge(trace, chance, options.torn)
        assert trace.answered > len(poster.order) == SCORES
        print(f"| {pipeline} | {verdict.moments} | {verdict.states} | {verdict.lost} "
              f"| {verdict.invented} | {verdict.wrong} | {verdict.corrupt} |",
              flush=True)  # fmt: skip
        bad += verdict.lost + verdict.invented + verdict.wrong + verdict.corrupt
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
