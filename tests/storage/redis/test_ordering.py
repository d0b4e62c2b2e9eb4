"""Places: that they are exact, in Python and on a real Redis."""

from __future__ import annotations

import random
import struct
import unittest

from gameserver.numbers import MAX_NUMBER
from gameserver.storage.redis.scores.ordering import parts_of, place_of
from tests.redis_server import shared_redis

LAST = 2**32 - 1
EDGES = (0, 1, 2, 2**30 - 1, 2**30, 2**30 + 1, MAX_NUMBER - 1, MAX_NUMBER)
ARRIVALS = (0, 1, 2, 2**31 - 1, 2**31, LAST - 1, LAST)

SCRIPT = """
local answer = {}
for i = 1, #ARGV, 2 do
  local place = place_of(tonumber(ARGV[i]), tonumber(ARGV[i + 1]))
  redis.call('ZADD', KEYS[1] .. 'b:test', place, i)
  local kept = tonumber(redis.call('ZSCORE', KEYS[1] .. 'b:test', i))
  local r, arrival = parts_of(kept)
  answer[#answer + 1] = struct.pack('>dI4I4', kept, r, arrival)
end
return answer
"""
"""Behind what all scripts begin with: places that were kept, and what is in them."""


def pairs(count: int) -> list[tuple[int, int]]:
    """Edges, and as many pairs at random."""
    chance = random.Random(3)
    found = {(r, arrival) for r in EDGES for arrival in ARRIVALS}
    while len(found) < count:
        found.add((chance.randrange(MAX_NUMBER + 1), chance.randrange(LAST + 1)))
    return sorted(found)


class PlaceTest(unittest.TestCase):
    """Places in Python."""

    def test_order(self) -> None:
        """Places stand as scores and arrivals do, and hold them exactly."""
        ordered = pairs(5000)
        places = [place_of(r, arrival) for r, arrival in ordered]
        self.assertEqual(places, sorted(set(places)))
        self.assertEqual([parts_of(place) for place in places], ordered)

    def test_plain_numbers(self) -> None:
        """No place is -0, infinite, NaN or denormal: nothing makes another one of them."""
        for r, arrival in pairs(0):
            place = place_of(r, arrival)
            self.assertTrue(2.2250738585072014e-308 <= abs(place) < 1.7976931348623157e308)
            self.assertEqual(float(f"{place:.17g}"), place)

    def test_neighbours(self) -> None:
        """There is no number between the places of two arrivals, and none is needed."""
        for r in EDGES:
            (one,) = struct.unpack(">q", struct.pack(">d", place_of(r, 7)))
            (other,) = struct.unpack(">q", struct.pack(">d", place_of(r, 8)))
            self.assertEqual(abs(one - other), 1)


class OnRedisTest(unittest.TestCase):
    """Places in scripts and in a sorted set."""

    def test_scripts(self) -> None:
        """A script makes the same places, which Redis keeps as they are, and in their order."""
        redis = shared_redis()
        from gameserver.storage.redis.link.address import parse_address
        from gameserver.storage.redis.link.keys import FIRST
        from gameserver.storage.redis.link.link import Link, make_script
        from gameserver.storage.redis.scores.score_scripts import script_text

        script = make_script("test", script_text("common") + SCRIPT)
        link = Link(parse_address(redis.url), [script])
        self.addCleanup(link.close)
        ordered = pairs(3000)
        found: list[bytes] = []
        for first in range(0, len(ordered), 500):
            chunk = ordered[first : first + 500]
            (reply,) = link.send([script.call((FIRST.tag,), *(n for pair in chunk for n in pair))])
            found += reply
            (members,) = link.send([("ZRANGE", f"{FIRST.tag}b:test", 0, -1)])
            self.assertEqual([int(each) for each in members], list(range(1, 1000, 2)))
        for (r, arrival), text in zip(ordered, found, strict=True):
            self.assertEqual(struct.unpack(">dII", text), (place_of(r, arrival), r, arrival))


if __name__ == "__main__":
    unittest.main()
