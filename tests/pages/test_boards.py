"""The page of all boards, `/`."""

from __future__ import annotations

from tests.browser import BrowserCase, needs_axe


class BoardsTest(BrowserCase):
    def test_levels(self) -> None:
        """The levels are there, and nothing is complained about."""
        self.post_scores(4711, {2: 1500})
        self.open("/")
        self.assertIn("Level 2", self.browser.texts("#levels > li")[0])
        self.assert_no_complaints()

    @needs_axe
    def test_faults(self) -> None:
        """Axe finds nothing serious, in light and in dark."""
        self.open("/")
        self.assert_no_faults()
