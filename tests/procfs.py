"""Processes as Linux shows them under /proc, see proc(5)."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.support import wait_until

has_proc = os.path.isdir("/proc/self")


class Process(NamedTuple):
    """One process; `state` is `Z` for a zombie, times are in seconds, memory in bytes."""

    pid: int
    parent: int
    session: int
    state: str
    cpu: float
    threads: int
    rss: int


def processes_of(session: int) -> list[Process]:
    """The processes of a session: a server and all that it has started, zombies too."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()] if has_proc else []
    return [process for process in map(_process, pids) if process and process.session == session]


def _process(pid: int) -> Process | None:
    fields = _read(pid, "stat").rpartition(")")[2].split()  # behind the name
    if not fields:
        return None
    return Process(
        pid=pid,
        parent=int(fields[1]),
        session=int(fields[3]),
        state=fields[0],
        cpu=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        threads=int(fields[17]),
        rss=int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
    )


def ignores(pid: int, number: int) -> bool:
    """Whether a process ignores a signal."""
    found = re.search(r"^SigIgn:\s*([0-9a-f]+)$", _read(pid, "status"), re.MULTILINE)
    return bool(found and int(found[1], 16) >> number - 1 & 1)


def stop_process(pid: int) -> None:
    """SIGSTOP; returns when no thread of the process runs any more, which can take its time.

    Without /proc it returns at once.
    """
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: set(_thread_states(pid)) <= {"T"})


def _thread_states(pid: int) -> list[str]:
    """The states of the threads of a process; none if it is gone."""
    threads: list[str] = []
    with suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")
    texts = [_read(pid, f"task/{thread}/stat") for thread in threads]
    return [text.rpartition(")")[2].split()[0] for text in texts if text]


def descriptors_of(pid: int) -> list[str]:
    """Where the open descriptors of a process lead."""
    links = []
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):
                links.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return links


def _read(pid: int, name: str) -> str:
    """A file about a process; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""
