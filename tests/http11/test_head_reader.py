"""The memo of heads: it answers what a reader without one does, whatever it has seen before."""

from __future__ import annotations

import random
import unittest
from collections.abc import Iterator
from typing import Any

from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import RequestReader
from gameserver.web.errors import HTTPError
from gameserver.web.messages import Match, Response
from tests.http11.cases import ALL

HEADS = [
    b"GET /1/login HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /1/login?a=b HTTP/1.1\r\nHost: a\r\nAccept: */*?q\r\n\r\n",
    b"POST /1/score?sessionkey=0%41? HTTP/1.0\r\nContent-Length: 0\r\nX: ? HTTP/1.1\r\n\r\n",
]
QUESTIONABLE = [
    b"GET?T /a HTTP/1.1", b"GET ?T HTTP/1.1", b"?", b"? ", b" ?", b"GET ? HTTP/1.1",
    b"?GET /a HTTP/1.1", b"GET /a?T\rHTTP/1.1", b"GET /a?b\rc HTTP/1.1", b"GET /a?b\r\nc HTTP/1.1",
    b"GET /a\r?b HTTP/1.1", b"GET /a\r\n?b HTTP/1.1", b"GET /a HTTP/1.1?", b"GET /a HTTP?/1.1",
    b"GET /a ?b HTTP/1.1", b"GET /a? b HTTP/1.1", b"GET /a?b  HTTP/1.1", b"GET  /a?b HTTP/1.1",
    b"GET /a?b?c HTTP/1.1", b"GET /a?%4 HTTP/1.1", b"GET /a?#b HTTP/1.1", b"GET /a?\\ HTTP/1.1",
    b"GET /a?b", b"GET /a?b HTTP/1.1 ", b"GET http://a/a?b HTTP/1.1", b"OPTIONS *?b HTTP/1.1",
    b"OPTIONS * HTTP/1.1", b"GET a?b HTTP/1.1", b"\r\nGET /a?b HTTP/1.1", b"GET /a?\xe9 HTTP/1.1",
    b"GET /a?b HTTP/1.2", b"GET /a?b HTTP/2.0", b"GET\t/a?b HTTP/1.1", b"GET /a?b\tHTTP/1.1",
]  # fmt: skip
"""Request lines with a question mark where a memo without queries could go wrong."""


def resolve(method: str, path: str, origin: str) -> Match:
    """A match that tells apart what was asked for."""
    return Match(f"{method} {path}", takes_body=method == "POST", body_limit=100)


class WithoutMemo(HeadReader):
    """The same judgement, made anew each time."""

    def read(self, data: bytes, start: int, end: int) -> tuple[Any, str]:
        return self._read(data[start : end + 2].decode("latin-1"))


def outcome(heads: HeadReader, data: bytes) -> tuple[Any, ...]:
    """Everything that a reader makes of the bytes."""
    reader = RequestReader(heads)
    requests = reader.feed(data)
    error = reader.error and (reader.error.status, str(reader.error))
    return requests, error, reader.state, reader.connection, reader.head_only, reader.unread


def changed(data: bytes) -> Iterator[bytes]:
    """The data with one byte changed, left out or put in, at every place."""
    for at in range(len(data)):
        yield data[:at] + data[at + 1 :]
        for byte in b"? \r\n\t/%:#\0A1\x80":
            yield data[:at] + bytes([byte]) + data[at + 1 :]
            yield data[:at] + bytes([byte]) + data[at:]


class MemoTest(unittest.TestCase):
    """A reader that has seen heads before, beside one that remembers none."""

    def setUp(self) -> None:
        self.memo, self.plain = HeadReader(resolve), WithoutMemo(resolve)

    def check(self, data: bytes) -> None:
        expected = outcome(self.plain, data)
        for _ in range(2):  # what is remembered of the first time has to be right, too
            self.assertEqual(outcome(self.memo, data), expected, data)

    def test_one_byte_changed(self) -> None:
        """However a head differs from one that is remembered, it is judged by itself."""
        for head in HEADS:
            with self.subTest(head=head):
                for data in changed(head):
                    self.memo = HeadReader(resolve)
                    outcome(self.memo, head)
                    self.check(data)

    def test_every_byte(self) -> None:
        """So it is for every value of a byte of the request line, with one memo for all."""
        for head in HEADS:
            outcome(self.memo, head)
            for at in range(head.index(b"\r")):
                for byte in range(256):
                    self.check(head[:at] + bytes([byte]) + head[at + 1 :])

    def test_questionable(self) -> None:
        """A question mark is a query's only within the target."""
        for line in QUESTIONABLE:
            for end in (b"\r\nHost: a\r\n\r\n", b"\r\nHost: a\r\nX: ?\r\n\r\n", b"\r\n\r\n"):
                with self.subTest(line=line, end=end):
                    self.check(line + end)

    def test_written_cases(self) -> None:
        """The written cases, one after the other, with one memo for all."""
        for case in ALL:
            with self.subTest(case.name):
                self.check(case.data)

    def test_refused(self) -> None:
        """The lines that are none are refused, and not just the same way twice."""
        for line in (b"GET?T /a HTTP/1.1", b"GET ?T HTTP/1.1", b"?", b"GET /a?b\rc HTTP/1.1"):
            with self.subTest(line=line):
                data = line + b"\r\nHost: a\r\n\r\n"
                self.assertEqual(outcome(self.memo, data)[:2], outcome(self.plain, data)[:2])
                requests, error, *_ = outcome(self.memo, data)
                self.assertEqual((requests, error and error[0] in (400, 501)), ([], True))

    def test_random_lines(self) -> None:
        """Lines put together from what matters, with one memo for all."""
        chance = random.Random(9)
        words = [b"?", b" ", b"/", b"GET", b"a", b"\r", b"\r\n", b" HTTP/1.1", b"%41", b"GET /a?b"]
        for _ in range(5000):
            line = b"".join(chance.choices(words, k=chance.randint(1, 9)))
            self.check(line + b"\r\nHost: a\r\n\r\n")


class ReadTest(unittest.TestCase):
    def test_error_each_time(self) -> None:
        """An error is not remembered with what was being read when it was first found."""
        heads = HeadReader(resolve)
        data = b"GET /a HTTP/1.1\r\nHost: a b\r\n\r\n"
        errors = []
        for _ in range(2):
            with self.assertRaises(HTTPError) as caught:
                heads.read(data, 0, len(data) - 4)
            errors.append(caught.exception)
        self.assertIsNot(*errors)

    def test_known_answers(self) -> None:
        """An answer that is known, with an ETag, is 304 to those who have it already."""
        answer = Response(200, b"file", headers=(("Cache-Control", "max-age=1"),), etag='"1"')
        heads = HeadReader(lambda *_: Match(answer=answer))
        not_modified = Response(304, headers=answer.headers, etag='"1"')
        for condition, expected in (
            ("", answer),
            ('If-None-Match: "2"\r\n', answer),
            ('If-None-Match: "2", W/"1"\r\n', not_modified),
            ("If-None-Match: *\r\n", not_modified),
        ):
            for target in ("/a", "/a?b"):
                data = f"GET {target} HTTP/1.1\r\nHost: a\r\n{condition}\r\n".encode()
                with self.subTest(condition=condition, target=target):
                    head, _ = heads.read(data, 0, len(data) - 4)
                    self.assertEqual(head.match.answer, expected)


if __name__ == "__main__":
    unittest.main()
