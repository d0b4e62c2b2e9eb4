"""The reader: what a byte sequence leads to, however it is split."""

from __future__ import annotations

import random
import re
import unittest
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import BLOCKED, CLOSED, IDLE, IN_BODY, IN_HEAD, RequestReader
from gameserver.web.messages import Match
from tests.http11.cases import (
    ACCEPTED,
    ALL,
    LARGE,
    LIST_REQUEST,
    REFUSED,
    Case,
    head,
    list_with,
    score_with,
)
from tests.support import router


def read(*pieces: bytes) -> tuple[Any, ...]:
    """Everything that can be seen of a reader that was fed the pieces."""
    reader = RequestReader(HeadReader(router.resolve))
    requests = [request for piece in pieces for request in reader.feed(piece)]
    return (
        tuple((request.method, request.path, request.body) for request in requests),
        reader.error and reader.error.status,
        reader.state == CLOSED,
        reader.state,
        reader.connection,
    )


def single_bytes(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


class CaseTest(unittest.TestCase):
    """The table of cases, each fed in many ways."""

    def check(self, cases: Iterable[Case], *ways: Any) -> None:
        for case in cases:
            with self.subTest(case.name):
                expected = read(case.data)
                self.assertEqual(expected[:3], (case.requests, case.error, case.closing))
                for way in ways:
                    for pieces in way(case.data):
                        self.assertEqual(read(*pieces), expected)

    def test_names(self) -> None:
        """Every case has a name of its own."""
        self.assertEqual(len({case.name for case in ALL}), len(ALL))

    def test_accepted(self) -> None:
        """What is valid is read: whole, byte by byte, and split at every place."""
        self.check(ACCEPTED, lambda data: [single_bytes(data)], two_pieces)

    def test_refused(self) -> None:
        """What is not valid is refused with its status, however it is split."""
        self.check(REFUSED, lambda data: [single_bytes(data)], two_pieces)

    def test_limits(self) -> None:
        """A limit is at the same place for heads and bodies in pieces of any size."""
        self.check(LARGE, lambda data: (pieces_of(data, size) for size in (17, 1000, 4096)))

    def test_limits_at_random_splits(self) -> None:
        """A limit is at the same place wherever the bytes are split."""
        chance = random.Random(1)
        self.check(
            LARGE,
            lambda data: (
                split_at(data, *chance.sample(range(len(data)), 3)) for _ in range(20)
            ),
        )


def two_pieces(data: bytes) -> Iterator[tuple[bytes, ...]]:
    return (split_at(data, place) for place in range(1, len(data)))


def split_at(data: bytes, *places: int) -> tuple[bytes, ...]:
    marks = [0, *sorted(places), len(data)]
    return tuple(data[start:end] for start, end in pairwise(marks))


# The grammar of one request without a body, written down a second time. Only HTTP/1.0 does
# without Host, which has a grammar of its own.
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TARGET = rb"/(?:[!\"$&-\[\]-~]|%[0-9A-Fa-f]{2})*"
_VALUE = rb"[ \t]*(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?[ \t]*"
_GRAMMAR = re.compile(
    rb"(?P<method>" + _TOKEN + rb") " + _TARGET + rb" HTTP/1\.0\r\n"
    rb"(?:" + _TOKEN + rb":" + _VALUE + rb"\r\n)*\r\n"
)


class GrammarTest(unittest.TestCase):
    """A head with one byte changed, judged by a second reading of the grammar."""

    HEAD = b"PUT /a?b=%20 HTTP/1.0\r\nX-Host: c\r\nAccept: \t*/*\r\n\r\n"

    def test_every_byte_at_every_place(self) -> None:
        """A head is a request exactly if it follows the grammar."""
        for place in range(len(self.HEAD)):
            for byte in range(256):
                changed = self.HEAD[:place] + bytes([byte]) + self.HEAD[place + 1 :]
                if changed.count(b"\r\n") == self.HEAD.count(b"\r\n"):
                    self.judge(changed)

    def judge(self, data: bytes) -> None:
        requests, error, closing, *_ = read(data)
        valid = _GRAMMAR.fullmatch(data)
        if not valid:
            self.assertEqual((requests, error in (400, 505), closing), ((), True, True), data)
        elif valid["method"] == b"PUT":
            self.assertEqual((len(requests), error), (1, None), data)
        else:
            self.assertEqual((requests, error), ((), 501), data)

    def test_random_bytes(self) -> None:
        """Noise is refused or not yet complete, and never read in two ways."""
        chance = random.Random(2)
        words = [b"\r\n", b"GET ", b"/", b" HTTP/1.1", b"Host: a", b"\n", b"\0", b":", b" "]
        for _ in range(2000):
            data = b"".join(chance.choices([*words, chance.randbytes(1)], k=12))
            self.assertEqual(read(data), read(*single_bytes(data)), data)


class StateTest(unittest.TestCase):
    """What a reader waits for, and what it tells its connection."""

    def setUp(self) -> None:
        self.reader = RequestReader(HeadReader(router.resolve))

    def test_states(self) -> None:
        """A reader waits for a request, then for the rest of its head, then for its body."""
        feed, reader = self.reader.feed, self.reader
        self.assertEqual(reader.state, IDLE)
        data = score_with("Content-Length: 2")
        feed(data[:1])
        self.assertEqual(reader.state, IN_HEAD)
        feed(data[1:])
        self.assertEqual(reader.state, IN_BODY)
        feed(b"1")
        self.assertEqual(reader.state, IN_BODY)
        self.assertEqual(len(feed(b"2")), 1)
        self.assertEqual(reader.state, IDLE)

    def test_next_head_begun(self) -> None:
        """Behind a complete request the beginning of another one is waited for."""
        self.assertEqual(len(self.reader.feed(list_with() + b"G")), 1)
        self.assertEqual(self.reader.state, IN_HEAD)

    def test_body_limit(self) -> None:
        """While a body is read its largest size is known."""
        self.reader.feed(score_with("Content-Length: 1000"))
        self.assertEqual(self.reader.body_limit, 1000)

    def test_values(self) -> None:
        """A request carries method, path, query, headers, body and the match of its path."""
        data = head(
            "POST /7/score?sessionkey=a&x HTTP/1.1", "Host: h",
            "Content-Length: 1",
        )  # fmt: skip
        (request,) = self.reader.feed(data + b"9")
        found = (request.method, request.path, request.query)
        self.assertEqual(found, ("POST", "/7/score", "sessionkey=a&x"))
        self.assertEqual(request.body, b"9")
        self.assertEqual(request.match, router.resolve("POST", "/7/score"))

    def test_nothing_after_the_end(self) -> None:
        """After the last request and after an error everything is ignored."""
        for last in (list_with("Connection: close"), b"\0"):
            reader = RequestReader(HeadReader(router.resolve))
            reader.feed(last)
            self.assertEqual(reader.feed(list_with()), [])
            self.assertTrue(reader.state == CLOSED)

    def test_connection(self) -> None:
        """`connection` is what the reply has to say in its Connection field."""
        for data, said in [
            (list_with(), ""),
            (list_with("Connection: keep-alive"), ""),
            (list_with("Connection: close"), "close"),
            (head("GET / HTTP/1.0"), "close"),
            (head("GET / HTTP/1.0", "Connection: keep-alive"), "keep-alive"),
            (list_with("Content-Length: 2000"), "close"),
        ]:
            reader = RequestReader(HeadReader(router.resolve))
            reader.feed(data)
            self.assertEqual(reader.connection, said, data)

    def test_continue_is_owed(self) -> None:
        """Who waits with the body is told to go on, once route and size are fine."""
        self.reader.feed(score_with("Content-Length: 1", "Expect: 100-continue"))
        self.assertTrue(self.reader.owes_continue)

    def test_continue_is_not_owed(self) -> None:
        """Nobody is told to go on whose body is refused, unwanted or there already."""
        for data in [
            score_with("Content-Length: 2000", "Expect: 100-continue"),
            score_with("Content-Length: 1", "Expect: 100-continue", body=b"1"),
            score_with("Content-Length: 2", "Expect: 100-continue", body=b"1"),
            score_with("Content-Length: 0", "Expect: 100-continue"),
            score_with("Content-Length: 1"),
            list_with("Content-Length: 1", "Expect: 100-continue"),
            list_with("Expect: 100-continue"),
        ]:
            reader = RequestReader(HeadReader(router.resolve))
            reader.feed(data)
            self.assertFalse(reader.owes_continue, data)


class BlockingTest(unittest.TestCase):
    """Requests behind one that blocks."""

    def setUp(self) -> None:
        self.reader = RequestReader(HeadReader(self.resolve))

    def resolve(self, method: str, path: str) -> Match:
        return Match("slow", alone=path == "/slow")

    def test_pause_and_resume(self) -> None:
        """A reader stops behind a request that blocks, and goes on where it stopped."""
        slow = head("GET /slow HTTP/1.1", "Host: a")
        first = self.reader.feed(list_with() + slow + list_with() + slow)
        self.assertEqual([request.path for request in first], [LIST_REQUEST[1], "/slow"])
        self.assertEqual(self.reader.state, BLOCKED)
        second = self.reader.resume()
        self.assertEqual([request.path for request in second], [LIST_REQUEST[1], "/slow"])
        self.assertEqual(self.reader.resume(), [])
        self.assertEqual(self.reader.state, IDLE)

    def test_error_waits(self) -> None:
        """What is wrong behind a request that blocks is found when that is answered."""
        self.reader.feed(head("GET /slow HTTP/1.1", "Host: a") + b"\0")
        self.assertIsNone(self.reader.error)
        self.assertEqual(self.reader.resume(), [])
        self.assertEqual(self.reader.error and self.reader.error.status, 400)


if __name__ == "__main__":
    unittest.main()
