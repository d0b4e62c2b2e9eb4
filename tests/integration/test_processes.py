"""The forked server's processes: what happens when one of them ends."""

from __future__ import annotations

import os
import shutil
import signal
import unittest
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

from tests.procfs import has_proc, stop_process
from tests.raw_client import refuses, request_bytes
from tests.servers import ServerProcess
from tests.support import wait_until

LIST = request_bytes("GET", "/1/highscorelist")
NOWHERE = request_bytes("GET", "/nowhere")
OPTIONS = request_bytes("OPTIONS", "/1/highscorelist")
HEALTH = request_bytes("GET", "/healthz")
REGISTER = request_bytes(
    "POST",
    "/api/register",
    b"username=somebody&password=long+enough",
    "Content-Type: application/x-www-form-urlencoded",
)


@unittest.skipUnless(has_proc, "this system does not show processes as files")
class ProcessTestCase(unittest.TestCase):
    """A forked server with two workers."""

    constants: ClassVar[dict[str, Any] | None] = None

    def setUp(self) -> None:
        self.server = ServerProcess("--max_proc", "2", constants=self.constants)
        self.addCleanup(self.server.kill)
        self.workers = wait_until(self.all_workers)

    def all_workers(self) -> list[int]:
        """The workers, once they are all there and have said so."""
        log = self.server.log()
        workers = [pid for pid in self.server.workers() if f"worker is process {pid}\n" in log]
        return workers if len(workers) == min(2, os.cpu_count() or 1) else []

    def others_than(self, gone: Collection[int]) -> list[int]:
        """The workers, once they are all there and none of those that are gone is among them."""
        workers = self.all_workers()
        return [] if set(gone).intersection(workers) else workers

    def submit(self, score: int) -> int:
        """The status that a new user's score is answered with."""
        with self.server.client() as client:
            reply = client.ask(request_bytes("GET", "/7/login"))
            if reply.status != 200:
                return reply.status
            target = f"/1/score?sessionkey={reply.body.decode()}"
            return client.ask(request_bytes("POST", target, b"%d" % score)).status

    def scores(self) -> bytes:
        with self.server.client() as client:
            return client.ask(LIST).body


class ProcessTest(ProcessTestCase):
    """What becomes of it when a process ends, or stands still."""

    def test_hang_up(self) -> None:
        """SIGHUP to all processes, as when a terminal is closed, ends none of them."""
        before = sorted(self.server.children())
        self.server.send_signal_to_all(signal.SIGHUP)
        self.assertEqual(self.submit(5), 200)
        self.assertEqual(sorted(self.server.children()), before)

    def test_killed_workers(self) -> None:
        """A worker that is killed is replaced; scores and keys stay."""
        self.assertEqual(self.submit(15), 200)
        for worker in self.workers:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: self.others_than(self.workers))
        self.assertEqual(self.scores(), b"7=15")
        self.assertEqual(self.submit(20), 200)
        self.assertNotIn("Z", self.server.states())
        self.assertIn(f"worker {self.workers[0]} has ended", self.server.log())
        self.server.stop()

    def test_stopped_worker(self) -> None:
        """So is a worker that somebody else has stopped."""
        os.kill(self.workers[0], signal.SIGTERM)
        wait_until(lambda: self.others_than(self.workers[:1]))
        self.assertEqual(self.submit(15), 200)
        self.server.stop()

    def test_no_zombies(self) -> None:
        """Workers that end again and again leave nothing behind."""
        for _ in range(3):
            for worker in self.workers:
                os.kill(worker, signal.SIGKILL)
            self.workers = wait_until(lambda: self.others_than(self.workers))
            wait_until(lambda: "Z" not in self.server.states())
        self.server.stop()

    def test_killed_owner(self) -> None:
        """When the owner of the state is killed, clients hear 503 and soon are served again."""
        with self.server.client() as client:
            self.assertEqual(client.ask(LIST).status, 200)
            owner = self.server.owner()
            # The parent stands still, so that it cannot start another one yet.
            stop_process(self.server.pid)
            os.kill(owner, signal.SIGKILL)
            reply = wait_until(lambda: self.unavailable(client.ask(LIST)))
            self.assertEqual(reply.headers["retry-after"], "1")
            self.server.send_signal(signal.SIGCONT)
            wait_until(lambda: client.ask(LIST).status == 200)
        wait_until(lambda: self.submit(15) == 200)
        wait_until(lambda: self.scores() == b"7=15")
        self.assertIn("CRITICAL", self.server.log())
        self.server.stop()

    def unavailable(self, reply: object) -> object:
        return reply if reply.status == 503 else None  # type: ignore[attr-defined]

    def test_killed_parent(self) -> None:
        """When the parent is killed, all other processes end, and clients are sent away."""
        with self.server.client() as client:
            client.ask(LIST)
            self.server.send_signal(signal.SIGKILL)
            self.assertTrue(client.at_end())
        self.server.wait(exit_code=-signal.SIGKILL)

    def test_parent_and_owner_killed(self) -> None:
        """So it is when the owner is killed with it."""
        os.kill(self.server.owner(), signal.SIGKILL)
        self.server.send_signal(signal.SIGKILL)
        self.server.wait(exit_code=-signal.SIGKILL)

    def test_all_share_the_state(self) -> None:
        """Whichever worker a client meets, it is the same game."""
        for score in range(1, 21):
            self.assertEqual(self.submit(score), 200)
            self.assertEqual({self.scores() for _ in range(5)}, {b"7=%d" % score})
        self.server.stop()

    def test_number_of_workers(self) -> None:
        """There are never more workers than allowed."""
        with ServerProcess("--max_proc", "1") as server:
            wait_until(server.workers)
            with server.client() as client:
                client.ask(LIST)
            self.assertEqual(len(server.workers()), 1)
        self.server.stop()

    def test_temporary_files(self) -> None:
        """Nothing is left in the folder for temporary files, nor is there anything to lose."""
        self.assertEqual(self.server.temporary_files(), [])
        self.assertEqual(self.submit(15), 200)
        self.server.stop()

    def test_names(self) -> None:
        """The log says which process is which, and so does `ps -o comm`."""
        roles = {self.server.owner(): "owner", **dict.fromkeys(self.workers, "worker")}
        for pid, role in roles.items():
            line = f"[{pid}] {role} is process {pid}\n"
            wait_until(lambda line=line: line in self.server.log())
            name = Path(f"/proc/{pid}/comm")  # which it takes behind the line
            wait_until(lambda name=name, role=role: name.read_text() == f"game-{role}\n")
        self.server.stop()

    def test_hanging_owner(self) -> None:
        """While the owner stands still, what needs it is answered 503, and what does not is not."""
        with self.server.client() as client, self.server.client() as other:
            self.assertEqual(client.ask(LIST).status, 200)
            owner = self.server.owner()
            assert owner
            stop_process(owner)
            for _ in range(3):
                reply = client.ask(LIST)
                self.assertEqual((reply.status, reply.headers["retry-after"]), (503, "1"))
                self.assertEqual(client.ask(OPTIONS).status, 200)
                self.assertEqual(other.ask(NOWHERE).status, 404)
                self.assertEqual(other.ask(REGISTER).status, 503)
                self.assertEqual(other.ask(HEALTH).status, 503)
                statuses = [client.ask(LIST + NOWHERE).status, client.reply().status]
                self.assertEqual(statuses, [503, 404])
            os.kill(owner, signal.SIGCONT)
            wait_until(lambda: client.ask(LIST).status == 200)
            wait_until(lambda: other.ask(REGISTER).status in (201, 403))
        self.assertEqual(self.server.owner(), owner)
        self.server.stop()

    def test_hanging_owner_at_the_stop(self) -> None:
        """A stop gets an owner going that stands still."""
        owner = self.server.owner()
        assert owner
        stop_process(owner)
        self.server.stop()

    def test_all_but_one_killed(self) -> None:
        """A worker that stands still ends as well: it does not keep the port."""
        stop_process(self.workers[0])
        for pid in (self.server.owner(), *self.workers[1:], self.server.pid):
            os.kill(pid, signal.SIGKILL)
        self.server.wait(exit_code=-signal.SIGKILL)
        self.assertTrue(refuses(self.server.address))


class FileTest(ProcessTestCase):
    """The same with the owner's socket in a folder, as on systems other than Linux."""

    constants = {"sys.platform": "other"}

    def test_temporary_files(self) -> None:
        """Nothing is left in the folder for temporary files, which only this user can enter."""
        (folder,) = self.server.temporary_files()
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        self.server.stop()

    def test_killed_owner(self) -> None:
        """A new owner takes the socket's place."""
        os.kill(self.server.owner() or 0, signal.SIGKILL)
        wait_until(lambda: "is lost" in self.server.log())
        wait_until(lambda: self.submit(15) == 200)
        self.server.stop()

    def test_clean_up(self) -> None:
        """When the socket is removed there is soon another one, and the open lines stay."""
        self.assertEqual(self.submit(15), 200)
        with self.server.client() as client:
            self.assertEqual(client.ask(LIST).status, 200)
            for folder in self.server.temporary_files():
                shutil.rmtree(folder)
            self.assertEqual(client.ask(LIST).status, 200)
            wait_until(self.server.temporary_files)
            self.assertEqual(client.ask(LIST).status, 200)
        os.kill(self.workers[0], signal.SIGKILL)
        wait_until(lambda: self.others_than(self.workers[:1]))
        self.assertIn("has been removed", self.server.log())
        wait_until(lambda: {self.scores() for _ in range(9)} == {b"7=15"})
        self.server.stop()


if __name__ == "__main__":
    unittest.main()
