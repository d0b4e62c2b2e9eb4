"""A system that has no room for another process or thread: the server goes on, and recovers.

    python tests/hard/no_room.py [--rounds 3]

The limit is RLIMIT_NPROC, lowered and raised again (prlimit(2)) for one process of a forked server
at a time. It does not hold for root: run by root, the script goes on as a user that nobody else is,
with an interpreter that every user can run.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from harness import Report, answers, arguments, ask, log_in, seconds_until, serving, stop

from tests.raw_client import request_bytes
from tests.servers import ServerProcess

USER = 54_321
BACK_SECONDS = 3

REGISTER = request_bytes(
    "POST",
    "/api/register",
    b"username=x&password=short",
    "Content-Type: application/x-www-form-urlencoded",
    "Connection: close",
)


def main() -> int:
    if os.geteuid() == 0:
        become_another_user()
    options = arguments(__doc__, rounds=3)
    report = Report("no room for processes and threads")
    with serving("forked") as server:
        number = len(server.workers())
        key = log_in(server.address, 7)
        submit(server, key, 15)
        for _ in range(options.rounds):
            no_worker(server, number, report)
            report.row("the score is still there", scores(server), "7=15", scores(server) == "7=15")
            no_thread(server, report)
            no_line(server, number, report)
        no_owner(server, report)
        alive = server.exit_code(0) is None
        code = stop(server) if alive else None
        report.row("exit code", code, 0, code == 0)
    return report.end()


def become_another_user() -> None:
    """Starts this script again as a user for whom the limit holds."""
    python = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    if python is None:
        sys.exit("no interpreter that other users can run: run this as another user than root")
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(python, [python, *sys.argv], environment)


@contextmanager
def no_room(*pids: int) -> Iterator[None]:
    """No room for more processes or threads of these."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_NPROC) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_NPROC, (1, hard))
    try:
        yield
    finally:
        for pid, limit in before.items():
            with suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_NPROC, limit)


def no_worker(server: ServerProcess, number: int, report: Report) -> None:
    with no_room(server.pid):
        gone = server.workers()[0]
        os.kill(gone, signal.SIGKILL)
        told = seconds_until(lambda: "cannot start a worker" in server.log(), BACK_SECONDS)
        report.row("no worker: the log says so", told is not None, True, told is not None)
        good = number == 1 or answers(server.address)
        report.row("the others answer", good, True, good)
    back = seconds_until(lambda: len(server.workers()) == number, BACK_SECONDS)
    report.row("all workers are back", shown(back), f"{BACK_SECONDS} s", back is not None)


def no_thread(server: ServerProcess, report: Report) -> None:
    with no_room(*server.workers()):
        found = {ask(server.address, REGISTER)[9:12] for _ in range(20)}
        report.row("no thread for a request that blocks", found, {b"503"}, found == {b"503"})
        good = answers(server.address)
        report.row("others are answered", good, True, good)
    found = {ask(server.address, REGISTER)[9:12] for _ in range(20)}
    report.row("with room again", found, {b"403"}, found == {b"403"})


def no_line(server: ServerProcess, number: int, report: Report) -> None:
    owner = server.owner()
    assert owner
    with no_room(owner):
        gone = server.workers()
        for pid in gone:
            os.kill(pid, signal.SIGKILL)
        seconds_until(lambda: len(set(server.workers()) - set(gone)) == number, BACK_SECONDS)
        status = ask(server.address, request_bytes("GET", "/healthz", None, "Connection: close"))
        report.row("new workers without a line say", status[9:12], b"503", status[9:12] == b"503")
    back = seconds_until(lambda: answers(server.address), BACK_SECONDS)
    report.row("they have lines again", shown(back), f"{BACK_SECONDS} s", back is not None)


def no_owner(server: ServerProcess, report: Report) -> None:
    owner = server.owner()
    assert owner
    with no_room(server.pid):
        os.kill(owner, signal.SIGKILL)
        told = seconds_until(lambda: "cannot start the owner" in server.log(), BACK_SECONDS)
        report.row("no owner: the log says so", told is not None, True, told is not None)
        good = not answers(server.address) and server.exit_code(0) is None
        report.row("the server is there and says 503", good, True, good)
    back = seconds_until(lambda: answers(server.address), BACK_SECONDS)
    report.row("it is back", shown(back), f"{BACK_SECONDS} s", back is not None)


def submit(server: ServerProcess, key: str, score: int) -> None:
    target = f"/1/score?sessionkey={key}"
    ask(server.address, request_bytes("POST", target, b"%d" % score, "Connection: close"))


def scores(server: ServerProcess) -> str:
    answer = ask(
        server.address, request_bytes("GET", "/1/highscorelist", None, "Connection: close")
    )
    return answer.rpartition(b"\r\n\r\n")[2].decode()


def shown(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.2f} s"


if __name__ == "__main__":
    sys.exit(main())
