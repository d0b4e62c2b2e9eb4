"""Header fields: their values, and what they decide."""

from __future__ import annotations

import unittest
from collections.abc import Mapping

from gameserver.http11.fields import read_fields
from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import CLOSED, RequestReader
from tests.http11.cases import HOST, LIST, head, list_with
from tests.support import router


class FieldTest(unittest.TestCase):
    """How the fields of a head are read."""

    def headers(self, *fields: str) -> Mapping[str, str]:
        lines = ["1", "Host: localhost", *fields, ""]
        return read_fields("\r\n".join(lines)).by_name

    def test_views_see_their_own(self) -> None:
        """A request carries the fields that views read, and no other."""
        fields = (
            "X-Game: a", "Content-Type: text/plain",
            "X-Scoreganizer-Authorization: 1", "x-scoreganizer-authorization:  2 ",
        )  # fmt: skip
        reader = RequestReader(HeadReader(router.resolve))
        request = head("GET /api/token_status HTTP/1.1", "Host: localhost", *fields)
        game, api = reader.feed(list_with(*fields) + request)
        self.assertEqual(dict(game.headers), {})
        self.assertEqual(
            dict(api.headers),
            {"content-type": "text/plain", "x-scoreganizer-authorization": "1, 2"},
        )

    def test_names(self) -> None:
        """Names are in lower case."""
        self.assertEqual(self.headers("X-Game: a")["x-game"], "a")
        self.assertNotIn("X-Game", self.headers("X-Game: a"))

    def test_values(self) -> None:
        """Values come without the white space around them, and otherwise as they were sent."""
        for sent, value in [
            ("X:a", "a"),
            ("X: \t a \t ", "a"),
            ("X: a \t b", "a \t b"),
            ("X:", ""),
            ("X: \t", ""),
            ("X: a:b: c", "a:b: c"),
            ("X: \xa0caf\xe9\x85", "\xa0caf\xe9\x85"),
            ('X: "a, b"', '"a, b"'),
        ]:
            self.assertEqual(self.headers(sent)["x"], value, sent)

    def test_repeated_fields(self) -> None:
        """The values of a repeated field are joined by a comma, in order."""
        self.assertEqual(self.headers("X: b", "Y: c", "x: a", "X:")["x"], "b, a, ")

    def test_field_behind_many(self) -> None:
        """No field gets lost."""
        headers = self.headers(*(f"X-{n}: {n}" for n in range(63)))
        self.assertEqual(len(headers), 64)
        self.assertEqual(headers["x-62"], "62")

    def test_large_block(self) -> None:
        """A header block that is too large to remember is read like a small one."""
        headers = self.headers("X: " + "a" * 8000, "Y: " + "b" * 8000)
        self.assertEqual((len(headers["x"]), len(headers["y"])), (8000, 8000))

    def test_same_block_twice(self) -> None:
        """A block that has been seen means the same again, and its other version does not."""
        block = ("Connection: x",)
        for _ in range(2):
            for version, closing in [("1.1", False), ("1.0", True)]:
                reader = RequestReader(HeadReader(router.resolve))
                reader.feed(head(f"GET /1/highscorelist HTTP/{version}", HOST, *block))
                self.assertEqual(reader.state == CLOSED, closing)

    def test_refused_block_twice(self) -> None:
        """A block that was refused is refused again."""
        for _ in range(2):
            reader = RequestReader(HeadReader(router.resolve))
            self.assertEqual(reader.feed(list_with("X Y: 1")), [])
            self.assertEqual(reader.error and reader.error.status, 400)

    def test_framing_names_with_underscores(self) -> None:
        """No name that a gateway could take for a framing field passes."""
        for name in ["Content_Length", "TRANSFER_ENCODING", "transfer_Encoding"]:
            reader = RequestReader(HeadReader(router.resolve))
            reader.feed(list_with(f"{name}: 0"))
            self.assertEqual(reader.error and reader.error.status, 400, name)


class HostTest(unittest.TestCase):
    """The Host field."""

    def status(self, *fields: str, version: str = "1.1") -> int | None:
        reader = RequestReader(HeadReader(router.resolve))
        reader.feed(head(LIST.replace("1.1", version), *fields))
        return reader.error and reader.error.status

    def test_valid(self) -> None:
        """Names and addresses are hosts, with a port or without."""
        for host in ["a", "a.b", "a-b_c", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535", "a:"]:
            self.assertIsNone(self.status(f"Host: {host}"), host)

    def test_not_valid(self) -> None:
        """What could be read in two ways is no host."""
        for host in ["", "a b", "a/b", "a?b", "a#b", "a@b", "a:b", "a:1:2", "::1", "[::1", "a\\b",
                     "a,b c", "caf\xe9", "[a b]", "a:123456", "[::1]a"]:  # fmt: skip
            self.assertEqual(self.status(f"Host: {host}"), 400, host)

    def test_once(self) -> None:
        """HTTP/1.1 has it exactly once, HTTP/1.0 at most once."""
        self.assertEqual(self.status(), 400)
        self.assertIsNone(self.status(version="1.0"))
        for version in ("1.0", "1.1"):
            self.assertEqual(self.status("Host: a", "Host: a", version=version), 400)


if __name__ == "__main__":
    unittest.main()
