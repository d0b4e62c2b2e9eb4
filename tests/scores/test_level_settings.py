"""The settings of a level."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.errors import Refused
from gameserver.scores.settings import DEFAULT, LevelSettings, settings_of, with_members

MAX = 2**31 - 1


class LevelSettingsTest(unittest.TestCase):
    def assert_refused(self, field: str, **values: Any) -> None:
        with self.assertRaises(Refused) as caught:
            settings_of(values)
        self.assertEqual((caught.exception.code, caught.exception.field), ("invalid_data", field))
        self.assertTrue(caught.exception.message)

    def test_ranges(self) -> None:
        """Every field takes the values of its range, and no others."""
        for field, good, bad in (
            ("order", ("desc", "asc"), ("up", "", None, 1, True, [])),
            ("keep", ("best", "last", "sum"), ("first", None)),
            ("reset", ("never", "hourly", "daily", "weekly", "monthly"), ("yearly", None)),
            ("ties", ("first", "shared"), ("last", None)),
            ("format", ("number", "time"), ("text", None)),
            ("min", (0, MAX), (-1, MAX + 1, 1.0, True, "5", None)),
            ("max", (0, MAX), (-1, MAX + 1, 1.0, False, None)),
            ("decimals", (0, 6), (-1, 7, True, None)),
            ("rate_user", (0, 1_000_000), (-1, 1_000_001, None)),
            ("rate_level", (0, 1_000_000), (-1, 1_000_001, None)),
            ("times", (True, False), (0, 1, "true", None)),
            ("title", ("x", "x" * 100, "a b", None), ("", "x" * 101, " x", "a\u200bb", 5, True)),
            ("tiers", ([], [["gold", 1], ["silver", 99.5]], [["all", 100]]),
             (5, None, "gold", [["gold", 0]], [["gold", 101]], [["a", 2], ["b", 1]], [["a", 1]] * 2,
              [["gold"]], [["gold", "1"]], [[5, 1]], [["", 1]], [["gold", True]],
              [["gold", float("nan")]], [[f"{n}", n] for n in range(1, 22)])),
        ):  # fmt: skip
            for value in good:
                with self.subTest(field=field, good=value):
                    settings_of({field: value})
            for value in bad:
                with self.subTest(field=field, bad=value):
                    self.assert_refused(field, **{field: value})

    def test_offset(self) -> None:
        """The offset is shorter than the season."""
        for reset, longest in (
            ("never", 0), ("hourly", 59), ("daily", 1439), ("weekly", 10_079), ("monthly", 40_319),
        ):  # fmt: skip
            settings_of({"reset": reset, "reset_offset": longest})
            self.assert_refused("reset_offset", reset=reset, reset_offset=longest + 1)

    def test_bounds(self) -> None:
        """`max` is not below `min`."""
        settings_of({"min": 5, "max": 5})
        self.assert_refused("max", min=5, max=4)

    def test_unknown(self) -> None:
        """What is no setting is refused."""
        self.assert_refused("colour", colour="red")

    def test_changes(self) -> None:
        """Members that are not given stay as they are, and those that differ are known."""
        settings = with_members(settings_of({"title": "A", "min": 3}), {"min": 4})
        self.assertEqual(settings, LevelSettings(title="A", min=4))
        self.assertEqual(settings.changed(), {"title": "A", "min": 4})
        self.assertEqual(settings_of(settings.members()), settings)
        self.assertEqual(DEFAULT.changed(), {})


if __name__ == "__main__":
    unittest.main()
