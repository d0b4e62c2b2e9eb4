"""A real `redis-server` for tests: one for each process that runs tests, on a free port.

A test case that begins with `redis_url()` has it empty. The servers of tests are patient with it,
as the machine may be slow; how long they wait is for the tests of that. Where there is no
`redis-server`, or no `redis` package, the test is skipped with one line of reason. Where there is a
`valkey-server` alone, it is that; `REDIS_SERVER=valkey-server` chooses it where there are both.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from tests.support import PATIENCE, free_port, wait_until

_INSTALLED = [each for each in ("redis-server", "valkey-server") if shutil.which(each)]
PROGRAM = os.environ.get("REDIS_SERVER") or [*_INSTALLED, "redis-server"][0]
CLIENT = PROGRAM.replace("-server", "-cli")

Server = TypeVar("Server", bound="RedisServer")


class RedisServer:
    """A Redis in a process of its own, whose files go with it; `options` are `redis.conf`'s."""

    def __init__(self, *options: str, port: int = 0) -> None:
        self.port = port or free_port()
        self._folder = tempfile.TemporaryDirectory()
        self._command = [
            PROGRAM, "--port", str(self.port), "--bind", "127.0.0.1",
            "--dir", self._folder.name, "--save", "", "--appendonly", "yes",
            "--appendfsync", "no", "--repl-diskless-sync-delay", "0", *options,
        ]  # fmt: skip
        self.start()

    def start(self, *options: str) -> None:
        """Starts it, again if it has been ended; returns when it answers."""
        log = Path(self._folder.name, "log")
        with log.open("a") as output:
            self.process = subprocess.Popen(
                [*self._command, *options], stdout=output, stderr=output, start_new_session=True
            )
        wait_until(self._answers)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        return self.process.pid

    def ask(self, *words: str | bytes | int) -> bytes:
        """What it answers to one command, as it stands on the wire; for what tests need."""
        command = b"*%d\r\n" % len(words)
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            command += b"$%d\r\n%b\r\n" % (len(data), data)
        with socket.create_connection(("127.0.0.1", self.port), 10) as sock:
            sock.sendall(command)
            return sock.recv(65536)

    def data_bytes(self) -> bytes:
        """Everything in it, as it stands in a file."""
        self.ask("CONFIG", "SET", "rdbcompression", "no")
        self.ask("SAVE")
        return Path(self._folder.name, "dump.rdb").read_bytes()

    def kill(self) -> None:
        """Ends it at once, with what it may have forked to write a file."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()

    def _answers(self) -> bool:
        try:
            return self.ask("PING").startswith((b"+PONG", b"-NOAUTH"))
        except OSError:
            return False


class ClusterNode(RedisServer):
    """A node that is a whole cluster: it has all slots."""

    def __init__(self) -> None:
        super().__init__("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        self.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_until(lambda: b"cluster_state:ok" in self.ask("CLUSTER", "INFO"))


_shared: list[RedisServer] = []
_clusters: list[ClusterNode] = []

PATIENT = {
    "gameserver.storage.redis.link.link.ANSWER_SECONDS": PATIENCE,
    "gameserver.storage.redis.link.link.CONNECT_SECONDS": PATIENCE,
    "gameserver.storage.redis.link.links.ANSWER_SECONDS": PATIENCE,
    "gameserver.storage.redis.link.batch.ROUND_SECONDS": PATIENCE,
}
"""For `ServerProcess`; in this process they are set once there is a Redis."""


def data_bytes() -> bytes:
    """Everything in the Redis of this process."""
    return _shared[0].data_bytes()


def redis_url() -> str:
    """The address of an empty Redis; raises SkipTest where there can be none."""
    return shared_redis().url


def shared_redis() -> RedisServer:
    """The Redis of this process, emptied; raises SkipTest where there can be none."""
    return _emptied(_shared, RedisServer)


def shared_cluster() -> ClusterNode:
    """The same in cluster mode."""
    return _emptied(_clusters, ClusterNode)


def _emptied(servers: list[Server], start: Callable[[], Server]) -> Server:
    require_redis()
    if not servers:
        servers.append(start())
        for name, value in PATIENT.items():
            module, _, constant = name.rpartition(".")
            setattr(import_module(module), constant, value)
        atexit.register(servers[0].close)
    servers[0].ask("FLUSHALL")
    return servers[0]


def require_redis() -> None:
    """Raises SkipTest, with one line of reason, where there can be no Redis."""
    if not shutil.which(PROGRAM):
        raise unittest.SkipTest(f"there is no {PROGRAM}: apt-get install {PROGRAM}")
    if not find_spec("redis"):
        raise unittest.SkipTest("there is no redis package: pip install redis hiredis")
