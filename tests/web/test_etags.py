"""ETags, and pages that are rendered once."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.web.etags import Pages, matches
from gameserver.web.messages import Response
from tests.support import make_request


def start(size: int) -> bytes:
    return b"\1" * size


class PagesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.pages = Pages(start)
        self.rendered = 0

    def render(self) -> str:
        self.rendered += 1
        return f'{{"n":{self.rendered}}}'

    def ask(self, version: str = "1", key: object = "a", known: str = "") -> Response:
        fields = {"if-none-match": known} if known else {}
        return self.pages.answer(make_request("GET", "/", **fields), version, key, self.render)

    def test_once(self) -> None:
        """A page is rendered once for each version."""
        first = self.ask()
        self.assertEqual((first.body, first.etag), (b'{"n":1}\n', 'W/"01010101-1"'))
        self.assertIs(self.ask(), first)
        self.assertEqual(self.ask("2").body, b'{"n":2}\n')
        self.assertEqual(self.ask("2", "b").body, b'{"n":3}\n')
        self.assertEqual(self.ask("2").body, b'{"n":2}\n')

    def test_known(self) -> None:
        """Who has it gets 304, and nothing is rendered."""
        self.assertEqual(self.ask(known='W/"01010101-1"'), Response(304, etag='W/"01010101-1"'))
        self.assertEqual(self.rendered, 0)
        self.assertEqual(self.ask(known='W/"01010101-2"').status, 200)

    def test_not_remembered(self) -> None:
        """Without a key, and where it is large, a page is rendered each time."""
        self.ask(key=None)
        self.assertEqual(self.ask(key=None).body, b'{"n":2}\n')
        with mock.patch("gameserver.web.etags.MAX_PAGE_SIZE", 6):
            self.ask()
            self.assertEqual(self.ask().body, b'{"n":4}\n')

    def test_bounded(self) -> None:
        """Only the newest pages are remembered."""
        with mock.patch("gameserver.web.etags.MAX_PAGES", 2):
            for key in ("a", "b", "c"):
                self.ask(key=key)
            self.assertEqual(self.ask(key="c").body, b'{"n":3}\n')
            self.assertEqual(self.ask(key="a").body, b'{"n":4}\n')

    def test_moving(self) -> None:
        """Members that are others each time stand behind the page."""
        texts = iter(['"left":9', '"left":8'])
        request = make_request("GET", "/")
        bodies = [
            self.pages.answer(request, "1", "a", self.render, lambda: next(texts)).body
            for _ in range(2)
        ]
        self.assertEqual(bodies, [b'{"n":1,"left":9}\n', b'{"n":1,"left":8}\n'])

    def test_starts(self) -> None:
        """The same version is another ETag after a new start."""
        self.assertNotEqual(Pages().etag("1"), Pages().etag("1"))

    def test_comparison(self) -> None:
        """ETags are compared weakly, in lists too (RFC 9110 section 8.8.3.2)."""
        for known in ('W/"a"', '"a"', ' "b" ,\tW/"a"', "*", ' * '):
            self.assertTrue(matches(known, 'W/"a"'), known)
        for known in ("", "a", '"A"', 'w/"a"', 'W/"b"', '"*"'):
            self.assertFalse(matches(known, 'W/"a"'), known)


if __name__ == "__main__":
    unittest.main()
