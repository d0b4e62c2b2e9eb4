"""Seasons, checked against the calendar of `datetime`."""

from __future__ import annotations

import random
import unittest
from datetime import UTC, datetime, timedelta

from gameserver.scores.seasons import LONGEST_OFFSET, season_at, season_named
from gameserver.times import MINUTE, format_moment, parse_moment

RESETS = ("hourly", "daily", "weekly", "monthly")


class SeasonTest(unittest.TestCase):
    def assert_season(self, reset: str, offset: int, moment: str, *expected: str) -> None:
        season = season_at(reset, offset, parse_moment(moment))  # type: ignore[arg-type]
        assert season.end
        found = season.name, format_moment(season.start), format_moment(season.end)
        self.assertEqual(found, expected)

    def test_never(self) -> None:
        """A level that is never reset has one season without an end."""
        for moment in (0, 1_700_000_000_000_000):
            self.assertEqual(season_at("never", 0, moment), ("all", 0, None))

    def test_names_and_bounds(self) -> None:
        """A season is named by its start, and lasts until the next."""
        for reset, offset, moment, *expected in (
            ("hourly", 0, "2026-11-27T14:59:59.999999",
             "2026-11-27T14", "2026-11-27T14:00:00", "2026-11-27T15:00:00"),
            ("hourly", 30, "2026-11-27T14:29",
             "2026-11-27T13", "2026-11-27T13:30:00", "2026-11-27T14:30:00"),
            ("daily", 0, "2026-11-27T00:00",
             "2026-11-27", "2026-11-27T00:00:00", "2026-11-28T00:00:00"),
            ("daily", 1439, "2026-11-27T23:58",
             "2026-11-26", "2026-11-26T23:59:00", "2026-11-27T23:59:00"),
            ("weekly", 0, "2026-11-29T23:59",
             "2026-W48", "2026-11-23T00:00:00", "2026-11-30T00:00:00"),
            ("weekly", 0, "2027-01-03T12:00",
             "2026-W53", "2026-12-28T00:00:00", "2027-01-04T00:00:00"),
            ("weekly", 0, "2024-12-30T00:00",
             "2025-W01", "2024-12-30T00:00:00", "2025-01-06T00:00:00"),
            ("monthly", 0, "2028-02-29T23:59",
             "2028-02", "2028-02-01T00:00:00", "2028-03-01T00:00:00"),
            ("monthly", 60, "2027-01-01T00:59",
             "2026-12", "2026-12-01T01:00:00", "2027-01-01T01:00:00"),
        ):  # fmt: skip
            with self.subTest(reset=reset, moment=moment):
                self.assert_season(reset, offset, moment, *expected)

    def test_seasons_follow_one_another(self) -> None:
        """Every moment is in exactly one season, and names ascend with their starts."""
        chance = random.Random(1)
        for reset in RESETS:
            for _ in range(300):
                offset = chance.randrange(LONGEST_OFFSET[reset] + 1)  # type: ignore[index]
                moment = chance.randrange(946_684_800, 4_000_000_000) * 1_000_000
                season = season_at(reset, offset, moment)  # type: ignore[arg-type]
                assert season.end
                self.assertTrue(season.start <= moment < season.end)
                following = season_at(reset, offset, season.end)  # type: ignore[arg-type]
                self.assertEqual(following.start, season.end)
                self.assertGreater(following.name, season.name)
                for inside in (season.start, season.end - 1):
                    self.assertEqual(season_at(reset, offset, inside), season)  # type: ignore[arg-type]
                named = season_named(reset, offset, season.name)  # type: ignore[arg-type]
                self.assertEqual(named, season)

    def test_weeks_are_those_of_iso_8601(self) -> None:
        """The name of a week is what the calendar says of its Monday."""
        day = datetime(2019, 12, 1, tzinfo=UTC)
        for _ in range(3_000):
            day += timedelta(days=1)
            year, week, _ = day.isocalendar()
            season = season_at("weekly", 0, int(day.timestamp()) * 1_000_000)
            self.assertEqual(season.name, f"{year}-W{week:02}")

    def test_no_season(self) -> None:
        """Another text than a name of such a level's season is refused."""
        for reset, name in (
            ("never", "2026"), ("weekly", "2026-48"), ("weekly", "2025-W53"), ("weekly", "all"),
            ("daily", "2026-02-30"), ("daily", "2026-2-3"), ("monthly", "2026-13"),
            ("hourly", "2026-11-27T24"), ("hourly", "2026-11-27"), ("monthly", ""),
            ("daily", "2026-11-27 "), ("daily", "\u0662026-11-27"),
        ):  # fmt: skip
            with self.subTest(reset=reset, name=name), self.assertRaises(ValueError):
                season_named(reset, 0, name)  # type: ignore[arg-type]

    def test_offset_moves_the_season_and_not_its_name(self) -> None:
        """With an offset the same name stands for a later stretch."""
        plain, later = (season_named("daily", offset, "2026-11-27") for offset in (0, 90))
        self.assertEqual(later.start - plain.start, 90 * MINUTE)


if __name__ == "__main__":
    unittest.main()
