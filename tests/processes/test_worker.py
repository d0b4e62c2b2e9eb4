"""A worker whose owner takes its time."""

from __future__ import annotations

import threading
import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.processes import lines
from gameserver.processes.address import make_address
from gameserver.processes.manager import Manager
from gameserver.processes.remote import ApplicationService, RemoteApplication
from gameserver.processes.worker import RemoteWorker
from gameserver.server.base import ServerOptions
from gameserver.server.listeners import open_listeners
from gameserver.urls import error_formats, urlpatterns
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router, path
from tests.raw_client import Client, request_bytes
from tests.support import PATIENCE, make_app, make_request, wait_until

LIST = request_bytes("GET", "/1/highscorelist")
SLOW = request_bytes("GET", "/slow")
PATIENT = request_bytes("GET", "/patient")
NOWHERE = request_bytes("GET", "/nowhere")


class WorkerTest(unittest.TestCase):
    """A worker in a thread, with the server of an owner in another one."""

    def setUp(self) -> None:
        self.gate = threading.Event()
        self.addCleanup(self.gate.set)
        self.entered = threading.Semaphore(0)
        self.enterContext(mock.patch.object(lines, "ANSWER_SECONDS", PATIENCE))
        self.enterContext(mock.patch.object(lines, "NOTE_SECONDS", PATIENCE))
        routes = [
            path("/slow", GET=self.slow),
            path("/patient", GET=self.slow, blocking=True),
            *urlpatterns,
        ]
        self.router = Router(routes, error_formats)
        address = make_address()
        self.addCleanup(address.remove)
        manager = Manager(address.name, b"secret")
        service = ApplicationService(make_app(routes=self.router))
        server = manager.make_server(service.answer)
        threading.Thread(target=server.accepter, daemon=True).start()
        app = RemoteApplication(self.router, manager.open_line)
        self.worker = RemoteWorker(app, open_listeners("127.0.0.1", 0), ServerOptions())
        thread = threading.Thread(target=self.worker.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(self.worker.server_close)
        self.addCleanup(thread.join, PATIENCE)
        self.addCleanup(self.worker.stop)
        self.addCleanup(self.gate.set)
        self.client, self.other = self.connect(), self.connect()

    def connect(self) -> Client:
        return self.enterContext(Client(("127.0.0.1", self.worker.port)))

    def slow(self, request: Request, services: object) -> Response:
        self.entered.release()
        self.gate.wait(PATIENCE)
        return Response(body=b"slow")

    def hold_up(self) -> None:
        """The owner is at work on a request, and the worker waits for it."""
        self.client.send(SLOW)
        self.assertTrue(self.entered.acquire(timeout=PATIENCE))

    def test_known_answers(self) -> None:
        """While the worker waits it answers what needs no owner, to newcomers as well."""
        self.hold_up()
        for client in (self.other, self.other, self.connect()):
            self.assertEqual(client.ask(NOWHERE).status, 404)
        self.assertTrue(self.client.is_quiet())
        self.gate.set()
        self.assertEqual(self.client.reply().body, b"slow")

    def test_held(self) -> None:
        """What needs the owner is answered behind, each connection in order."""
        self.hold_up()
        self.client.send(NOWHERE)
        third = self.connect().send(PATIENT + NOWHERE)
        self.other.send(NOWHERE + LIST + NOWHERE)
        self.assertEqual(self.connect().ask(NOWHERE).status, 404)
        self.assertTrue(self.other.is_quiet())
        self.gate.set()
        self.assertEqual([self.client.reply().status for _ in range(2)], [200, 404])
        self.assertEqual([self.other.reply().status for _ in range(3)], [404, 200, 404])
        self.assertEqual([third.reply().status for _ in range(2)], [200, 404])
        self.assertEqual(self.other.ask(LIST).status, 200)

    def test_gone(self) -> None:
        """Clients that leave meanwhile are forgotten."""
        self.hold_up()
        self.other.send(LIST)
        self.other.close()
        self.client.close()
        late = self.connect()
        self.assertEqual(late.ask(NOWHERE).status, 404)
        self.gate.set()
        self.assertEqual(late.ask(LIST).status, 200)
        wait_until(lambda: len(self.worker._connections) == 1)

    def test_known_answers_first(self) -> None:
        """In a batch, too, what needs no owner is sent before the owner is asked for the rest."""
        events: list[Any] = []

        def handle(requests: list[Request]) -> list[Response]:
            events.append([request.path for request in requests])
            return [Response()] * len(requests)

        app = mock.Mock(router=self.router, handle=handle)
        worker = RemoteWorker(app, open_listeners("127.0.0.1", 0), ServerOptions())
        self.addCleanup(worker.server_close)
        pending = []
        for target in ("/1/highscorelist", "/nowhere", "/2/highscorelist", "/nothing"):
            connection = mock.Mock()
            connection.respond = lambda *_, target=target: events.append(target)
            pending.append((connection, [make_request("GET", target)]))
        worker._answer(pending)
        self.assertEqual(
            events,
            [
                ["/nowhere", "/nothing"], "/nowhere", "/nothing",
                ["/1/highscorelist", "/2/highscorelist"], "/1/highscorelist", "/2/highscorelist",
            ],
        )  # fmt: skip


if __name__ == "__main__":
    unittest.main()
