"""Server-sent events."""

from __future__ import annotations

import unittest

from gameserver.web.event_stream import event_id, make_event, parse_event_id, retry, with_ids


class EventStreamTest(unittest.TestCase):
    def test_event(self) -> None:
        """Each line of the data stands by itself, however the lines end."""
        event = make_event("board", b'{"a":\r\n1,\r"b":\n2}\n')
        self.assertEqual(event, b'event: board\ndata: {"a":\ndata: 1,\ndata: "b":\ndata: 2}\n')

    def test_ids(self) -> None:
        """Each event's id says what its reader has by then."""
        versions = {1: "a-0", 3: "a-1"}
        events = with_ids([(2, "b-1.x", b"x\n"), (1, "b-2", b"y\n")], versions)
        self.assertEqual(
            events, b"x\nid: a-0@1,a-1@3,b-1.x@2\n\ny\nid: b-2@1,a-1@3,b-1.x@2\n\n"
        )
        self.assertEqual(versions, {1: "b-2", 3: "a-1", 2: "b-1.x"})

    def test_parse(self) -> None:
        """What an id says is read again."""
        for versions in ({}, {7: "a-1.b"}, {7: "a", 8: "b", 2147483647: "c"}):
            self.assertEqual(parse_event_id(event_id(versions)), versions)

    def test_parse_nonsense(self) -> None:
        """What is no id of ours says nothing."""
        for text in ("", "5", "a@", "@7", "a@x", "a@7 ", "é@7", "a@\u0667", "a" * 201 + "@7"):
            self.assertEqual(parse_event_id(text), {}, text)
        self.assertEqual(parse_event_id("x,a@7,,b@@8"), {7: "a"})

    def test_retry(self) -> None:
        """A client is told when to come back, in milliseconds."""
        self.assertEqual(retry(1234), b"retry: 1234\n\n")


if __name__ == "__main__":
    unittest.main()
