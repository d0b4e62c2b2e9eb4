"""The page of one board, `/levels/<level_id>`, and that of one player, `/users/<user_id>`."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from gameserver.web.messages import HTML, Request, Response
from gameserver.web.routing import path
from tests.browser import LONG, Browser, BrowserCase, needs_axe
from tests.support import running, serving, wait_until
from tests.views.world import World

HISTORY = {
    "title": "Downhill", "order": "asc", "reset": "weekly", "format": "time", "decimals": 2,
    "times": True, "tiers": [["gold", 10], ["silver", 50]],
}  # fmt: skip
WEEK = 7 * 86400

READY = "return performance.getEntriesByName('ready').length"
"""How often the page has said that all of a view is there."""


class LevelTest(BrowserCase):
    """A level with 40 players and a season that is over, on a server whose clock stands still."""

    world: ClassVar[World]

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = World()
        cls.world.clock.now -= WEEK
        cls.world.configure(7, **HISTORY)
        cls.world.post(7, 1, 9999)
        cls.world.clock.now += WEEK
        for user_id in range(1, 41):
            cls.world.post(7, user_id, 6000 + 10 * user_id)
        for user_id, name in ((3, "Cleo"), (20, "Ann"), (21, "Anna")):
            cls.world.manage("PUT", f"/api/users/{user_id}", {"name": name})
        server = cls.enterClassContext(serving(cls.world.app))
        cls.address = f"http://127.0.0.1:{server.port}"
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def url(self, path: str) -> str:
        return self.address + path

    def names(self, selector: str = "#board") -> list[str]:
        return self.browser.texts(f"{selector} td[data-column=name]")

    def query(self) -> str:
        return urlsplit(self.browser.driver.current_url).query

    def wait_for_page(self, first: int, last: int) -> None:
        """Waits until the board shows the lines from the first to the last."""
        self.browser.wait_for_text("#pages .end", f"{first}\N{EN DASH}{last} of 40")

    def test_board(self) -> None:
        """Title, how it counts, when it is reset, and the first page of lines."""
        self.open("/levels/7")
        self.assertEqual(self.browser.text("h1"), "Downhill")
        self.assertEqual(
            self.browser.text("#about"),
            "Level 7 · 40 players · the lowest score is first · "
            "resets in 1 d 13 h (Mon 00:00 UTC)",
        )
        self.assertEqual(len(self.names()), 15)
        line = self.browser.texts("#board tbody tr:nth-child(3) td")
        self.assertEqual(line[:4], ["3", "Cleo", "1:00.30", "gold"])
        self.wait_for_page(1, 15)
        self.assert_no_complaints()

    def test_zone(self) -> None:
        """Moments are in the reader's time zone."""
        self.addCleanup(self.set_zone, "")
        for zone, hour in (("Asia/Tokyo", "7:30"), ("America/New_York", "5:30")):
            self.set_zone(zone)
            self.open("/levels/7")
            self.assertIn(f" {hour}", self.browser.text("#board td[data-column=at]"))

    def set_zone(self, zone: str) -> None:
        """Where the reader is; empty: where the machine is."""
        command = "Emulation.setTimezoneOverride"
        self.browser.driver.execute_cdp_cmd(command, {"timezoneId": zone})

    def test_pages(self) -> None:
        """Pages are addresses: they can be opened, and history leads back."""
        self.open("/levels/7")
        self.click("#pages [data-page=next]")
        self.wait_for_page(16, 30)
        self.assertEqual(self.query(), "offset=15")
        self.click("#pages [data-page=next]")
        self.wait_for_page(31, 40)
        self.assertFalse(self.browser.texts("#pages [data-page=next][href]"))
        self.browser.driver.back()
        self.wait_for_page(16, 30)
        self.open("/levels/7?offset=30")
        self.assertEqual(self.names()[-1], "Player 40")
        self.open("/levels/7?offset=3000")
        self.click("#behind a")
        self.wait_for_page(1, 15)

    def test_find_me(self) -> None:
        """A player's number or name leads to rank, percentile, tier and neighbours; it is kept."""
        self.open("/levels/7")
        self.browser.wait("#who").send_keys("cleo")
        self.browser.press("Enter")
        self.browser.wait_for_text("#me-name", "Cleo")
        self.assertEqual(self.query(), "user=3")
        self.assertEqual(
            self.browser.texts("#place dd"), ["3 of 40", "1:00.30", "95.00", "gold"]
        )
        self.assertEqual(self.names("#around"),
                         ["Player 1", "Player 2", "Cleo", "Player 4", "Player 5"])  # fmt: skip
        self.assertEqual(len(self.browser.texts("#board tr[aria-current]")), 1)
        self.browser.wait_for_text("#chart .own text", "you")  # which may come after the list
        self.open("/levels/7?user=40")
        self.assertEqual(self.names("#around")[-1], "Player 40")
        self.click("#forget")
        self.browser.wait_until_gone("#me")
        self.assertEqual(self.query(), "")

    def test_who(self) -> None:
        """Of several of a name one chooses; who is not on the board, or unknown, is told so."""
        self.open("/levels/7?user=an")
        self.assertEqual(self.browser.texts("#several li"), ["Ann\n20", "Anna\n21"])
        self.click("#several li a")
        self.browser.wait_for_text("#me-name", "Ann")
        self.assertEqual(self.query(), "user=20")
        self.open("/levels/7?user=77")
        self.browser.wait("#absent")
        self.open("/levels/7?user=nobody")
        self.browser.wait("#unknown")

    def test_seasons(self) -> None:
        """A season that is over can be picked, and is kept in the address."""
        self.open("/levels/7")
        options = [each.text for each in self.browser.all("#season option")]
        self.assertEqual(options, ["2026-W47", "2026-W46"])
        self.browser.run(
            "season.value = '2026-W46'; season.dispatchEvent(new Event('change'))"
        )
        self.browser.wait_for_text("#board", "1:39.99")
        self.assertEqual(self.query(), "season=2026-W46")
        self.assertEqual(self.names(), ["Player 1"])
        self.assertNotIn("resets", self.browser.text("#about"))
        self.browser.driver.back()
        self.browser.wait_for_text("#board", "1:00.10")
        self.assertEqual(self.browser.run("return season.value"), "")

    def test_spread(self) -> None:
        """How the scores are spread, with percentiles and tiers, as a picture and as a table."""
        self.open("/levels/7")
        marks = self.browser.texts("#chart .mark text")
        self.assertLessEqual({"gold", "silver", "half"}, set(marks))
        label = self.browser.wait("#chart svg").get_attribute("aria-label")
        self.assertIn("Of 40 players half have 1:02.", label)
        self.click("summary")
        self.assertIn("silver 1:02.00", self.browser.text("#marks"))
        self.assertEqual(len(self.browser.texts("#buckets tr")), 40)

    def test_late_spread(self) -> None:
        """An answer about scores that are looked at no more changes nothing."""
        self.open("/levels/7")
        self.browser.hold("histogram")
        self.browser.run("""
            season.value = "2026-W46";
            season.dispatchEvent(new Event("change"));
        """)
        self.browser.wait_for_text("#board", "1:39.99")
        done = self.browser.run(READY)
        self.browser.driver.back()
        for later, then in ((1, "release()"), (2, "")):
            wait_until(lambda later=done + later: self.browser.run(READY) == later, LONG)
            self.assertIn("Of 40 players", self.browser.wait("#chart svg").accessible_name)
            self.browser.run(then)

    def test_moves(self) -> None:
        """A better score moves up while one looks."""
        self.open("/levels/7")
        self.browser.wait("#state [data-state=live]")
        self.world.configure(8, keep="last")
        self.world.post(8, 5, 10)
        self.open("/levels/8")
        self.assertEqual(self.names(), ["Player 5"])
        self.browser.run("document.querySelector('#board tbody a').focus()")
        self.world.post(8, 6, 11)
        self.browser.wait_for_text("#board tbody tr:first-child", "Player 6")
        self.assertEqual(self.names(), ["Player 6", "Player 5"])
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "Player 5")

    def test_nobody(self) -> None:
        """A level that nobody has played says so, and shows the first score when it comes."""
        self.open("/levels/99")
        self.assertEqual(self.browser.text("h1"), "Level 99")
        self.browser.wait("#empty")
        self.world.post(99, 1, 5)
        self.browser.wait_for_text("#board", "Player 1")

    def test_links(self) -> None:
        """The same as JSON and CSV."""
        self.open("/levels/7?season=2026-W46")
        for name, target in (
            ("json", "/api/levels/7?season=2026-W46"), ("csv", "/api/levels/7.csv?season=2026-W46"),
        ):  # fmt: skip
            self.assertEqual(self.browser.wait(f"#{name}").get_attribute("href"), self.url(target))

    def test_wrong(self) -> None:
        """What the API refuses is said in its words."""
        self.open("/levels/7?season=2020-W01")
        self.assertIn("season", self.browser.text("#failed"))
        self.assertEqual(self.browser.text("h1"), "Level 7")
        self.open("/levels/7")
        self.assertFalse(self.browser.texts("#failed"))

    def test_late_failure(self) -> None:
        """Why something could not be shown that nobody looks at any more is not said."""
        self.open("/levels/7")
        self.browser.run("""
            const real = fetch;
            window.fetch = async (path, ...more) => {
              if (!path.includes("2026-W46")) return real(path, ...more);
              await new Promise((resolve) => { window.release = resolve; });
              setTimeout(() => setTimeout(() => { window.isSaid = true; }));
              throw new TypeError("it is gone");
            };
            season.value = "2026-W46";
            season.dispatchEvent(new Event("change"));
        """)
        wait_until(lambda: self.browser.run("return Boolean(window.release)"), LONG)
        done = self.browser.run(READY)
        self.browser.driver.back()
        wait_until(lambda: self.browser.run(READY) > done, LONG)
        self.browser.run("release()")
        wait_until(lambda: self.browser.run("return window.isSaid"), LONG)
        self.assertFalse(self.browser.texts("#failed"))

    def test_print(self) -> None:
        """On paper there is the board, and nothing to click."""
        self.open("/levels/7")
        self.browser.look(media="print")
        self.assertEqual(len(self.names()), 15)
        for selector in (".top nav", "#find", "#pages a", "footer"):
            self.assertFalse(self.browser.texts(selector), selector)

    def test_user(self) -> None:
        """A player's page: all levels with rank and percentile, those of past seasons below."""
        self.open("/users/1")
        self.assertEqual(self.browser.text("h1"), "Player 1")
        line = self.browser.texts("#current tbody tr:has(a[href^='/levels/7']) td")
        self.assertEqual(line[:2] + line[4:6], ["Downhill", "2026-W47", "1:00.10", "gold"])
        self.assertIn("1 of 40", line[2])
        self.assertIn("100.00", line[3])
        self.assertIn("1:39.99", self.browser.text("#past"))
        self.click("#past a")
        self.browser.wait_for_text("#me", "1:39.99")
        self.assertEqual(self.query(), "season=2026-W46&user=1")
        self.open("/users/12345")
        self.browser.wait("#empty")

    def test_embedded(self) -> None:
        """A page of another site has a board in its frame if it asks for it so, and no other."""
        frames = "".join(f"<iframe src='{self.url('/levels/7')}{query}'></iframe>"
                         for query in ("?embed=1", ""))  # fmt: skip

        def host(request: Request, services: object) -> Response:
            return Response(body=f"<!doctype html>{frames}".encode(), content_type=HTML)

        with running(path("/host", GET=host)) as server:
            self.browser.open(f"http://localhost:{server.port}/host", is_ready=False)
            allowed, refused = self.browser.all("iframe")
            self.browser.driver.switch_to.frame(allowed)
            self.browser.wait("html[data-ready]")
            self.assertEqual(len(self.names()), 15)
            self.assertFalse(self.browser.texts(".top, .bottom, #find"))
            self.assertEqual(self.browser.wait("#whole").get_attribute("href"),
                             self.url("/levels/7"))  # fmt: skip
            self.browser.driver.switch_to.default_content()
            self.browser.driver.switch_to.frame(refused)
            self.assertEqual(self.browser.all("h1#title"), [])
            self.browser.driver.switch_to.default_content()
        said = self.browser.complaints
        wait_until(lambda: any("frame-ancestors" in each for each in said()), LONG)

    @needs_axe
    def test_faults(self) -> None:
        """Axe finds nothing serious, in light and in dark."""
        for path_ in ("/levels/7?user=3", "/levels/7?embed=1", "/users/1", "/levels/7?user=an"):
            self.open(path_)
            with self.subTest(path=path_):
                self.assert_no_faults()
