"""CPU time and memory of a server: of all its processes, as `/proc` tells (Linux)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MB = 1e6


@dataclass(frozen=True)
class Process:
    """What `/proc/PID/stat` tells. `ticks` includes the children that have been reaped."""

    pid: int
    parent: int
    session: int
    ticks: int


def _read(pid: int) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the command name before it may hold anything
    return Process(pid, int(fields[1]), int(fields[3]), sum(map(int, fields[11:15])))


def tree(root: int) -> list[Process]:
    """The process, its descendants, and whatever else runs in the session that it leads.

    A child is in the tree although its parent ended, as long as it did not leave the session.
    """
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())
    everything = [process for pid in pids if (process := _read(pid))]
    found = {process.pid for process in everything if root in (process.pid, process.session)}
    while more := {p.pid for p in everything if p.parent in found} - found:
        found |= more
    return [process for process in everything if process.pid in found]


def cpu_seconds(root: int) -> float:
    """The user and system time that the tree has used since it started, in seconds."""
    return sum(process.ticks for process in tree(root)) / TICKS_PER_SECOND


def run_seconds(root: int) -> float:
    """As `cpu_seconds`, in nanoseconds' steps, of the threads that run now (proc(5), schedstat)."""
    files = (path for each in tree(root) for path in Path(f"/proc/{each.pid}/task").glob("*"))
    return sum(int((path / "schedstat").read_text().split()[0]) for path in files) / 1e9


def memory_mb(root: int) -> float:
    """The proportional set size of the tree in MB (10^6 bytes).

    A page that several processes map counts in equal parts for each of them, other programs
    included: a Python server looks a little smaller because this harness runs Python as well.
    """
    return sum(_pss_bytes(process.pid) for process in tree(root)) / MB


def _pss_bytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended, and is at most waiting to be reaped
    sizes = (line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    return sum(map(int, sizes)) * 1024
