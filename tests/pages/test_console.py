"""The console: its gate, its views for everybody's eyes, and what it never does."""

from __future__ import annotations

import re
import unittest

import requests

from tests.browser import PHONE, needs_axe
from tests.pages.console import TITLE, VIEWS, ConsoleCase
from tests.pages.hostile import HOSTILE
from tests.servers import ServerProcess
from tests.support import PATIENCE, wait_until


class ConsoleTest(ConsoleCase):
    """The gate, and every view, full of names that would like to be markup."""

    flags = ("--threaded", "--access_log")

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls("fill").fill()

    def fill(self) -> None:
        title = {"title": TITLE, "times": True, "tiers": [["<b>", 50]]}
        self.call("PUT", "/api/levels/7", title, as_admin=True)
        self.call("PUT", "/api/users/3", {"name": f"a{TITLE[:31]}"}, as_admin=True)
        key = self.call("GET", "/3/login")
        body = {"score": 5, "meta": {TITLE: TITLE}, "sessionkey": key}
        self.call("POST", "/api/levels/7/scores", body)
        self.post_scores(4, {7: 6, 8: 1})
        self.call("DELETE", "/api/levels/8/users/4", as_admin=True)
        self.call("POST", "/api/tokens", {"name": "arena"}, as_admin=True)
        for number, text in enumerate(HOSTILE, 100):
            self.call("PUT", f"/api/levels/{number}", {"title": text}, as_admin=True)
            self.call("PUT", f"/api/users/{number}", {"name": text}, as_admin=True)
            self.post_scores(number, {9: number})

    def test_asks_nothing_before(self) -> None:
        """Before it has the token, the server is asked for the page and its files alone."""
        self.browser.open("about:blank", is_ready=False)
        begin = self.mark("/begin")
        self.open("/console#/audit")
        self.assertIn("--admin_token_file", self.browser.text("#token-help"))
        end = self.mark("/end")
        asked = set(re.findall(r"ACCESS \S+ \S+ (\S+)", self.server.log()[begin:end]))
        self.assertIn("/console", asked)
        self.assertEqual({each for each in asked if each.startswith("/api")}, set())
        self.assertNotIn("/openapi.json", asked)
        self.assertEqual(self.browser.texts("#view *"), [])
        self.assert_no_complaints()

    def mark(self, path: str) -> int:
        """Asks for something, and returns where the log says so: behind all that was asked before.

        A line is written when its answer has been sent.
        """
        requests.get(self.url(path), timeout=PATIENCE)
        return int(wait_until(lambda: self.server.log().find(f" {path} ") + 1))

    def test_token_is_kept_nowhere(self) -> None:
        """The token opens the view of the address; who opens or reloads it is asked again."""
        self.enter("audit")
        self.assertEqual(self.browser.text("#view h2"), "Audit")
        kept = self.browser.run(
            "return [document.cookie, localStorage.length, sessionStorage.length,"
            " document.documentElement.outerHTML.includes(arguments[0]), location.href,"
            " document.querySelector('#token').value]",
            self.token,
        )
        self.assertEqual(kept, ["", 0, 0, False, self.url("/console#/audit"), ""])
        self.browser.driver.refresh()
        self.assertTrue(self.browser.wait("#gate").is_displayed())
        self.assertEqual(self.browser.texts("#view h2"), [])

    def test_lock(self) -> None:
        """Locked, it shows nothing more, and asks for the token."""
        self.enter("levels")
        self.click("#lock")
        self.browser.wait_for_text("#gate-says", "Locked")
        self.browser.driver.execute_async_script(
            "addEventListener('hashchange', () => setTimeout(arguments[0]), { once: true });"
            "location.hash = '#/audit'"
        )
        self.assertEqual(self.browser.texts("#view h2"), [])

    def test_wrong_token(self) -> None:
        """A token that is none, or cannot be one, is answered in words."""
        for token in ("wrong-wrong-wrong-wrong", "ä" * 20):
            self.open("/console")
            self.unlock(token)
            self.browser.wait_for_text("#gate-says", "not the admin's token")
        self.unlock(self.token)
        self.assertEqual(self.browser.text("#view h2"), "Levels")

    def test_no_admin(self) -> None:
        """Where there is no admin, a line says how to get one."""
        with ServerProcess("--threaded") as server:
            self.browser.open(f"{server.url}console")
            self.unlock(self.token)
            says = self.browser.wait_for_text("#gate-says", "has no admin")
            self.assertIn("--admin_token_file admin-token", says.text)
            self.browser.open("about:blank", is_ready=False)

    def test_hostile(self) -> None:
        """Names, titles and metadata are text wherever they are shown."""
        self.enter()
        self.browser.run("window.evil = () => { window.wasEvil = true; }")
        for view in (*VIEWS, "levels/9", "users/100"):
            self.go(view)
            with self.subTest(view=view):
                self.assertEqual(self.browser.all("main img, #view b, #view script"), [])
        for view in ("levels", "levels/9", "audit"):
            self.go(view)
            for text in HOSTILE:
                self.assertIn(text, self.browser.text("#view"))
        self.assertIsNone(self.browser.run("return window.wasEvil ?? null"))
        for view in ("levels", "levels/7", "audit"):
            self.go(view)
            self.assertIn(TITLE, self.browser.text("#view"))
        self.go("levels/7/settings")
        self.assertEqual(self.browser.wait("#s-title").get_property("value"), TITLE)
        self.assertEqual(self.browser.wait("#s-tiers").get_property("value"), "<b> 50")
        for view in ("levels/7", "users/3", "users?q=a"):
            self.go(view)
            self.assertIn(f"a{TITLE[:31]}", self.browser.text("#view"))
        self.go("levels/7")
        self.assertIn('onerror=\\"window', self.browser.text("#view .meta:not(:empty)"))
        self.go(f"levels?q={TITLE.replace('&', '%26')}")
        self.assertIn("1 of 1", self.browser.text("#view"))
        self.assert_no_complaints()

    @needs_axe
    def test_faults(self) -> None:
        """Axe finds nothing serious in the gate and in any view, in light and in dark."""
        self.open("/console")
        self.assert_no_faults()
        self.enter()
        for view in VIEWS:
            self.go(view)
            with self.subTest(view=view):
                self.assert_no_faults()

    @needs_axe
    def test_faults_of_deeds(self) -> None:
        """Nor after something was done, counted, made or refused."""
        self.enter("levels/8")
        self.post_scores(4, {8: 1})
        self.go("levels/8")
        self.click(f"{self.row(1)} button.danger")
        self.browser.wait_for_text(self.row(1), "The score is gone")
        self.assert_no_faults()
        self.go("purge?level=7")
        self.click("#view .primary")
        self.browser.wait_for_text("#view", "to take them away")
        self.assert_no_faults()
        self.go("tokens")
        self.put("#token-name", "another\n")
        self.browser.wait_for_text("#view tbody", "another")
        self.put("#token-name", "another\n")
        self.browser.wait_for_text("#view", "It could not be done")
        self.assert_no_faults()

    def test_phone_and_print(self) -> None:
        """Nothing is wider than a phone; on paper there is what there is to read."""
        self.browser.look(PHONE)
        self.enter()
        for view in VIEWS:
            self.go(view)
            wide = self.browser.run("return document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, view)
        self.go("levels/7")
        buttons = [each.split("\n")[0] for each in self.browser.texts("#view tbody button")]
        self.assertEqual(buttons, ["Hide", "Delete"] * 2)
        self.browser.look(media="print")
        self.assertEqual(self.browser.texts("#views a, #view button"), [])
        self.assertIn("Rank", self.browser.text("#view table"))

    def test_keyboard(self) -> None:
        """Keys alone lead to a view, to a deed and to undoing it."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        def press(*keys: str) -> None:
            ActionChains(self.browser.driver).send_keys(*keys).perform()

        def focused() -> str:
            return str(self.browser.run("return document.activeElement.innerText")).strip()

        self.enter("levels")
        self.assertEqual(focused(), "Levels")
        self.browser.run("document.querySelector('#views a[href=\"#/tokens\"]').focus()")
        press(Keys.ENTER)
        self.browser.wait_for_text("#view h2", "Tokens")
        self.assertEqual(focused(), "Tokens")
        press(Keys.TAB)
        self.assertEqual(self.browser.run("return document.activeElement.id"), "token-name")
        self.go("levels/7")
        self.browser.run(f"document.querySelector('{self.row(1)} button.danger').focus()")
        press(Keys.ENTER)
        self.browser.wait_for_text(self.row(1), "The score is gone")
        self.assertEqual(focused(), "Undo")
        press(Keys.SPACE)
        self.browser.wait_for_text(self.row(1), "Undone")
        self.assertTrue(focused().startswith("Delete"))

    def test_times(self) -> None:
        """Times are those of the reader's zone, in tables and in fields."""
        driver = self.browser.driver
        at = self.call("GET", "/api/levels/7")["entries"][0]["at"]
        driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Kathmandu"})
        try:
            self.enter("levels/7")
            shown = self.browser.text(f"{self.row(1)} time")
            minute = (int(at[14:16]) + 45) % 60
            self.assertIn(f":{minute:02}:{at[17:19]}", shown)
            self.go("purge?from=2026-11-21T10:00:00.000Z")
            field = self.browser.wait("#p-from")
            self.assertEqual(field.get_property("value")[:16], "2026-11-21T15:45")
        finally:
            driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})

    def test_unknown(self) -> None:
        """An address that leads nowhere says so."""
        self.enter("nothing/here")
        self.assertEqual(self.browser.text("#view h2"), "No such view")

    def test_still(self) -> None:
        """For those who want no motion nothing moves."""
        self.browser.look(prefers_reduced_motion="reduce")
        self.enter("server")
        moving = self.browser.run("return document.getAnimations().length")
        durations = self.browser.run(
            "return [...document.querySelectorAll('main *')]"
            ".map((e) => getComputedStyle(e).transitionDuration).filter((d) => d !== '0s')"
        )
        self.assertEqual((moving, durations), (0, []))


if __name__ == "__main__":
    unittest.main()
