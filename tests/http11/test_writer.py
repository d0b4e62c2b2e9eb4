"""The writer: exactly one well-formed message for each response."""

from __future__ import annotations

import http.client
import io
import random
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.http11.writer import CONTINUE, date_line, render
from gameserver.web import errors
from gameserver.web.messages import Response

DATE = date_line(0)


def parse(data: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    """The response as http.client sees it, and everything behind its head."""
    stream = io.BytesIO(data)
    response = http.client.HTTPResponse(mock.Mock(makefile=lambda mode: stream))
    response.begin()
    length = response.headers["Content-Length"]
    body = data.partition(b"\r\n\r\n")[2]
    assert int(length or 0) == len(body), "not exactly one message"
    response.close()
    return response, body


class RenderTest(unittest.TestCase):
    """Responses as bytes."""

    def test_plain(self) -> None:
        """A response has a status line, a date, its type and its length."""
        data = render(Response(body=b"4711=1500"), DATE)
        response, body = parse(data)
        self.assertTrue(data.startswith(b"HTTP/1.1 200 OK\r\n"))
        self.assertTrue(data.endswith(b"\r\n\r\n4711=1500"))
        self.assertEqual(body, b"4711=1500")
        self.assertEqual(response.headers["Content-Length"], "9")
        self.assertEqual(response.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(response.headers["Date"], "Thu, 01 Jan 1970 00:00:00 GMT")
        self.assertIsNone(response.headers["Connection"])

    def test_server(self) -> None:
        """The server does not tell its version."""
        response, _ = parse(render(Response(), DATE))
        self.assertNotRegex(response.headers["Server"], r"[0-9]|Python")

    def test_nothing_is_kept(self) -> None:
        """No cache keeps a response, which may hold a session key."""
        response, _ = parse(render(Response(), DATE))
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_empty_body(self) -> None:
        """An empty body has a length, too."""
        response, body = parse(render(Response(), DATE))
        self.assertEqual((response.headers["Content-Length"], body), ("0", b""))

    def test_head(self) -> None:
        """The answer to HEAD says how long the body would be, and leaves it out."""
        whole = render(Response(body=b"abc"), DATE)
        data = render(Response(body=b"abc"), DATE, head_only=True)
        self.assertEqual(data, whole.removesuffix(b"abc"))

    def test_without_a_body(self) -> None:
        """204 and 304 have neither body nor length."""
        for status in (204, 304):
            data = render(Response(status, b"abc"), DATE)
            response, _ = parse(data)
            self.assertIsNone(response.headers["Content-Length"])
            self.assertIsNone(response.headers["Content-Type"])
            self.assertTrue(data.endswith(b"\r\n\r\n"))

    def test_connection(self) -> None:
        """The Connection field says what it is told."""
        for option in ("close", "keep-alive"):
            response, _ = parse(render(Response(), DATE, option))
            self.assertEqual(response.headers["Connection"], option)

    def test_errors(self) -> None:
        """Every error has a reason phrase, a line of text and its own headers."""
        kinds = [kind for kind in vars(errors).values()
                 if isinstance(kind, type) and issubclass(kind, errors.HTTPError)]  # fmt: skip
        self.assertGreater(len(kinds), 8)
        for kind in kinds:
            error = kind("it is wrong")
            error.args = ("it is wrong",)
            response, body = parse(render(errors.error_response(error), DATE))
            self.assertEqual((response.status, body), (kind.status, b"it is wrong\n"))
            self.assertRegex(response.reason, r"\A[A-Za-z -]+\Z")
            for name, value in error.headers:
                self.assertEqual(response.headers[name], value)

    def test_own_headers(self) -> None:
        """A response's headers are written in their order."""
        headers = (("X-B", "1"), ("X-A", "two words"))
        data = render(Response(headers=headers), DATE)
        self.assertIn(b"\r\nX-B: 1\r\nX-A: two words\r\n", data)

    def test_same_kind_with_another_body(self) -> None:
        """Responses of one kind differ in nothing but length and body."""
        for body in (b"a", b"", b"bcd" * 1000):
            _, received = parse(render(Response(body=body), DATE))
            self.assertEqual(received, body)

    def test_unknown_status(self) -> None:
        """A status without a reason phrase is a mistake."""
        with self.assertRaises(KeyError):
            render(Response(299), DATE)

    def test_continue(self) -> None:
        """100 Continue is a message of its own, without fields."""
        self.assertEqual(CONTINUE, b"HTTP/1.1 100 Continue\r\n\r\n")

    def test_date(self) -> None:
        """The date is in the form of RFC 9110, and in English."""
        self.assertEqual(date_line(784111777), b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")


class SplittingTest(unittest.TestCase):
    """No value breaks out of its line."""

    def test_line_ends(self) -> None:
        """CR, LF and NUL raise, wherever they stand."""
        for stray in "\r\n\0":
            for value in (stray, "a" + stray, stray + "a", f"a{stray}b", f"a{stray}\nX-B: c"):
                with self.assertRaises(ValueError):
                    render(Response(headers=(("X-A", value),)), DATE)
                with self.assertRaises(ValueError):
                    render(Response(content_type=value), DATE)

    def test_any_value(self) -> None:
        """Whatever the values are, there is one message with just these values, or none."""
        chance = random.Random(4)
        for _ in range(500):
            value = "a" + "".join(map(chr, chance.choices(range(300), k=3))) + "b"
            body = chance.randbytes(20)
            try:
                data = render(Response(200, body, headers=(("X-A", value),)), DATE)
            except ValueError:
                continue
            response, received = parse(data)
            self.assertEqual(response.headers["X-A"], value)
            self.assertEqual(received, body)
            self.assertEqual(data.count(b"\r\n\r\n"), 1 + body.count(b"\r\n\r\n"))


if __name__ == "__main__":
    unittest.main()
