"""What a first visit weighs."""

from __future__ import annotations

import re
import unittest

import requests

from tests.support import PATIENCE, serving
from tests.views.world import World

MOST = 60_000
VISIBLE = 12
"""The levels that a window of 1280 x 800 follows, and some more."""


class WeightTest(unittest.TestCase):
    def test_first_page(self) -> None:
        """Page, files, the list of levels and the boards that are seen: 60 KB at most."""
        world = World()
        for level_id in range(40):
            world.fill(level_id, 100)
        with serving(world.app) as server, requests.Session() as http:

            def size(path: str) -> int:
                url = f"http://127.0.0.1:{server.port}{path}"
                answer = http.get(url, timeout=PATIENCE)
                head = sum(len(f"{name}: {value}\r\n") for name, value in answer.headers.items())
                found.update(re.findall(r"/static/[\w.-]+", answer.text))
                return head + len(answer.content)

            found: set[str] = set()
            total = size("/") + size("/api/levels?limit=24")
            done: set[str] = set()
            while waiting := found - done:
                done |= waiting
                total += sum(size(path) for path in waiting)
            total += VISIBLE * size("/api/levels/1")
        self.assertLess(total, MOST)
