"""The page of all boards, `/`, and what all pages have in common."""

from __future__ import annotations

import time
import unittest
from collections.abc import Sequence

import requests

from gameserver.web.errors import Overloaded, error_response
from gameserver.web.messages import Request, Response
from gameserver.web.routing import path
from tests.browser import LONG, PHONE, Browser, BrowserCase, needs_axe, needs_browser
from tests.pages.hostile import HOSTILE
from tests.support import PATIENCE, running, wait_until


class EmptyTest(BrowserCase):
    """A server that nobody has played on."""

    @needs_axe
    def test_faults(self) -> None:
        """Axe finds nothing serious, in light and in dark."""
        self.open("/")
        self.assert_no_faults()

    def test_first_score(self) -> None:
        """It shows the lines that make the first score, with its own address; then the score."""
        self.open("/")
        lines = self.browser.text("#curl")
        self.assertEqual(lines.count(self.server.url.rstrip("/")), 3)
        self.assertIn("highscorelist", lines)
        self.post_scores(4711, {2: 1500})
        self.browser.run("document.dispatchEvent(new Event('visibilitychange'))")
        self.browser.wait_for_text("#levels", "1,500")
        self.assertEqual(self.browser.texts("#first"), [])


class BoardsTest(BrowserCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        case = cls()
        for user_id in range(1, 6):
            case.post_scores(user_id, {level: 1000 * user_id + level for level in range(1, 30)})
        case.post_scores(6, {2: 65_000})
        case.call("PUT", "/api/users/5", {"name": "Émile"}, as_admin=True)
        case.call("PUT", "/api/levels/2", {"title": "Canyon", "decimals": 2}, as_admin=True)
        case.call("PUT", "/api/levels/70", {"title": "Daily", "reset": "daily"}, as_admin=True)

    def board(self, level_id: int) -> str:
        """The text of a level's card, when its top three are there."""
        self.browser.wait(f"[data-level='{level_id}'] ol li")
        return self.browser.text(f"[data-level='{level_id}']")

    def wait_for_texts(self, selector: str, texts: Sequence[str]) -> None:
        """Waits until the elements of a selector that can be seen say this."""
        wait_until(lambda: self.browser.texts(selector) == texts, LONG)

    def test_top_three(self) -> None:
        """The busiest level stands first, with its title and its top three."""
        self.open("/")
        self.assertEqual(self.browser.all("#levels > li")[0].get_attribute("data-level"), "2")
        self.assertEqual(
            self.board(2).split("\n"),
            ["Canyon", "Level 2 · 6 players", "1", "Player 6", "650.00", "2", "Émile", "50.02",
             "3", "Player 4", "40.02"],
        )  # fmt: skip

    def test_moves(self) -> None:
        """A new score is there without a reload, and its line says that it has changed."""
        self.post_scores(7, {2: 66_000})
        self.addCleanup(self.call, "DELETE", "/api/levels/2/users/7", as_admin=True)
        self.open("/")
        self.assertIn("660.00", self.board(2))
        self.browser.run(
            "new MutationObserver(() => {"  # the line says so until the board comes again
            "  const line = document.querySelector(\"[data-level='2'] .changed\");"
            "  window.changed ||= line?.textContent.includes('670.00');"
            "}).observe(document.querySelector('#levels'), { subtree: true, childList: true });"
        )
        self.post_scores(7, {2: 67_000})
        wait_until(lambda: self.browser.run("return window.changed"), LONG)
        self.assertIn("670.00", self.board(2))

    def test_focus_stays(self) -> None:
        """Lines that keep their places are not touched: neither focus nor a click is lost."""
        self.addCleanup(self.call, "DELETE", "/api/levels/3/users/8", as_admin=True)
        self.open("/")
        self.board(3)
        self.browser.run("document.querySelector('[data-level=\"3\"] ol li a').focus()")
        self.post_scores(8, {3: 4500})
        self.browser.wait_for_text("[data-level='3'] ol", "4,500")
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "Émile")

    def test_changes_again(self) -> None:
        """A line that has changed stands out anew when it changes again."""
        self.open("/")
        self.board(2)
        animations = self.browser.driver.execute_async_script("""
            const done = arguments[0];
            const line = document.querySelector("[data-level='2'] ol li");
            import(document.querySelector("link[href*='/dom.']").href).then(({ markChanged }) => {
              const running = [true, true, false].map((isChanged) => {
                markChanged(line, isChanged);
                return line.getAnimations()[0];
              });
              done([running[0] !== running[1], ...running.map(Boolean)]);
            });
        """)
        self.assertEqual(animations, [True, True, True, False])

    def test_more(self) -> None:
        """The rest comes on demand."""
        self.open("/")
        self.assertEqual(len(self.browser.all("#levels > li")), 24)
        self.click("#more")
        wait_until(lambda: len(self.browser.all("#levels > li")) == 30, LONG)
        self.assertFalse(self.browser.texts("#more"))
        self.browser.driver.refresh()
        self.browser.wait("html[data-ready]")
        self.assertEqual(len(self.browser.all("#levels > li")), 30)

    def test_late_list(self) -> None:
        """A list that was asked for before the rest was, and comes after it, changes nothing."""
        self.open("/")
        self.browser.hold("/api/levels?")
        self.browser.run("document.dispatchEvent(new Event('visibilitychange'))")
        self.click("#more")
        wait_until(lambda: len(self.browser.all("#levels > li")) == 30, LONG)
        self.browser.run("release()")
        wait_until(lambda: self.browser.run("return window.isRead"), LONG)
        self.assertEqual(len(self.browser.all("#levels > li")), 30)

    def test_search(self) -> None:
        """A search finds levels by title and number, players by number and name; it is kept in the
        address."""
        self.open("/")
        for text, levels, players in (
            ("cany", ["Canyon"], []), ("29", ["Level 29"], []),
            ("émi", [], ["Émile\n5"]), ("3", ["Level 3"], ["Player 3"]), ("nobody", [], []),
        ):  # fmt: skip
            with self.subTest(text=text):
                field = self.browser.wait("#q")
                field.clear()
                field.send_keys(text)
                self.wait_for_texts("#levels h2", levels)
                self.wait_for_texts("#found li", players)
                self.assertEqual(bool(self.browser.texts("#nothing")), not (levels or players))
        self.open("/?q=cany")
        self.assertEqual(self.browser.texts("#levels h2"), ["Canyon"])
        self.assertEqual(self.browser.run("return q.value"), "cany")
        # Some seconds later Chromium would complain that nobody has used it.
        self.assertEqual(self.browser.all("link[rel=preload]"), [])

    def test_way(self) -> None:
        """A card leads to its board, a line to its player, and history leads back."""
        self.open("/")
        self.board(2)
        self.click("[data-level='2'] h2 a")
        self.browser.wait_for_text("h1", "Canyon")
        self.browser.driver.back()
        self.board(2)
        self.click("[data-level='2'] ol li:nth-child(2) a")
        self.browser.wait_for_text("h1", "Émile")

    def test_keyboard(self) -> None:
        """From the top: a way past the navigation, then the search, then the first level."""
        self.open("/")
        self.board(2)
        places = []
        for _ in range(7):
            self.browser.press("Tab")
            places.append(self.browser.run(
                "const a = document.activeElement; return a.id || a.textContent.trim()"
            ))  # fmt: skip
        top = ["Skip to the content", "gameserver", "Boards", "Tournaments"]
        self.assertEqual(places, [*top, "q", "Canyon", "Player 6"])

    def test_reduced_motion(self) -> None:
        """Who wants no motion gets none."""
        script = (
            "const line = document.querySelector('#levels ol li'); line.className = 'changed';"
            "return getComputedStyle(line).animationName"
        )
        self.open("/")
        self.board(2)
        self.assertEqual(self.browser.run(script), "changed")
        self.browser.look(prefers_reduced_motion="reduce")
        self.assertEqual(self.browser.run(script), "none")

    def test_no_scrolling_aside(self) -> None:
        """On a phone no page is wider than the screen."""
        self.browser.look(PHONE)
        for target in ("/", "/levels/2?user=5", "/users/5"):
            self.open(target)
            width = self.browser.run("return document.documentElement.scrollWidth")
            self.assertEqual(width, PHONE[0], target)

    def test_hidden(self) -> None:
        """A hidden tab follows nothing, and goes on when it is seen again."""
        self.open("/")
        self.board(2)
        hide = (
            "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        self.browser.run(hide, True)
        self.browser.wait("#state [data-state=paused]")
        self.browser.run(hide, False)
        self.browser.wait("#state :is([data-state=live], [data-state=polling])")

    @needs_axe
    def test_faults(self) -> None:
        """Axe finds nothing serious, in light and in dark."""
        self.open("/")
        self.board(2)
        self.assert_no_faults()


@needs_browser
class NoStreamTest(unittest.TestCase):
    """Streams that are refused: an answer that is no 200 ends an EventSource for good."""

    def test_falls_back(self) -> None:
        """The boards are asked for instead, and after a while a new stream is tried."""
        tried: list[float] = []

        def live(request: Request, services: object) -> Response:
            tried.append(time.monotonic())
            return error_response(Overloaded("there are too many live streams"))

        with running(path("/api/live", GET=live)) as server:
            url = f"http://127.0.0.1:{server.port}/"
            key = requests.get(f"{url}4711/login", timeout=PATIENCE).text
            requests.post(f"{url}2/score?sessionkey={key}", b"1500", timeout=PATIENCE)
            browser = Browser()
            self.addCleanup(browser.close)
            browser.open(url)
            browser.wait_for_text("#levels ol", "1,500")
            browser.wait("#state [data-state=polling]")
            wait_until(lambda: len(tried) >= 2, LONG)
            self.assertGreater(tried[1] - tried[0], 0.9)


class HostileTest(BrowserCase):
    """Names, titles, tiers and metadata that would be more than text."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        case = cls()
        for user_id, name in enumerate(HOSTILE):
            case.call("PUT", f"/api/users/{user_id}", {"name": name}, as_admin=True)
            settings = {"title": name, "tiers": [[HOSTILE[0], 50], [HOSTILE[1], 100]]}
            case.call("PUT", f"/api/levels/{user_id}", settings, as_admin=True)
            key = case.call("GET", f"/{user_id}/login")
            meta = {HOSTILE[0]: HOSTILE[1], HOSTILE[2]: {HOSTILE[3]: [name]}}
            posts = [{"level": level, "score": 10 + user_id, "meta": meta}
                     for level in range(len(HOSTILE))]  # fmt: skip
            case.call("POST", f"/api/scores?sessionkey={key}", {"scores": posts})

    def assert_text_only(self) -> None:
        """The page has no element that a name has made, and the console is quiet."""
        made = "return document.querySelectorAll('main img, main script, svg[onload], b').length"
        self.assertEqual(self.browser.run(made), 0)
        self.assert_no_complaints()

    def test_boards(self) -> None:
        self.open("/?q=evil")
        self.browser.wait("#levels ol li")
        titles = self.browser.texts("#levels h2")
        self.assertEqual(sorted(titles), sorted(each for each in HOSTILE if "evil" in each))
        self.assert_text_only()
        self.open("/?q=<")
        self.assertEqual(len(self.browser.texts("#found li")), 3)
        self.assert_text_only()

    def test_level(self) -> None:
        for level_id, title in enumerate(HOSTILE):
            self.open(f"/levels/{level_id}?user={level_id}")
            self.assertEqual(self.browser.text("h1"), title)
            self.assertEqual(self.browser.driver.title, title)
            names = self.browser.texts("#board [data-column=name] a")
            self.assertEqual(names, list(reversed(HOSTILE)))
            line = self.browser.text("#board tbody tr")
            self.assertIn(f"{HOSTILE[0]}: {HOSTILE[1]}, {HOSTILE[2]}: ", line)
            self.assert_text_only()

    def test_several(self) -> None:
        self.open(f"/levels/0?user={HOSTILE[0][:1]}")
        self.assertEqual(len(self.browser.texts("#several li")), 3)
        self.assert_text_only()

    def test_user(self) -> None:
        for user_id, name in enumerate(HOSTILE):
            self.open(f"/users/{user_id}")
            self.assertEqual(self.browser.text("h1"), name)
            titles = self.browser.texts("#current [data-column=title] a")
            self.assertEqual(sorted(titles), sorted(HOSTILE))
            self.assert_text_only()
