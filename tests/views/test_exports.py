"""Boards as CSV."""

from __future__ import annotations

import csv
import io
import unittest

from gameserver.views.exports import CHUNK_LINES
from tests.views.world import World


class ExportTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()

    def rows(self, target: str) -> list[list[str]]:
        text = b"".join(chunk.body for chunk in self.world.chunks(target)).decode()
        return list(csv.reader(io.StringIO(text, newline=""), strict=True))

    def test_board(self) -> None:
        """All lines in rank order, in chunks of bounded size."""
        count = 2 * CHUNK_LINES + 1
        self.world.fill(7, count)
        head, *rows = self.rows("/api/levels/7.csv")
        self.assertEqual(head, ["rank", "user", "name", "score"])
        expected = [[str(n), str(n), "", str(10 * (count - n + 1))] for n in range(1, count + 1)]
        self.assertEqual(rows, expected)
        self.assertEqual(len(self.world.chunks("/api/levels/7.csv")), 3)

    def test_moving_board(self) -> None:
        """A line that does not move is there once, whatever happens meanwhile."""
        self.world.fill(7, 2 * CHUNK_LINES)
        first = self.world.get("/api/levels/7.csv")
        self.world.scores.submit(7, 9999, 10**6)
        self.world.scores.submit(7, 2 * CHUNK_LINES, 10**6)
        self.assertTrue(first.more)
        users = [row[1] for row in self.rows("/api/levels/7.csv")[1:]]
        self.assertEqual(len(users), len(set(users)))

    def test_cells(self) -> None:
        """Names are quoted as RFC 4180 has it, and none is a formula."""
        names = ["a,b", 'say "x"', "=1+1", "+1", "-1", "@x", "plain", "=a,b"]
        for user_id, name in enumerate(names):
            self.world.scores.rename(user_id, name)
            self.world.scores.submit(7, user_id, 100 - user_id)
        shown = [row[2] for row in self.rows("/api/levels/7.csv")[1:]]
        expected = [f"'{name}" if name[0] in "=+-@" else name for name in names]
        self.assertEqual(shown, expected)
        self.assertIn(b'1,0,"a,b",100\r\n', self.world.get("/api/levels/7.csv").body)

    def test_times(self) -> None:
        """Levels that keep times have a column for them."""
        self.world.configure(7, times=True)
        self.world.post(7, 1, 5)
        expected = [["rank", "user", "name", "score", "at"], ["1", "1", "", "5",
                    "2026-11-21T10:30:00Z"]]  # fmt: skip
        self.assertEqual(self.rows("/api/levels/7.csv"), expected)

    def test_head(self) -> None:
        """It is a file of its own name; a wrong query or season is an error."""
        reply = self.world.get("/api/levels/7.csv")
        self.assertEqual(reply.headers["Content-Disposition"], 'attachment; filename="7.csv"')
        self.assertEqual(reply.content_type, "text/csv; charset=utf-8; header=present")
        self.assertEqual(self.world.get("/api/levels/7.csv?limit=1").status, 400)
        self.assertEqual(self.world.get("/api/levels/7.csv?season=x").status, 404)
        self.assertEqual(self.world.get("/api/levels/x.csv").status, 400)


if __name__ == "__main__":
    unittest.main()
