"""The forked server's processes: what happens when one of them ends."""

from __future__ import annotations

import os
import signal
import unittest
from pathlib import Path

from tests.procfs import has_proc
from tests.raw_client import request_bytes
from tests.servers import ServerProcess
from tests.support import wait_until

LIST = request_bytes("GET", "/1/highscorelist")


@unittest.skipUnless(has_proc, "this system does not show processes as files")
class ProcessTest(unittest.TestCase):
    """A forked server with two workers."""

    def setUp(self) -> None:
        self.server = ServerProcess("--max_proc", "2")
        self.addCleanup(self.server.kill)
        self.workers = wait_until(self.all_workers)

    def all_workers(self) -> list[int]:
        """The workers, once they are all there."""
        workers = self.server.workers()
        return workers if len(workers) == min(2, os.cpu_count() or 1) else []

    def test_hang_up(self) -> None:
        """SIGHUP to all processes, as when a terminal is closed, ends none of them."""
        before = sorted(self.server.children())
        self.server.send_signal_to_all(signal.SIGHUP)
        self.assertEqual(self.submit(5), 200)
        self.assertEqual(sorted(self.server.children()), before)

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

    def test_killed_workers(self) -> None:
        """A worker that is killed is replaced; scores and keys stay."""
        self.assertEqual(self.submit(15), 200)
        for worker in self.workers:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: set(self.all_workers()) - set(self.workers))
        wait_until(self.all_workers)
        self.assertEqual(self.scores(), b"7=15")
        self.assertEqual(self.submit(20), 200)
        self.assertNotIn("Z", self.server.states())
        self.assertIn(f"worker {self.workers[0]} has ended", self.server.log())
        self.server.stop()

    def test_stopped_worker(self) -> None:
        """So is a worker that somebody else has stopped."""
        os.kill(self.workers[0], signal.SIGTERM)
        wait_until(lambda: self.all_workers() and self.workers[0] not in self.all_workers())
        self.assertEqual(self.submit(15), 200)
        self.server.stop()

    def test_no_zombies(self) -> None:
        """Workers that end again and again leave nothing behind."""
        for _ in range(3):
            for worker in self.server.workers():
                os.kill(worker, signal.SIGKILL)
            wait_until(lambda: "Z" not in self.server.states() and self.all_workers())
        self.server.stop()

    def test_killed_owner(self) -> None:
        """When the owner of the state is killed, clients hear 503 and soon are served again."""
        with self.server.client() as client:
            self.assertEqual(client.ask(LIST).status, 200)
            owner = self.server.owner()
            # The parent stands still, so that it cannot start another one yet.
            self.server.send_signal(signal.SIGSTOP)
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
        """Nothing is left in the folder for temporary files."""
        (folder,) = self.owner_folders()
        self.server.stop()
        self.assertFalse(os.path.exists(folder))

    def owner_folders(self) -> list[str]:
        """The folders of the sockets that the server's owner has made."""
        process = Path(f"/proc/{self.server.owner()}")
        sockets = {os.readlink(file) for file in (process / "fd").iterdir()}
        paths = [
            columns[7]
            for columns in map(str.split, (process / "net/unix").read_text().splitlines())
            if f"socket:[{columns[6]}]" in sockets and len(columns) > 7
        ]
        return sorted({os.path.dirname(path) for path in paths})


if __name__ == "__main__":
    unittest.main()
