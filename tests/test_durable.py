"""The application with a data file."""

from __future__ import annotations

import sqlite3
import threading
import unittest

from gameserver.app import Game
from gameserver.assembly import make_game
from gameserver.durable import DurableApp
from gameserver.messages import Match, Request, Response
from gameserver.settings import Settings
from gameserver.storage.database import Database
from tests.folder import FolderTestCase, limit_size
from tests.support import PATIENCE, Clock, make_request


class DurableAppTest(FolderTestCase):
    """A batch is one transaction."""

    def setUp(self) -> None:
        super().setUp()
        self.database = self.open(clock=Clock())
        game = make_game(Settings(data=self.path), self.database)
        self.sessions = game.sessions
        self.app = DurableApp(self.database, game)

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
        with self.assertLogs("gameserver.storage.database"):
            responses = self.handle(*batch)
        expected = [200, 200, *[503] * 1000, 200]
        self.assertEqual([response.status for response in responses], expected)
        self.assertEqual(responses[2].headers, (("Retry-After", "1"),))
        self.assertEqual([responses[0].body, responses[-1].body], [b"7=10", b"7=10"])
        self.assertEqual([r.status for r in self.handle(*batch[:3])], [200, 200, 503])

    def test_blocking(self) -> None:
        """A request that may block does not hold the database while it does."""
        inside, go_on = threading.Event(), threading.Event()

        def view(request: Request, game: Game) -> Response:
            inside.set()
            go_on.wait(PATIENCE)
            game.scores.submit(2, 7, 10)
            return Response()

        request = Request("GET", "/", "", {}, b"", "", Match(view, blocking=True))
        thread = threading.Thread(target=self.handle, args=(request,))
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

        def view(request: Request, game: Game) -> Response:
            with self.database.transaction() as connection:
                connection.execute("INSERT INTO secret VALUES ('big', zeroblob(100000))")
            return Response()

        request = Request("GET", "/", "", {}, b"", "", Match(view, blocking=True))
        with self.assertLogs("gameserver.storage.database"):
            self.assertEqual(self.handle(request)[0].status, 503)

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
