"""Streams of news on real servers, in both modes, also over a restart and with TLS."""

from __future__ import annotations

import json
import os
import signal
import ssl
import unittest
from typing import Any, ClassVar

from tests.integration.contract import FrontEndTestCase, new_number
from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess
from tests.support import ROOT, wait_until
from tests.watcher import Watcher

CERTIFICATE = str(ROOT / "tests" / "localhost.pem")


class LiveContract(FrontEndTestCase):
    """What every front end promises to those who watch."""

    def setUp(self) -> None:
        super().setUp()
        self.level_id = new_number()
        self.key = self.log_in(7)

    def watch(self, *levels: int, fields: tuple[str, ...] = (), version: str = "1.1") -> Watcher:
        return Watcher.of(self.connect(), ",".join(map(str, levels)), *fields, version=version)

    def play(self, score: int, level_id: int | None = None) -> None:
        self.assertEqual(self.submit(level_id or self.level_id, self.key, score), 200)

    def scores_in(self, watcher: Watcher) -> list[int]:
        """The scores of the next event's board."""
        return [entry["score"] for entry in watcher.event().json["entries"]]

    def test_news(self) -> None:
        """Many who watch get the board at once, and after each change; so do old clients."""
        watchers = [self.watch(self.level_id) for _ in range(20)]
        watchers += [self.watch(self.level_id, version="1.0")]
        for watcher in watchers:
            self.assertEqual(self.scores_in(watcher), [])
        for score in (5, 6):
            self.play(score)
            for watcher in watchers:
                event = watcher.event()
                self.assertEqual(event.name, "board")
                self.assertEqual(event.json["entries"][0]["score"], score)
        expected = self.get(f"/api/levels/{self.level_id}").body
        self.assertEqual(event.data.encode(), expected.rstrip(b"\n"))

    def test_resume(self) -> None:
        """Whichever process a client comes back to, it gets only what it has missed."""
        other = new_number()
        watcher = self.watch(self.level_id, other)
        watcher.event()
        last = f"Last-Event-ID: {watcher.event().id}"
        self.play(5, other)
        for _ in range(4):
            back = self.watch(self.level_id, other, fields=(last,))
            board = back.event().json
            self.assertEqual((board["level"], board["players"]), (other, 1))
        same = self.watch(self.level_id, other, fields=(f"Last-Event-ID: {back.id}",))
        self.play(9)
        self.assertEqual(self.scores_in(same), [9])
        self.assertEqual(self.scores_in(back), [9])

    def test_errors(self) -> None:
        """Errors are problem details, and leave the connection open."""
        for query in ("", "?levels=", "?levels=1,1", "?levels=x", "?levels=1&x=1"):
            reply = self.get(f"/api/live{query}")
            self.assertEqual(reply.status, 400)
            self.assertEqual(reply.headers["content-type"], "application/problem+json")
        reply = self.client.ask(request_bytes("HEAD", "/api/live?levels=7"))
        self.assertEqual(reply.headers["content-type"], "text/event-stream")
        self.assertEqual(self.get("/1/highscorelist").status, 200)

    def test_metrics(self) -> None:
        """The metrics say how many watch."""

        def count(expected: int) -> bool:
            return f"gameserver_watchers {expected}\n".encode() in self.get("/metrics").body

        wait_until(lambda: count(0))
        watchers = [self.watch(self.level_id) for _ in range(3)]
        wait_until(lambda: count(3))
        for watcher in watchers:
            watcher.client.close()
        wait_until(lambda: count(0))


class ThreadedTest(LiveContract):
    flags = ("--threaded",)


class ForkedTest(LiveContract):
    flags = ("--max_proc", "2")


class StopContract(unittest.TestCase):
    """Streams and the end of their server."""

    flags: ClassVar[tuple[str, ...]] = ()

    def test_stop(self) -> None:
        """SIGTERM ends streams at once, as streams end, and the server with them."""
        server = self.start()
        watchers = []
        for version in ("1.1", "1.1", "1.0", "1.1"):
            client = self.enterContext(server.client())
            watchers.append(Watcher.of(client, "7", version=version))
            watchers[-1].event()
        self.assert_end(server, watchers)

    def start(self, *flags: str) -> ServerProcess:
        server = ServerProcess(*self.flags, *flags)
        self.addCleanup(server.kill)
        return server

    def assert_end(self, server: ServerProcess, watchers: list[Watcher]) -> None:
        """The server stops, and the streams end as they should."""
        server.send_signal(signal.SIGTERM)
        for watcher in watchers:
            with self.assertRaises(EOFError):
                watcher.event()
        server.wait()

    def test_restart(self) -> None:
        """The next server says everything anew: its ids are others."""
        ids = set()
        for _ in range(2):
            with ServerProcess(*self.flags) as server, server.client() as client:
                last = [f"Last-Event-ID: {each}" for each in ids]
                ids.add(Watcher.of(client, "7", *last).event().id)
        self.assertEqual(len(ids), 2)

    def test_tls(self) -> None:
        """It is the same with TLS."""
        server = self.start("--certfile", CERTIFICATE)
        context = ssl.create_default_context(cafile=CERTIFICATE)
        clients = []
        for _ in range(3):
            client = self.enterContext(server.client())
            client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
            client._stream = client.socket.makefile("rb")
            clients.append(client)
        player, *others = clients
        watchers = [Watcher.of(client, "7") for client in others]
        self.assertEqual([watcher.event().json["players"] for watcher in watchers], [0, 0])
        self.play(player)
        self.assertEqual([watcher.event().json["players"] for watcher in watchers], [1, 1])
        self.assert_end(server, watchers)

    def play(self, client: Client) -> Any:
        key = client.ask(request_bytes("GET", "/7/login")).body.decode()
        body = json.dumps({"score": 5, "sessionkey": key}).encode()
        reply = client.ask(request_bytes("POST", "/api/levels/7/scores", body))
        self.assertEqual(reply.status, 200)


class ThreadedStopTest(StopContract):
    flags = ("--threaded",)


class ForkedStopTest(StopContract):
    flags = ("--max_proc", "2")


class WorkerTest(unittest.TestCase):
    """Processes that end while clients watch."""

    def test_owner_killed(self) -> None:
        """A new owner has other boards: its watchers are told, with ids of its own."""
        with ServerProcess("--max_proc", "1") as server:
            client = self.enterContext(server.client())
            key = client.ask(request_bytes("GET", "/7/login")).body.decode()
            data = request_bytes("POST", f"/7/score?sessionkey={key}", b"5")
            self.assertEqual(client.ask(data).status, 200)
            watcher = Watcher.of(self.enterContext(server.client()), "7")
            first = watcher.event()
            owner = server.owner()
            assert owner
            os.kill(owner, signal.SIGKILL)
            second = watcher.event()
            self.assertEqual((first.json["players"], second.json["players"]), (1, 0))
            self.assertNotEqual(first.id, second.id)


del FrontEndTestCase, LiveContract, StopContract

if __name__ == "__main__":
    unittest.main()
