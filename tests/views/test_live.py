"""What watchers are told of boards."""

from __future__ import annotations

import json
import unittest
from dataclasses import replace
from typing import Any

from gameserver.times import DAY, SECOND
from gameserver.web.event_stream import event_id
from gameserver.web.messages import Request
from tests.support import router
from tests.views.world import Reply, World

MANY = ",".join(map(str, range(101)))


class LiveTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()
        self.world.fill(7, 3)

    def open(self, levels: str, last: str = "") -> Reply:
        fields = {"last_event_id": last} if last else {}
        return self.world.get(f"/api/live?levels={levels}", **fields)

    def ask_again(self, versions: dict[int, str]) -> Reply:
        """What has changed since, as the front end asks for it."""
        captures = tuple(each for pair in versions.items() for each in pair)
        match = replace(router.resolve("GET", "/api/live"), captures=captures)
        return Reply(self.world.app.handle([Request("", "", "", {}, b"", "", match)])[0])

    def versions(self, reply: Reply) -> dict[int, str]:
        """The versions that are in an answer, by level."""
        self.assertEqual(reply.status, 200, reply.body)
        return {int(level): str(version) for level, version, _ in self.parts(reply)}

    def parts(self, reply: Reply) -> list[tuple[Any, ...]]:
        return list(zip(*[iter(reply.more)] * 3, strict=True))

    def boards(self, reply: Reply) -> dict[int, Any]:
        """The boards that are in an answer, by level."""
        boards, at = {}, 0
        for level_id, _, size in self.parts(reply):
            event = reply.body[at : at + size].decode()
            at += size
            if event:
                name, data = event.split("\n", 1)
                self.assertEqual(name, "event: board")
                lines = [line.removeprefix("data: ") for line in data.splitlines()]
                boards[level_id] = json.loads("\n".join(lines))
        self.assertEqual(at, len(reply.body))
        return boards

    def test_first(self) -> None:
        """A client gets the board of each level, as it can be read, of levels never played too."""
        reply = self.open("7,9")
        self.assertEqual(reply.content_type, "text/event-stream")
        self.assertEqual(reply.headers, {"X-Accel-Buffering": "no"})
        expected = {level: self.world.get(f"/api/levels/{level}").json for level in (7, 9)}
        self.assertEqual(self.boards(reply), expected)
        self.assertEqual(list(self.boards(reply)), [7, 9])

    def test_news(self) -> None:
        """Only what has changed is answered later."""
        versions = self.versions(self.open("7,8,9"))
        reply = self.ask_again(versions)
        self.assertEqual((reply.status, reply.body, reply.more), (200, b"", ()))
        self.world.post(8, 1, 5)
        reply = self.ask_again(versions)
        self.assertEqual(self.boards(reply), {8: self.world.get("/api/levels/8").json})
        versions |= self.versions(reply)
        self.assertEqual(self.ask_again(versions).more, ())

    def test_forced(self) -> None:
        """An unknown version is never the newest."""
        self.assertEqual(list(self.boards(self.ask_again({7: "", 8: "?"}))), [7, 8])

    def test_resume(self) -> None:
        """Who comes back gets what has changed since, and is told the versions of all."""
        versions = self.versions(self.open("7,8"))
        reply = self.open("7,8", event_id(versions))
        self.assertEqual((reply.body, self.versions(reply)), (b"", versions))
        self.world.post(7, 1, 500)
        reply = self.open("7,8", event_id(versions))
        self.assertEqual(list(self.boards(reply)), [7])
        self.assertEqual(list(self.versions(reply)), [7, 8])

    def test_resume_elsewhere(self) -> None:
        """An id of another start, of other levels, or none of ours is of no use."""
        versions = self.versions(self.open("7,8"))
        other = World()
        other.fill(7, 3)
        elsewhere = Reply(other.get("/api/live?levels=7,8").response)
        for last in (event_id(self.versions(elsewhere)), "5", "\u00e9", "0:0-0-3-0-0~0@7"):
            self.assertEqual(list(self.boards(self.open("7,8", last))), [7, 8])
        swapped = event_id({7: versions[8], 8: versions[7]})
        self.assertEqual(list(self.boards(self.open("7,8", swapped))), [7, 8])

    def test_bad_queries(self) -> None:
        """Levels have to be named: different ones, at most 100, and nothing else."""
        for query in (
            "", "?", "?levels=", "?levels=x", "?levels=7,7", f"?levels={MANY}", "?level=7",
            "?levels=7&levels=8", "?levels=7&limit=3", "?levels=-1", "?levels=2147483648",
        ):  # fmt: skip
            with self.subTest(query):
                reply = self.world.get(f"/api/live{query}")
                self.assertEqual(reply.code, (400, "invalid_data"))
                self.assertEqual(reply.more, ())

    def test_same_level_twice(self) -> None:
        """A level whose number is spelled in two ways is one."""
        self.assertEqual(list(self.versions(self.open("7,07"))), [7])

    def test_hidden_and_banned(self) -> None:
        """Who is hidden or banned is not shown, and it is news when they go and come."""
        versions = self.versions(self.open("7"))
        for action, state in (("ban", "unban"), ("hide", "unhide")):
            self.world.manage("POST", f"/api/users/2/{action}")
            reply = self.ask_again(versions)
            self.assertEqual([each["user"] for each in self.boards(reply)[7]["entries"]], [1, 3])
            versions = self.versions(reply)
            self.world.manage("POST", f"/api/users/2/{state}")
            reply = self.ask_again(versions)
            self.assertEqual(len(self.boards(reply)[7]["entries"]), 3)
            versions = self.versions(reply)

    def test_nothing_to_see(self) -> None:
        """What a hidden user posts, or the name of somebody who is not shown, is no news."""
        self.world.configure(8, reset="daily")
        for level_id in (7, 8):
            self.world.post(level_id, 1, 50)
        self.world.manage("POST", "/api/users/2/hide")
        versions = self.versions(self.open("7,8"))
        for level_id in (7, 8):
            self.world.post(level_id, 2, 999)
        self.world.manage("PUT", "/api/users/99", {"name": "Zoe"})
        self.world.clock.now += 60
        for reply in (self.ask_again(versions), self.open("7,8", event_id(versions))):
            self.assertEqual((reply.body, list(self.versions(reply))), (b"", [7, 8]))
            self.assertNotEqual(self.versions(reply), versions)

    def test_names_and_settings(self) -> None:
        """Names and titles are news."""
        versions = self.versions(self.open("7"))
        self.world.manage("PUT", "/api/users/1", {"name": "Ann"})
        reply = self.ask_again(versions)
        self.assertEqual(self.boards(reply)[7]["entries"][0]["name"], "Ann")
        self.world.configure(7, title="Downhill")
        reply = self.ask_again(self.versions(reply))
        self.assertEqual(self.boards(reply)[7]["title"], "Downhill")

    def test_season(self) -> None:
        """The next season is news, though nobody has posted."""
        self.world.configure(8, reset="daily")
        self.world.post(8, 1, 5)
        reply = self.open("8")
        first = self.boards(reply)[8]
        self.assertEqual((first["season"], first["players"]), ("2026-11-21", 1))
        self.assertEqual(self.ask_again(self.versions(reply)).more, ())
        self.world.clock.now += DAY // SECOND
        second = self.boards(self.ask_again(self.versions(reply)))[8]
        self.assertEqual((second["season"], second["players"]), ("2026-11-22", 0))

    def test_metadata_with_line_ends(self) -> None:
        """Metadata goes out as it came in, and its line ends break no event."""
        key = self.world.sessions.login(1)
        body = b'{"score": 9, "meta": {"a":\r\n1,\r"b":\n\n2}}'
        reply = self.world.ask("POST", f"/api/levels/8/scores?sessionkey={key}", body)
        self.assertEqual(reply.status, 200, reply.body)
        board = self.boards(self.open("8"))[8]
        self.assertEqual(board["entries"][0]["meta"], {"a": 1, "b": 2})

    def test_head(self) -> None:
        """HEAD is judged like GET."""
        self.assertEqual(self.world.ask("HEAD", "/api/live?levels=7").status, 200)
        self.assertEqual(self.world.ask("HEAD", "/api/live").status, 400)


if __name__ == "__main__":
    unittest.main()
