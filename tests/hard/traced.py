"""A threaded server under strace (Linux), and a client that posts fifty scores to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.hard.players import Place
from tests.raw_client import Client, request_bytes
from tests.support import ROOT, wait_until

_LAUNCHER = """
import sys
from gameserver.storage import database
from gameserver.command import main
database.CHECKPOINT_CHANGES = 20
sys.exit(main())
"""
"""Checkpoints come often, so that fifty scores see some."""

_ANNOUNCEMENT = re.compile(r"\S+: listening on http://127\.0\.0\.1:([0-9]+)/ \(threaded\)\n")

LEVEL, USERS, SCORES = 1, 10, 50


class TracedServer:
    """`options` are strace's. `port` is 0 if the server has not come up."""

    def __init__(self, options: Sequence[str], folder: Path) -> None:
        self._process = subprocess.Popen(
            ["strace", "-f", "-qq", *options, sys.executable, "-c", _LAUNCHER, "--threaded",
             "-p", "0", "--host", "127.0.0.1", "--logfile", str(folder / "log"),
             "--data", str(folder / "game.db")],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout
        found = _ANNOUNCEMENT.fullmatch(self._process.stdout.readline())
        self.port = int(found[1]) if found else 0

    def end(self, number: int = signal.SIGTERM) -> int:
        """Stops the server, if it has not ended by itself; returns its exit code."""
        tracer = self._process.pid
        children = Path(f"/proc/{tracer}/task/{tracer}/children")
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            for pid in children.read_text().split():
                os.kill(int(pid), number)
        wait_until(lambda: self._process.poll() is not None)
        assert self._process.stdout
        self._process.stdout.close()
        return self._process.returncode


class Poster:
    """Ten users on one level, each time with a better score, one request at a time."""

    def __init__(self, port: int, pipeline: int = 1) -> None:
        self._client = Client(("127.0.0.1", port))
        self._pipeline = pipeline
        self._keys = [self._ask("GET", f"/{user}/login").body.decode() for user in range(USERS)]
        self.sent: dict[Place, set[int]] = {}
        self.acknowledged: dict[Place, int] = {}
        self.order: list[tuple[Place, int]] = []
        """The scores in the order in which they were acknowledged."""
        self.refused = 0

    def _ask(self, method: str, target: str, body: bytes | None = None) -> Any:
        return self._client.ask(request_bytes(method, target, body))

    def post_all(self) -> None:
        """OSError or AssertionError if the server goes away."""
        for first in range(0, SCORES, self._pipeline):
            self._post(range(first, min(first + self._pipeline, SCORES)))

    def _post(self, numbers: range) -> None:
        for number in numbers:
            user_id, score = number % USERS, 100 + number
            self.sent.setdefault((LEVEL, user_id), set()).add(score)
            target = f"/{LEVEL}/score?sessionkey={self._keys[user_id]}"
            self._client.send(request_bytes("POST", target, b"%d" % score))
        for number in numbers:
            status = self._client.reply().status
            assert status in (200, 503), status
            if status == 200:
                place, score = (LEVEL, number % USERS), 100 + number
                self.acknowledged[place] = score
                self.order.append((place, score))
            self.refused += status == 503

    def shows_what_was_acknowledged(self) -> bool:
        """Whether the list is answered, with all that was acknowledged and nothing else."""
        body = self._ask("GET", f"/{LEVEL}/highscorelist").body.decode()
        shown = dict(entry.split("=") for entry in body.split(",") if entry)
        expected = {str(user_id): str(score) for (_, user_id), score in self.acknowledged.items()}
        return bool(shown == expected)

    def close(self) -> None:
        self._client.close()
