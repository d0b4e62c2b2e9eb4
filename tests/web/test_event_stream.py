"""Server-sent events."""

from __future__ import annotations

import unittest

from gameserver.web.event_stream import (
    event_id,
    has_counters,
    make_event,
    make_version,
    parse_event_id,
    retry,
    shows_the_same,
    with_ids,
)

A, B, C = (make_version("a1", f"0-{each}", f"d{each}") for each in range(3))
OTHER = make_version("b2", "0-0", "d0")


class EventStreamTest(unittest.TestCase):
    def test_event(self) -> None:
        """Each line of the data stands by itself, however the lines end."""
        event = make_event("board", b'{"a":\r\n1,\r"b":\n2}\n')
        self.assertEqual(event, b'event: board\ndata: {"a":\ndata: 1,\ndata: "b":\ndata: 2}\n')

    def test_ids(self) -> None:
        """Each event's id says what its reader has by then."""
        versions = {1: A, 3: B}
        events = with_ids([(2, C, b"x\n"), (1, B, b"y\n")], versions)
        self.assertEqual(
            events,
            b"x\nid: a1:0-0~d0@1,0-1~d1@3,0-2~d2@2\n\n"
            b"y\nid: a1:0-1~d1@1,0-1~d1@3,0-2~d2@2\n\n",
        )
        self.assertEqual(versions, {1: B, 3: B, 2: C})

    def test_parse(self) -> None:
        """What an id says is read again."""
        for versions in ({}, {7: A}, {7: A, 8: OTHER, 9: OTHER, 2147483647: B}):
            self.assertEqual(parse_event_id(event_id(versions)), versions)

    def test_parse_nonsense(self) -> None:
        """What is no id of ours says nothing."""
        for text in (
            "", "5", "a1:0~d@", "@7", "a1:0~d@x", "a1:0~d@7 ", "a1:é~d@7", "a1:0~d@\u0667",
            "a1:0@7", f"a1:{'0' * 201}~d@7", f"{'a' * 33}:0~d@7",
        ):  # fmt: skip
            self.assertEqual(parse_event_id(text), {}, text)
        self.assertEqual(parse_event_id(f"x,{A}@7,,b@@8"), {7: A})

    def test_versions(self) -> None:
        """What counts is the start and the counters, and what is shown."""
        self.assertTrue(has_counters(A, "a1", "0-0"))
        for start, counters in (("a1", "0"), ("a1", "0-"), ("b2", "0-0"), ("a1", "0-00")):
            self.assertFalse(has_counters(A, start, counters))
        self.assertTrue(shows_the_same(A, make_version("a1", "9", "d0")))
        for other in (B, OTHER, "", make_version("a1", "9", "xd0")):
            self.assertFalse(shows_the_same(A, other))
            self.assertFalse(shows_the_same(other, A))
        self.assertFalse(shows_the_same("", ""))

    def test_retry(self) -> None:
        """A client is told when to come back, in milliseconds."""
        self.assertEqual(retry(1234), b"retry: 1234\n\n")


if __name__ == "__main__":
    unittest.main()
