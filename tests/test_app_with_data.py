"""The application with a data file: a batch is one transaction."""

from __future__ import annotations

import sqlite3
import threading
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.app import App
from gameserver.assembly import make_services
from gameserver.services import Services
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.engine import SqliteEngine
from gameserver.urls import urlpatterns
from gameserver.web.messages import Request, Response
from gameserver.web.routing import Router, path
from tests.folder import FolderTestCase, limit_size
from tests.support import PATIENCE, Clock, make_request


class DataFileTest(FolderTestCase):
    """A batch is one transaction."""

    def setUp(self) -> None:
        super().setUp()
        engine = SqliteEngine(self.path)
        self.addCleanup(engine.close)
        self.database = engine._database
        self.enterContext(mock.patch.object(self.database, "_clock", Clock()))
        self.sessions = engine.sessions
        router = Router([path("/block", GET=self.block, blocking=True), *urlpatterns])
        self.app = App(router, make_services(engine), engine)
        self.engine = engine

    def block(self, request: Request, services: Services) -> Response:
        """A view that takes as long as `work` does."""
        self.work()
        return Response()

    def score(self, level_id: int, user_id: int, score: int) -> Request:
        key = self.sessions.login(user_id)
        return make_request("POST", f"/{level_id}/score?sessionkey={key}", b"%d" % score)

    def handle(self, *requests: Request) -> list[Response]:
        return self.app.handle(requests)

    def test_one_commit(self) -> None:
        """All scores of a batch are committed together, and before the responses are there."""
        statements: list[str] = []
        self.database.connection.set_trace_callback(statements.append)
        responses = self.handle(*(self.score(1, user_id, 10) for user_id in range(30)))
        self.assertEqual({response.status for response in responses}, {200})
        self.assertEqual(statements.count("COMMIT"), 1)
        self.assertEqual(len(self.rows()), 30)

    def test_reads_its_own_writes(self) -> None:
        """A list in a batch shows the scores that came before it."""
        list_request = make_request("GET", "/1/highscorelist")
        responses = self.handle(list_request, self.score(1, 7, 10), list_request)
        self.assertEqual([response.body for response in responses], [b"", b"", b"7=10"])

    def test_refused_request(self) -> None:
        """A request that is refused leaves the others of its batch alone."""
        bad = make_request("POST", "/1/score?sessionkey=none", b"10")
        responses = self.handle(bad, self.score(1, 7, 10))
        self.assertEqual([response.status for response in responses], [401, 200])
        self.assertEqual(self.rows(), [(1, 7, 10)])

    def test_full(self) -> None:
        """Without room, scores are told to wait, and lists and logins are answered."""
        self.handle(self.score(1, 7, 10))
        limit_size(self.database)
        batch = [
            make_request("GET", "/1/highscorelist"),
            make_request("GET", "/7/login"),
            *(self.score(1, user_id, 99) for user_id in range(1000)),
            make_request("GET", "/1/highscorelist"),
        ]
        with self.assertLogs("gameserver.storage.sqlite.database"):
            responses = self.handle(*batch)
        expected = [200, 200, *[503] * 1000, 200]
        self.assertEqual([response.status for response in responses], expected)
        self.assertEqual(responses[2].headers, (("Retry-After", "1"),))
        self.assertEqual([responses[0].body, responses[-1].body], [b"7=10", b"7=10"])
        self.assertEqual([r.status for r in self.handle(*batch[:3])], [200, 200, 503])

    def test_blocking(self) -> None:
        """A request that may block does not hold the database while it does."""
        inside, go_on = threading.Event(), threading.Event()

        def work() -> None:
            inside.set()
            go_on.wait(PATIENCE)
            with self.engine.batch():
                self.engine.scores.submit(2, 7, 10)

        self.work = work
        thread = threading.Thread(target=self.handle, args=(self.blocking(),))
        thread.start()
        inside.wait(PATIENCE)
        self.assertEqual(self.handle(self.score(1, 7, 10))[0].status, 200)
        self.assertEqual(self.rows(), [(1, 7, 10)])
        go_on.set()
        thread.join(PATIENCE)
        self.assertEqual(self.rows(), [(1, 7, 10), (2, 7, 10)])

    def test_full_while_blocking(self) -> None:
        """A request that may block and finds no room is told to wait."""
        limit_size(self.database)

        def work() -> None:
            with self.database.transaction() as connection:
                connection.execute("INSERT INTO secret VALUES ('big', zeroblob(100000))")

        self.work = work
        with self.assertLogs("gameserver.storage.sqlite.database"):
            self.assertEqual(self.handle(self.blocking())[0].status, 503)

    def blocking(self) -> Request:
        return Request("GET", "/block", "", {}, b"", "", self.app.router.resolve("GET", "/block"))

    def test_close(self) -> None:
        """Closing the application leaves the data file alone."""
        self.handle(self.score(1, 7, 10))
        self.app.close()
        self.assertEqual(list(self.files()), ["game.db"])
        with self.assertRaises(sqlite3.ProgrammingError):
            self.handle()
        Database(self.path).close()


if __name__ == "__main__":
    unittest.main()
