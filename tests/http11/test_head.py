"""Request lines and the forms of a target."""

from __future__ import annotations

import unittest

from gameserver.http11.head import METHODS
from gameserver.http11.head_reader import HeadReader
from gameserver.http11.reader import RequestReader
from gameserver.web.errors import HTTPError
from gameserver.web.messages import Request
from tests.http11.cases import HOST, head, list_with
from tests.support import router


def read(data: bytes) -> Request:
    """The only request in the data; raises the error that is there instead."""
    reader = RequestReader(HeadReader(router.resolve))
    requests = reader.feed(data)
    if reader.error:
        raise reader.error
    (request,) = requests
    return request


class TargetTest(unittest.TestCase):
    """What becomes of the target."""

    def target(self, target: str, host: str = HOST) -> tuple[str, str]:
        request = read(head(f"GET {target} HTTP/1.1", host))
        return request.path, request.query

    def test_path_and_query(self) -> None:
        """The first question mark divides path and query."""
        self.assertEqual(self.target("/a?b?c=d"), ("/a", "b?c=d"))
        self.assertEqual(self.target("/a?"), ("/a", ""))
        self.assertEqual(self.target("/a"), ("/a", ""))

    def test_nothing_is_decoded(self) -> None:
        """Escapes, slashes and dots stay as they were sent."""
        for path in ("/%2e%2E/a", "//a", "/./..", "/a%00b", "/;a=b", "/+"):
            self.assertEqual(self.target(path), (path, ""))

    def test_absolute_form(self) -> None:
        """An absolute target is cut down to its path and query."""
        for target, expected in [
            ("http://game.example/a?b=c", ("/a", "b=c")),
            ("http://game.example", ("/", "")),
            ("http://game.example/", ("/", "")),
            ("http://game.example?b", ("/", "b")),
            ("http://Game.Example//a", ("//a", "")),
        ]:
            self.assertEqual(self.target(target), expected)

    def test_absolute_form_of_version_6(self) -> None:
        """The authority may be an address in brackets."""
        self.assertEqual(self.target("http://[::1]:80/a", "Host: [::1]:80"), ("/a", ""))

    def test_absolute_form_keeps_the_rules(self) -> None:
        """What is no valid path stays invalid behind a scheme and a host."""
        for rest in ("/a#b", "/\\", "/%", "/%g0", "/a%2"):
            with self.assertRaises(HTTPError) as refusal:
                self.target("http://game.example" + rest)
            self.assertEqual(refusal.exception.status, 400)

    def test_asterisk(self) -> None:
        """OPTIONS may ask about the whole server."""
        self.assertEqual(read(head("OPTIONS * HTTP/1.1", HOST)).path, "*")

    def test_known_methods(self) -> None:
        """Every method of the table reaches the router."""
        for method in METHODS:
            self.assertEqual(read(head(f"{method} /a HTTP/1.1", HOST)).method, method)


class TextTest(unittest.TestCase):
    """What the errors of a head say."""

    def test_nothing_is_echoed(self) -> None:
        """The text of an error never repeats what was sent."""
        for data in [
            head("EVIL / HTTP/1.1", HOST),
            head("GET /EVIL# HTTP/1.1", HOST),
            head("GET / HTTP/1.1 EVIL", HOST),
            head("GET / EVIL/1.1", HOST),
            list_with("EVIL"),
            list_with("Host: EVIL"),
            list_with("Transfer-Encoding: EVIL"),
            list_with("Content-Length: EVIL"),
            list_with("Expect: EVIL"),
        ]:
            with self.assertRaises(HTTPError) as refusal:
                read(data)
            self.assertNotIn("evil", str(refusal.exception).lower())
            self.assertRegex(str(refusal.exception), r"\A[ -~]+\Z")


if __name__ == "__main__":
    unittest.main()
