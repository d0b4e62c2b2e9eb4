"""Remembered requests in memory, as far as the contract of boards does not cover them."""

from __future__ import annotations

import random
import unittest

from gameserver.scores.requests import PER_USER, REMEMBERED, Requests
from gameserver.scores.values import RequestId


class RequestsTest(unittest.TestCase):
    def test_most(self) -> None:
        """The oldest are forgotten when there are too many, whosever they are."""
        requests = Requests(most=10)
        for user_id in range(30):
            requests.add(user_id, RequestId(1, "a", b"d"), b"answer", 0)
        self.assertEqual(len(requests), 10)
        found = [n for n in range(30) if requests.answer(n, RequestId(1, "a", b"d"), 0)]
        self.assertEqual(found, list(range(20, 30)))

    def test_random_operations(self) -> None:
        """Under random requests it remembers what lists of the newest would."""
        chance = random.Random(2)
        requests, now = Requests(), 0
        model: dict[tuple[int, int], list[tuple[str, bytes, int]]] = {}
        for number in range(6_000):
            now += chance.randrange(REMEMBERED // 600)
            user_id, level_id = chance.randrange(6), chance.randrange(-1, 3)
            request = RequestId(level_id, str(chance.randrange(20)), b"d")
            if not chance.randrange(500):
                requests.forget(user_id)
                model = {place: kept for place, kept in model.items() if place[0] != user_id}
            kept = model.setdefault((user_id, level_id), [])
            expected = [answer for name, answer, at in kept
                        if name == request.id and at > now - REMEMBERED]  # fmt: skip
            answer = requests.answer(user_id, request, now)
            self.assertEqual(answer, expected[0] if expected else None)
            if answer is None:
                kept[:] = [one for one in kept if one[0] != request.id]
                kept.append((request.id, b"%d" % number, now))
                del kept[:-PER_USER]
                requests.add(user_id, request, b"%d" % number, now)
        self.assertLessEqual(len(requests), 6 * 4 * PER_USER)


if __name__ == "__main__":
    unittest.main()
