"""The settings of a level, as the admin changes them."""

from __future__ import annotations

import unittest
from typing import Any

from tests.views.world import Reply, World


class SettingsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World()

    def put(self, **settings: Any) -> Reply:
        return self.world.manage("PUT", "/api/levels/7", settings)

    def test_changes(self) -> None:
        """Each call changes what it names, and answers all."""
        defaults = {
            "title": None, "order": "desc", "keep": "best", "reset": "never", "reset_offset": 0,
            "min": 0, "max": 2147483647, "ties": "first", "tiers": [], "times": False,
            "format": "number", "decimals": 0, "rate_user": 0, "rate_level": 0,
            "writes": "players", "runs": False, "min_seconds": 0,
        }  # fmt: skip
        self.assertEqual(self.put().json, defaults)
        self.put(order="asc", title="De\u0301part")
        reply = self.put(tiers=[["gold", 1]]).json
        changed = {"order": "asc", "title": "Départ", "tiers": [["gold", 1]]}
        self.assertEqual(reply, {**defaults, **changed})

    def test_wrong(self) -> None:
        """A value out of its range, or an unknown setting, is 400 and changes nothing."""
        for settings in [
            {"order": "up"}, {"order": None}, {"order": ["asc"]}, {"min": -1}, {"min": True},
            {"max": "5"}, {"min": 5, "max": 4}, {"reset_offset": 1}, {"times": 1}, {"decimals": 7},
            {"title": ""}, {"title": 5}, {"title": "x" * 101}, {"tiers": "a"}, {"tiers": ["ab"]},
            {"tiers": [["gold"]]}, {"tiers": [["gold", 0]]}, {"tiers": [["a", 5], ["b", 5]]},
            {"tiers": [["gold", "1"]]}, {"tiers": [[{}, 1]]}, {"nothing": 1}, {"rate_user": -1},
        ]:  # fmt: skip
            self.assertEqual(self.put(**settings).code, (400, "invalid_data"), settings)
        self.assertEqual(self.put().json["order"], "desc")

    def test_has_scores(self) -> None:
        """What would count the scores anew is 409, the same value is not."""
        self.put(order="asc")
        self.world.post(7, 1, 5)
        for settings in ({"order": "desc"}, {"keep": "sum"}, {"reset": "daily"}):
            self.assertEqual(self.put(**settings).code, (409, "has_scores"), settings)
        self.assertEqual(self.put(order="asc", title="x").status, 200)

    def test_mini_game(self) -> None:
        """The mini-game's list follows the order."""
        self.put(order="asc")
        for user_id, score in [(1, 30), (2, 20), (1, 10)]:
            self.world.post(7, user_id, score)
        self.assertEqual(self.world.get("/7/highscorelist").body, b"1=10,2=20")


if __name__ == "__main__":
    unittest.main()
