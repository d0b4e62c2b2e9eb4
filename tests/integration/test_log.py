"""The log of real servers."""

from __future__ import annotations

import os
import re
import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

from tests.raw_client import request_bytes
from tests.servers import ServerProcess
from tests.support import wait_until

EVENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z (INFO|WARNING|ERROR|CRITICAL) \[\d+\] .+")
ACCESS = re.compile(r"\d{4}-\d\d-\d\dT[\d:]{8}Z ACCESS 127\.0\.0\.1 [A-Z]+ /[!-~]* \d{3}")


class LogContract(unittest.TestCase):
    """What every front end writes."""

    flags: ClassVar[tuple[str, ...]] = ()

    def start(self, *flags: str) -> ServerProcess:
        server = ServerProcess(*self.flags, *flags)
        self.addCleanup(server.kill)
        return server

    def play(self, server: ServerProcess) -> str:
        """Some requests, good and bad; returns the session key."""
        with server.client() as client:
            key = client.ask(request_bytes("GET", "/4711/login")).body.decode()
            for query in (f"sessionkey={key}", f"sessionkey={key[:-1]}", f"a&sessionkey={key}"):
                client.ask(request_bytes("POST", f"/1/score?{query}", b"7"))
            client.ask(request_bytes("GET", "/%0d%0aevil/%1b[2J"))
            client.ask(request_bytes("HEAD", "/1/highscorelist"))
        return key

    def test_events(self) -> None:
        """Without the access log there is a line for each process, the start and the stop."""
        server = self.start()
        self.play(server)
        processes = 0 if server.mode == "threaded" else 1 + min(2, os.cpu_count() or 1)
        wait_until(lambda: len(server.children()) == processes)
        pids = set(server.children())
        log = self.stop(server)
        introduced = [line for line in log.splitlines() if " is process " in line]
        self.assertEqual({int(line.split()[-1]) for line in introduced}, pids)
        self.assertEqual(len(introduced), len(pids), log)
        lines = [line for line in log.splitlines() if line not in introduced]
        self.assertIn(f"listening on {server.url}", lines[0])
        self.assertIn(server.mode, lines[0])
        self.assertIn("stopped", lines[-1])
        self.assertEqual(len(lines), 2, log)
        for line in lines:
            self.assertRegex(line, EVENT)

    def stop(self, server: ServerProcess) -> str:
        """Stops the server; returns all of its log."""
        copy = server.logfile.with_name("copy")
        os.link(server.logfile, copy)
        kept = open(copy)  # noqa: SIM115 (read after the folder is gone)
        self.addCleanup(kept.close)
        server.stop()
        return kept.read()

    def test_access(self) -> None:
        """With it there is a line for each request, and no session key in any."""
        server = self.start("--access_log")
        key = self.play(server)
        log = self.stop(server)
        lines = [line for line in log.splitlines() if not EVENT.fullmatch(line)]
        self.assertEqual(
            [line.split()[3:] for line in lines],
            [
                ["GET", "/4711/login", "200"],
                ["POST", "/1/score", "200"],
                ["POST", "/1/score", "401"],
                ["POST", "/1/score", "200"],
                ["GET", "/%0d%0aevil/%1b[2J", "404"],
                ["HEAD", "/1/highscorelist", "200"],
            ],
        )
        for line in lines:
            self.assertRegex(line, ACCESS)
        self.assertNotIn(key[:-1], log)

    def test_no_secrets(self) -> None:
        """Secrets and tokens are in no line, wherever a client has put them."""
        server = self.start("--access_log")
        secret, token = "hush-hush-hush-hush", "0badc0de" * 8
        with server.client() as client:
            client.ask(request_bytes("POST", "/7/login", secret.encode()))
            for target in (f"/7/login?secret={secret}", f"/7/login/{secret}", f"/x?secret={secret}",
                           f"/api/tokens/{token}", f"/7/login%3fsecret={secret}"):  # fmt: skip
                client.ask(request_bytes("GET", target))
            body = b'{"secret": "%b"}' % secret.encode()
            client.ask(request_bytes("POST", "/api/users/7/claim", body))
        log = self.stop(server)
        self.assertEqual(log.count(" ACCESS "), 7)
        self.assertNotIn("hush", log)
        self.assertNotIn("c0de", log)

    def test_rotation(self) -> None:
        """The file is moved aside when it is too large, whichever process finds out."""
        constants = {"gameserver.monitoring.logs.MAX_SIZE": 20_000}
        logfile = Path(self.enterContext(tempfile.TemporaryDirectory()), "kept.log")
        flags = (*self.flags, "--access_log", "--logfile", str(logfile))
        with ServerProcess(*flags, constants=constants) as server:
            clients = [self.enterContext(server.client()) for _ in range(8)]
            for _ in range(25):
                for client in clients:
                    client.send(request_bytes("GET", "/1/highscorelist") * 10)
                for client in clients:
                    for _ in range(10):
                        self.assertEqual(client.reply().status, 200)
        moved = Path(f"{logfile}.1")
        files = {*logfile.parent.iterdir()}
        self.assertIn(moved, files)
        self.assertLessEqual(files, {logfile, moved})
        for file in files:
            self.assertLess(file.stat().st_size, 40_000)
            for line in file.read_text().splitlines():
                self.assertRegex(line, f"{EVENT.pattern}|{ACCESS.pattern}")


class ThreadedTest(LogContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(LogContract):
    """Several processes."""

    flags = ("--max_proc", "2")


del LogContract

if __name__ == "__main__":
    unittest.main()
