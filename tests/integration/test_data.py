"""`--data` with real servers: kills, failures, second servers, and the admin command."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
from typing import ClassVar

from gameserver.errors import StorageFailed
from gameserver.storage.sqlite.database import Database
from tests.folder import FolderTestCase
from tests.hard.players import Player, invented, lost, stored
from tests.raw_client import request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import PATIENCE, ROOT, wait_until

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

ROUNDS = 3

PATIENT = {
    "gameserver.processes.lines.ANSWER_SECONDS": PATIENCE,
    "gameserver.processes.lines.NOTE_SECONDS": PATIENCE,
    "gameserver.storage.sqlite.datafile.LOCK_SECONDS": PATIENCE,
}
"""How long a server waits for a disk that is slow, and for one before it that is ending."""


class DataContract(FolderTestCase):
    """What every front end promises with a data file. A subclass names the flags."""

    flags: ClassVar[tuple[str, ...]]

    def start(self, *flags: str) -> ServerProcess:
        return ServerProcess(*self.flags, *flags, "--data", self.path, constants=PATIENT)

    def get(self, server: ServerProcess, target: str) -> str:
        with server.client() as client:
            return client.ask(request_bytes("GET", target)).body.decode()

    def submit(self, server: ServerProcess, key: str, score: int) -> int:
        target = f"/1/score?sessionkey={key}"
        with server.client() as client:
            return client.ask(request_bytes("POST", target, b"%d" % score)).status

    def test_restart(self) -> None:
        """After a stop scores, ties and session keys are there again; no other file is left."""
        with self.start() as server:
            keys = [self.get(server, f"/{user_id}/login") for user_id in range(3)]
            for key in reversed(keys):
                self.assertEqual(self.submit(server, key, 10), 200)
        self.assertEqual(list(self.files()), ["game.db"])
        with self.start() as server:
            self.assertEqual(self.get(server, "/1/highscorelist"), "2=10,1=10,0=10")
            self.assertEqual(self.submit(server, keys[0], 20), 200)

    def test_stored_keys(self) -> None:
        """With --store_tokens the newest key of a user is valid after a kill, and only that."""
        server = self.start("--store_tokens")
        old, new = self.get(server, "/7/login"), self.get(server, "/7/login")
        server.kill()
        with self.start("--store_tokens") as server:
            self.assertEqual(self.submit(server, old, 10), 401)
            self.assertEqual(self.submit(server, new, 10), 200)

    def test_kill(self) -> None:
        """However often it is killed: every acknowledged score is there, and no other."""
        chance = random.Random(3)
        player = Player(0, users=20, levels=5, pipeline=8)
        for number in range(ROUNDS):
            server = self.start()
            self.addCleanup(server.kill)
            if not number:
                player.log_in(server.address)
            thread = threading.Thread(target=player.play, args=(server.address, threading.Event()))
            before = player.count
            thread.start()
            wait_until(lambda before=before: player.count > before)
            time.sleep(chance.uniform(0.05, 0.2))
            server.send_signal_to_all(signal.SIGKILL)
            thread.join()
            server.kill()
            found = stored(self.path)
            self.assertEqual(lost(player.acknowledged, found), 0)
            self.assertEqual(invented(player.sent, found), 0)
        self.assertTrue(player.acknowledged)
        self.assertEqual((player.refused, player.wrong), (0, []))

    def test_second_server(self) -> None:
        """A second server on the same file says so in one line."""
        with self.start():
            code, output, errors = start_and_fail([*self.flags, "-p", "0", "--data", self.path])
        self.assertEqual((code, output), (2, ""))
        self.assertRegex(errors, r"\A[^\n]+ is in use by another server\n\Z")

    def test_bad_file(self) -> None:
        """A file that is no data file: one line, exit code 2, the file untouched."""
        (self.folder / "game.db").write_bytes(b"my diary")
        code, output, errors = start_and_fail([*self.flags, "-p", "0", "--data", self.path])
        self.assertEqual((code, output), (2, ""))
        self.assertRegex(errors, r"\A[^\n]+ is no data file[^\n]*\n\Z")
        self.assertEqual(self.files(), {"game.db": b"my diary"})

    @unittest.skipUnless(hasattr(resource, "prlimit"), "Linux only")
    def test_failing_disk(self) -> None:
        """When a write fails, nothing more is acknowledged, and all of the server ends with 74."""
        server = self.start()
        self.addCleanup(server.kill)
        key = self.get(server, "/7/login")
        self.assertEqual(self.submit(server, key, 10), 200)
        owner = server.pid if server.mode == "threaded" else server.owner()
        size = os.path.getsize(self.path + "-wal")
        resource.prlimit(owner, resource.RLIMIT_FSIZE, (size, size))
        for score in range(11, 20):  # the first may find room that is there already
            try:
                status = self.submit(server, key, score)
            except (OSError, AssertionError):
                break
            if status != 200:
                self.assertEqual(status, 503)
                break
        self.assertEqual(server.exit_code(), StorageFailed.EXIT_CODE)
        wait_until(lambda: not server.any_left())
        self.assertIn("cannot be trusted", server.log())
        self.assertLess(max(stored(self.path).values()), score)

    @unittest.skipUnless(os.name == "posix", "elsewhere an open file cannot be deleted")
    def test_file_is_gone(self) -> None:
        """When the file or its log is deleted or replaced, all of the server ends with 74."""
        wal = self.path + "-wal"
        for harm in (
            lambda: os.unlink(self.path),
            lambda: os.unlink(wal),
            lambda: os.replace(shutil.copy(self.path, self.path + "-copy"), self.path),
        ):
            server = self.start()
            self.addCleanup(server.kill)
            self.assertEqual(self.submit(server, self.get(server, "/7/login"), 10), 200)
            harm()
            self.assertEqual(server.exit_code(), StorageFailed.EXIT_CODE)
            wait_until(lambda server=server: not server.any_left())
            self.assertIn("cannot be trusted", server.log())
            self.assertIn(str(self.folder), server.log())
            for path in self.folder.glob("game.db*"):
                path.unlink()

    def test_admin(self) -> None:
        """Beside a server, backup, check and export work, and import is refused."""
        (self.folder / "more.csv").write_text("1,8,30\n")
        with self.start() as server:
            self.submit(server, self.get(server, "/7/login"), 10)
            copy = str(self.folder / "copy.db")
            self.assertEqual(self.admin("backup", self.path, copy)[0], 0)
            self.assertEqual(self.admin("check", self.path)[0], 0)
            self.assertEqual(self.admin("export", self.path)[1], "level,user,score\n1,7,10\n")
            code, _, errors = self.admin("import", self.path, str(self.folder / "more.csv"))
            self.assertEqual(code, 2)
            self.assertIn("in use by another server", errors)
        self.assertEqual(stored(copy), {(1, 7): 10})

    def admin(self, *arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "gameserver.admin", *arguments],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr


class ThreadedTest(DataContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(DataContract):
    """Several processes."""

    flags = ("--max_proc", "2")

    def test_owner_killed(self) -> None:
        """When only the owner is killed, another takes its place, with all the scores."""
        with self.start() as server:
            self.submit(server, self.get(server, "/7/login"), 10)
            owner = server.owner()
            os.kill(owner, signal.SIGKILL)
            wait_until(lambda: owner not in server.children())
            wait_until(lambda: self.get(server, "/1/highscorelist") == "7=10")

    def test_parent_killed(self) -> None:
        """When only the first process is killed, the next server need not wait for the others."""
        server = self.start()
        os.kill(server.pid, signal.SIGKILL)
        with self.start():
            pass
        server.kill()
        Database(self.path).close()


del DataContract  # or it would be run, too

if __name__ == "__main__":
    unittest.main()
