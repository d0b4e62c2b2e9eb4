"""Bodies: their data, their limits, and where they end."""

from __future__ import annotations

import random
import unittest

from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import CLOSED, RequestReader
from gameserver.web.messages import Match
from tests.http11.cases import CHUNKED, HOST, head, list_with

LIMIT = 65536


def resolve(method: str, path: str, origin: str) -> Match:
    """Everything takes a body of up to 64 KiB."""
    return Match(takes_body=method == "POST", body_limit=LIMIT)


def post(*fields: str) -> bytes:
    return head("POST /a HTTP/1.1", HOST, *fields)


class BodyTest(unittest.TestCase):
    """Bodies that arrive in pieces."""

    def setUp(self) -> None:
        self.reader = RequestReader(HeadReader(resolve))
        self.chance = random.Random(3)

    def feed_in_pieces(self, data: bytes) -> list[bytes]:
        """The bodies that are complete when all of the data has arrived."""
        bodies = []
        while data:
            size = self.chance.choice((1, 2, 3, 100, 5000))
            bodies += [request.body for request in self.reader.feed(data[:size])]
            data = data[size:]
        return bodies

    def chunked(self, body: bytes) -> bytes:
        """The body in chunks of random sizes, with random extensions and trailers."""
        parts = []
        while body:
            size = self.chance.choice((1, 2, 17, 1000, 4096))
            piece, body = body[:size], body[size:]
            extension = self.chance.choice((b"", b";a", b";a=b", b';a="\\"\r"'.replace(b"\r", b"")))
            parts.append(b"%X%b\r\n%b\r\n" % (len(piece), extension, piece))
        trailers = self.chance.choice((b"", b"X-A: 1\r\n"))
        return b"".join([*parts, b"0\r\n", trailers, b"\r\n"])

    def test_bodies_in_a_row(self) -> None:
        """Bodies with a length and chunked ones follow each other without a gap."""
        bodies = [self.chance.randbytes(self.chance.randrange(20000)) for _ in range(30)]
        data = b"".join(
            post(CHUNKED) + self.chunked(body)
            if self.chance.random() < 0.5
            else post(f"Content-Length: {len(body)}") + body
            for body in bodies
        )
        self.assertEqual(self.feed_in_pieces(data), bodies)
        self.assertIsNone(self.reader.error)

    def test_largest(self) -> None:
        """The limit itself is allowed, whichever way the body is framed."""
        body = bytes(LIMIT)
        self.assertEqual(self.feed_in_pieces(post(f"Content-Length: {LIMIT}") + body), [body])
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (LIMIT, body)
        self.assertEqual(self.feed_in_pieces(post(CHUNKED) + chunk), [body])

    def test_too_large(self) -> None:
        """One byte more is refused before a byte of it is read."""
        for data in [
            post(f"Content-Length: {LIMIT + 1}"),
            post(CHUNKED) + b"%x\r\n" % (LIMIT + 1),
            post(CHUNKED) + b"1\r\na\r\n%x\r\n" % LIMIT,
        ]:
            reader = RequestReader(HeadReader(resolve))
            self.assertEqual(reader.feed(data), [])
            self.assertEqual(reader.error and reader.error.status, 413)
            self.assertTrue(reader.state == CLOSED and reader.unread)

    def test_cut_off(self) -> None:
        """A body is no request before its last byte is there, its last line end included."""
        for data in [post("Content-Length: 4") + b"1500",
                     post(CHUNKED) + b"4\r\n1500\r\n0\r\nX-A: 1\r\n\r\n"]:  # fmt: skip
            for end in range(len(data)):
                reader = RequestReader(HeadReader(resolve))
                self.assertEqual(reader.feed(data[:end]), [])
                self.assertIsNone(reader.error)
                self.assertEqual(len(reader.feed(data[end:])), 1)

    def test_tiny_chunks(self) -> None:
        """A body in thousands of one-byte chunks is too costly to read on."""
        self.reader.feed(post(CHUNKED) + b"1\r\na\r\n" * 40000)
        self.assertEqual(self.reader.error and self.reader.error.status, 413)

    def test_unwanted(self) -> None:
        """What a request without a use for a body sends along does not become a request."""
        inner = list_with()
        data = list_with(f"Content-Length: {len(inner)}") + inner + list_with()
        self.assertEqual(self.feed_in_pieces(data), [inner, b""])

    def test_trailers_are_dropped(self) -> None:
        """A field behind the last chunk never becomes a header."""
        data = post(CHUNKED) + b"1\r\na\r\n0\r\nX-Late: 1\r\n\r\n"
        (request,) = self.reader.feed(data)
        self.assertNotIn("x-late", request.headers)


if __name__ == "__main__":
    unittest.main()
