"""Stopping the server: what has arrived is answered, and no process is left."""

from __future__ import annotations

import signal
import threading
import unittest
from typing import Any, ClassVar

from tests.raw_client import Client, is_closed, request_bytes
from tests.servers import ServerProcess
from tests.support import PATIENCE, wait_until

LIST = request_bytes("GET", "/1/highscorelist")
CLIENTS = 16

NO_HURRY = {
    "gameserver.server.base.IDLE_STOP_SECONDS": PATIENCE,
    "gameserver.server.base.BEGUN_STOP_SECONDS": PATIENCE,
}
"""For tests whose clients do something while the server stops."""


class StopContract(unittest.TestCase):
    """How every front end stops."""

    flags: ClassVar[tuple[str, ...]] = ()

    def start(self, constants: dict[str, Any] | None = None) -> ServerProcess:
        server = ServerProcess(*self.flags, constants=constants)
        self.addCleanup(server.kill)
        return server

    def connect(self, server: ServerProcess) -> Client:
        return self.enterContext(server.client())

    def test_signals(self) -> None:
        """SIGTERM and Ctrl-C stop the server, idle clients or not."""
        for number, count in [(signal.SIGTERM, 0), (signal.SIGTERM, 5), (signal.SIGINT, 0)]:
            server = self.start()
            clients = [self.connect(server) for _ in range(count)]
            for client in clients:
                client.ask(LIST)
            server.stop(number)
            for client in clients:
                self.assertTrue(client.at_end())

    def test_right_after_the_start(self) -> None:
        """So do they at once after the announcement."""
        for number in (signal.SIGTERM, signal.SIGINT) * 3:
            self.start().stop(number)

    def test_terminal(self) -> None:
        """Ctrl-C at a terminal reaches every process, and still everybody is answered."""
        self.check_begun_request(ServerProcess.send_signal_to_all, signal.SIGINT)

    def test_service_manager(self) -> None:
        """So it is when a service manager sends SIGTERM to every process."""
        self.check_begun_request(ServerProcess.send_signal_to_all, signal.SIGTERM)

    def test_begun_request(self) -> None:
        """A request that has begun may be completed."""
        self.check_begun_request(ServerProcess.send_signal, signal.SIGTERM)

    def check_begun_request(self, send_signal: object, number: int) -> None:
        server = self.start(NO_HURRY)
        clients = [self.connect(server) for _ in range(8)]
        for client in clients:
            client.ask(LIST)
            client.send(LIST[:10])
        let_it_work(server)
        send_signal(server, number)  # type: ignore[operator]
        # Each process closes its listener when it begins to stop.
        wait_until(lambda: is_closed(server.address))
        for client in clients:
            reply = client.ask(LIST[10:])
            self.assertEqual((reply.status, reply.headers["connection"]), (200, "close"))
            self.assertTrue(client.at_end())
            client.close()
        server.wait()

    def test_under_load(self) -> None:
        """Under load every request is answered, or refused before it was sent."""
        server = self.start(NO_HURRY)
        level_id, scores = 7, []
        failures: list[str] = []
        enough = threading.Event()

        def play(user_id: int) -> None:
            best = 0
            try:
                for score in range(1, 100_000):
                    best = self.play_once(server, level_id, user_id, score) or best
                    if score == 20:
                        enough.set()
            except (ConnectionRefusedError, _SentAway):
                scores.append(best)
            except Exception as error:
                failures.append(repr(error))

        threads = [threading.Thread(target=play, args=(user_id,)) for user_id in range(CLIENTS)]
        for thread in threads:
            thread.start()
        self.assertTrue(enough.wait(3 * PATIENCE))
        server.stop()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(failures, [])
        self.assertEqual(len(scores), CLIENTS)

    def play_once(self, server: ServerProcess, level_id: int, user_id: int, score: int) -> int:
        """A login and a score on a connection of their own; the score if it was taken."""
        with server.client() as client:
            try:
                reply = client.ask(request_bytes("GET", f"/{user_id}/login"))
            except ConnectionResetError:
                # The kernel let it in between the last accept and the close of the listener.
                raise _SentAway from None
            self.assertEqual(reply.status, 200)
            if reply.headers.get("connection") == "close":
                raise _SentAway
            target = f"/{level_id}/score?sessionkey={reply.body.decode()}"
            reply = client.ask(request_bytes("POST", target, b"%d" % score))
            self.assertEqual(reply.status, 200)
            return score

    def test_twice(self) -> None:
        """A second signal ends the server at once, whoever has still to be answered."""
        server = self.start(NO_HURRY)
        client = self.connect(server)
        client.ask(LIST)
        client.send(LIST[:10])
        let_it_work(server)
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: is_closed(server.address))
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.exit_code(), 1)
        self.assertEqual(server.log().count("WARNING"), 1)
        self.assertIn("a second signal: the server ends", server.log())
        server.wait(exit_code=1)

    def test_request_that_does_not_arrive(self) -> None:
        """What has not arrived whole is let go long before its deadline."""
        server = self.start()
        clients = [self.connect(server) for _ in range(2)]
        clients[0].send(LIST[:10])
        clients[1].send(request_bytes("POST", "/1/score", b"15")[:-1])
        let_it_work(server)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.exit_code(6), 0)
        for client in clients:
            self.assertEqual(client.reply().status, 408)
            self.assertTrue(client.at_end())


def let_it_work(server: ServerProcess) -> None:
    """Somebody else is served, and so what came before has been read."""
    for _ in range(4):
        with server.client() as client:
            client.ask(LIST)


class _SentAway(Exception):
    """The server has said that the connection ends."""


class ThreadedTest(StopContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(StopContract):
    """Several processes."""

    flags = ("--max_proc", "2")


del StopContract

if __name__ == "__main__":
    unittest.main()
