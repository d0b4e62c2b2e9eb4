"""A server in processes of its own, started by its command: for tests and for `tests/hard/`."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.procfs import Process, descriptors_of, has_proc, ignores, processes_of
from tests.raw_client import Client
from tests.support import COMMAND_SECONDS, PATIENCE, ROOT, wait_until

STOP_SECONDS = 35
"""A graceful stop takes 30 s at most."""

_LAUNCHER = """
import importlib, json, sys
for name, value in json.loads(sys.argv.pop(1)).items():
    module, _, constant = name.rpartition(".")
    assert hasattr(importlib.import_module(module), constant), name
    setattr(importlib.import_module(module), constant, value)
from gameserver.command import main
sys.exit(main())
"""

_ANNOUNCEMENT = re.compile(r"\S+: listening on (https?://\S+/) \((threaded|forked)\)\n")


class NotStarted(AssertionError):
    """A server has announced nothing; `exit_code` is what it has ended with."""

    def __init__(self, line: str, exit_code: int | None, errors: str) -> None:
        super().__init__(f"no announcement but {line!r}, exit code {exit_code}: {errors}")
        self.exit_code = exit_code


class ServerProcess:
    """A server started by its command on a free port, with all processes that it starts.

    `constants` sets module constants before the start, such as
    {"gameserver.server.connection.HEAD_SECONDS": 0.2}; `descriptors` is how many files each of its
    processes may have open; `through` is a command that becomes the server, such as `strace -D`;
    `program` is what Python runs.

    As a context manager it stops at the end and asserts that it went as it should. The server has
    a session of its own, and `pid` is both its first process and the number of the session.
    """

    def __init__(
        self,
        *flags: str,
        constants: dict[str, Any] | None = None,
        descriptors: int | None = None,
        through: Sequence[str] = (),
        program: Sequence[str] = (str(ROOT / "run_server.py"),),
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.logfile = Path(self._folder.name, "server.log")
        command = [sys.executable, *program]
        if constants:
            command = [sys.executable, "-c", _LAUNCHER, json.dumps(constants)]
        if descriptors:
            command[:0] = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh"]
        self._errors = open(Path(self._folder.name, "stderr"), "w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [*through, *command, "-p", "0", "--logfile", str(self.logfile), *flags],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": self._folder.name},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )
        self.pid = self._process.pid
        assert self._process.stdout
        self._output = self._process.stdout
        self.url, self.mode = self._announced()
        parts = urlsplit(self.url)
        assert parts.port
        self.address = (
            "127.0.0.1" if parts.hostname == "localhost" else str(parts.hostname),
            parts.port,
        )

    def _announced(self) -> Sequence[str]:
        line = self._output.readline()
        found = _ANNOUNCEMENT.fullmatch(line)
        if not found:
            failure = NotStarted(line, self.exit_code(0 if line else PATIENCE), self.stderr())
            self.kill()
            raise failure
        return found.groups()

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(self, error_type: type[BaseException] | None, *error: object) -> None:
        if error_type:
            self.kill()
        else:
            self.stop()

    def client(self) -> Client:
        return Client(self.address)

    # Its end

    def send_signal(self, number: int) -> None:
        """To the first process only, as `kill` does."""
        os.kill(self.pid, number)

    def send_signal_to_all(self, number: int) -> None:
        """To all processes, as a terminal does on Ctrl-C."""
        os.killpg(self.pid, number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Stops the server and asserts that it went as it should."""
        self.send_signal(number)
        self.wait()

    def wait(self, exit_code: int = 0) -> None:
        """Waits for the end, which leaves no process and no word behind."""
        try:
            code = self.exit_code()
            assert code == exit_code, f"the exit code is {code}"
            wait_until(lambda: not self.any_left())
            output = self._output.read()
            assert output == "", f"it printed {output!r}"
            errors = self.stderr()
            assert errors == "", f"on stderr: {errors}"
            left = self.temporary_files()
            assert exit_code or not left, f"in the folder for temporary files: {left}"
        finally:
            self.kill()

    def exit_code(self, seconds: float = STOP_SECONDS) -> int | None:
        """What the first process ends with; None if it is still there after these seconds."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """Ends every process at once and removes the files; may be called again."""
        if self.any_left():
            with suppress(ProcessLookupError):  # the last one has just ended
                self.send_signal_to_all(signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: not self.any_left())  # until then they have their files and locks
        self._output.close()
        self._errors.close()
        self._folder.cleanup()

    def any_left(self) -> bool:
        """Whether any process of the server is there; the dead that init has to bury are not."""
        if has_proc:
            return any(process.state != "Z" for process in self.processes())
        try:
            self.send_signal_to_all(0)
        except ProcessLookupError:
            return False
        return True

    # What it says

    def stderr(self) -> str:
        return Path(self._errors.name).read_text()

    def log(self) -> str:
        """The whole log, with the file that was moved aside."""
        older = Path(f"{self.logfile}.1")
        return "".join(file.read_text() for file in (older, self.logfile) if file.exists())

    def temporary_files(self) -> list[Path]:
        """What it has in the folder for temporary files."""
        return list(Path(self._folder.name).glob("gameserver-*"))

    # Its processes, as /proc shows them

    def processes(self) -> list[Process]:
        return processes_of(self.pid)

    def children(self) -> list[int]:
        """The processes that the first one has started, zombies too."""
        return [process.pid for process in self._children()]

    def _children(self) -> list[Process]:
        return [process for process in self.processes() if process.parent == self.pid]

    def owner(self) -> int | None:
        """The child that owns the state: the one that ignores SIGTERM; None if there is none."""
        return next((pid for pid in self.children() if ignores(pid, signal.SIGTERM)), None)

    def workers(self) -> list[int]:
        """The processes that speak HTTP."""
        if self.mode == "threaded":
            return [self.pid]
        living = [process.pid for process in self._children() if process.state != "Z"]
        return [pid for pid in living if not ignores(pid, signal.SIGTERM)]

    def states(self) -> str:
        """A letter for each child; `Z` is a zombie."""
        return "".join(process.state for process in self._children())

    def cpu(self) -> float:
        """The processor time in seconds that its processes have used so far."""
        return sum(process.cpu for process in self.processes())

    def rss(self) -> int:
        """The memory of its processes in bytes."""
        return sum(process.rss for process in self.processes())

    def footprint(self) -> tuple[int, int, int]:
        """Processes, threads and open descriptors."""
        processes = self.processes()
        return (
            len(processes),
            sum(process.threads for process in processes),
            sum(len(descriptors_of(process.pid)) for process in processes),
        )


def start_and_fail(arguments: Sequence[str], **environment: str) -> tuple[int, str, str]:
    """Runs the command that should not start; returns exit code, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "run_server.py"), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout, done.stderr
