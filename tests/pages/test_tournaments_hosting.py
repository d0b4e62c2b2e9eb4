"""Hosting tournaments in a browser, and how their pages look."""

from __future__ import annotations

import unittest

from tests.browser import PHONE, needs_axe
from tests.client.scenario.replay_files import rmv
from tests.pages.hostile import HOSTILE
from tests.pages.tournaments import TournamentCase, moment, unproven


class HostingTest(TournamentCase):
    people = ("ann", "bob", HOSTILE[0])

    def fields(self, tournament: int) -> dict[str, object]:
        return dict(self.ask("", "GET", f"tournaments/detail/{tournament}")["tournament"])

    def newest(self) -> dict[str, object]:
        """The tournament that was made last, after its page is there."""
        self.browser.wait("[data-slot=hosting]")
        return self.fields(int(self.browser.driver.current_url.rpartition("/")[2]))

    def test_create(self) -> None:
        """The form says what a mode means and when it is in UTC, and builds the parameters."""
        self.visit("ann", "/tournaments/new")
        self.put("#new-name", HOSTILE[0])
        self.put("#new-location", HOSTILE[1])
        self.assertEqual(self.browser.driver.title, "Host a tournament")
        meaning = "[data-slot=meaning]"
        self.assertIn("3 beginner, 2 intermediate and 1 expert games", self.browser.text(meaning))
        self.click("[value=sum_timelimit]")
        self.put("#new-b", "0")
        self.put("#new-minutes", "120")
        self.assertIn("Each player has 2 h from drawing the key", self.browser.text(meaning))
        self.assertIn("0+2+1,120", self.browser.text(meaning))
        self.choose("#new-start", "2090-05-20T13:00")
        self.choose("#new-end", "2090-05-20T12:00")
        self.assertRegex(self.browser.text("#start-utc"), r"20 May 2090, \d\d:00 UTC")
        self.browser.driver.refresh()
        self.browser.wait("html[data-ready]")
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "Ends: must be after the start")
        self.assertTrue(self.browser.run("return document.activeElement.matches("
                                         "'#new-end[aria-invalid=true]')"))  # fmt: skip
        self.choose("#new-end", "2090-05-21T13:00")
        self.assertEqual(self.browser.all("#new-end[aria-invalid]"), [])
        self.click("[name=open_entry]")
        self.click("#view .primary")
        made = self.newest()
        self.assertEqual(self.browser.text("h1"), HOSTILE[0])
        wanted = {
            "name": HOSTILE[0], "location": HOSTILE[1], "mode": "sum_timelimit",
            "modeparams": "0+2+1,120", "open_entry": False, "hide_results": False,
        }  # fmt: skip
        self.assertEqual({name: made[name] for name in wanted}, wanted)

    def test_create_levels(self) -> None:
        """Levels in any spelling; what the server says of them stands beside the form."""
        self.call("PUT", "/api/levels/31", {"order": "asc"}, as_admin=True)
        self.visit("ann", "/tournaments/new")
        self.put("#new-name", "League")
        self.click("[value=levels]")
        self.put("#new-levels", "30, 31")
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "It was refused: Numbers of levels: ")
        self.put("#new-levels", "30 32;33")
        self.assertIn("30, 32 and 33", self.browser.text("[data-slot=meaning]"))
        self.click("#view .primary")
        made = self.newest()
        self.assertEqual((made["mode"], made["modeparams"]), ("levels", "30+32+33"))
        self.assertEqual(made["open_entry"], True)

    def test_players(self) -> None:
        """Invite and confirm; an unknown name is said so; unproven games are counted, and go."""
        cup = self.create(open_entry=False, name=HOSTILE[2])
        self.ask("bob", "POST", f"tournaments/participate/{cup}")
        self.visit("ann", f"/tournaments/{cup}")
        self.put("#invite", "nobody\n")
        self.browser.wait_for_text("[data-slot=invite-says]", "No player has this name")
        self.assertEqual(self.browser.wait("#invite").get_property("value"), "nobody")
        self.put("#invite", f"{HOSTILE[0]}\n")
        self.browser.wait_for_text("[data-slot=invite-says]", f"{HOSTILE[0]} is invited")
        self.click("[data-slot=confirm]")
        self.browser.wait_for_text("[data-slot=lines]", "bob")
        key = str(self.ask("bob", "POST", f"tournaments/gen_key/{cup}")["key"])
        for replay in (unproven(key), unproven(key, 5000), rmv(key)):
            self.hand_in(replay)
        row = "[data-slot=players] tr:first-child"
        self.browser.wait_for_text(f"{row} [data-slot=unproven]", "2")
        self.browser.wait_for_text("[data-slot=lines]", "0:04.000")
        self.click(f"{row} summary")
        self.click("[data-slot=remove]")
        self.browser.wait_for_text(row, "3 games count no more")
        self.assertEqual(self.standings(cup), [(1, "bob", 0)])
        self.click(f"{row} summary")
        self.click("[data-slot=remove]")
        self.browser.wait_for_text(row, "Nothing of this player counts here")

    def test_slow_connection(self) -> None:
        """What was done is said, and stays, though the page takes its time to show it."""
        cup = self.create(open_entry=False)
        self.ask("bob", "POST", f"tournaments/participate/{cup}")
        self.visit("ann", f"/tournaments/{cup}")
        self.browser.wait("[data-slot=confirm]")
        self.browser.run(
            "const ask = window.fetch;"
            "window.fetch = async (path, options) => {"
            "  if (options.method === 'GET') await new Promise((then) => setTimeout(then, 600));"
            "  return ask(path, options);"
            "};"
        )
        self.click("[data-slot=confirm]")
        self.browser.wait_for_text("[data-slot=player-says]", "Confirmed")
        self.browser.wait_until_idle()
        self.assertIn("Confirmed", self.browser.text("[data-slot=player-says]"))

    def test_stop_and_delete(self) -> None:
        """One that runs is stopped, one that nobody has entered is deleted; others see neither."""
        cup = self.create()
        self.visit("bob", f"/tournaments/{cup}")
        self.assertEqual(self.browser.texts("[data-slot=hosting]"), [])
        self.visit("ann", f"/tournaments/{cup}")
        self.click("[data-slot=stopping] summary")
        self.click("[data-slot=stop] button")
        self.browser.wait_for_text(".clock", "Over")
        self.assertEqual(self.browser.texts("[data-slot=stopping]"), [])
        self.click("[data-slot=deleting] summary")
        self.click("[data-slot=delete] button")
        self.browser.wait("[data-list]")
        self.assertNotIn(cup, [each["id"] for each in self.ask("", "GET", "tournaments/all")])

    def fill(self) -> list[str]:
        """Tournaments with hostile names in every place; the addresses of all views."""
        names = {"name": HOSTILE[2], "location": HOSTILE[1]}
        host = HOSTILE[0]
        cup = self.create(host, **names)
        self.hand_in(rmv(self.key(host, cup)))
        self.ask(host, "POST", f"tournaments/invite/{cup}", username="bob")
        league = self.create(host, mode="levels", modeparams="7", **names)
        self.key(host, league)
        coming = self.create(host, start=moment(2), hide_results=True, open_entry=False, **names)
        self.ask("bob", "POST", f"tournaments/participate/{coming}")
        over = self.create(host, **names)
        self.ask(host, "POST", f"tournaments/stop/{over}")
        return ["", "?list=upcoming", "?list=archive", "?list=my_active", "/new", "/account",
                f"/{cup}", f"/{league}", f"/{coming}", f"/{over}", "/999"]  # fmt: skip

    @needs_axe
    def test_looks(self) -> None:
        """Every view, with hostile names, logged out and as the host: text, no faults, no wider
        than a phone.
        """
        views = self.fill()
        for who, some in (("", ["?list=my_active", "/account", views[6]]), (HOSTILE[0], views)):
            self.become(who)
            for view in some:
                with self.subTest(who=who, view=view):
                    self.browser.look(PHONE)
                    self.open(f"/tournaments{view}")
                    script = "return document.documentElement.scrollWidth"
                    self.assertLessEqual(self.browser.run(script), PHONE[0])
                    self.assertEqual(self.browser.all("main img, main script, main main svg"), [])
                    self.assertEqual(len(self.browser.texts("h1")), 1)
                    self.browser.look()
                    self.assert_no_faults()
        self.assertIsNone(self.browser.run("return window.hacked ?? null"))
        self.open(f"/tournaments{views[6]}")
        for place, text in (
            ("h1", HOSTILE[2]), ("header.stack", HOSTILE[1]), ("header.stack", HOSTILE[0]),
            ("[data-slot=lines]", HOSTILE[0]), ("tbody[data-slot=players]", HOSTILE[0]),
            ("#who", HOSTILE[0]),
        ):  # fmt: skip
            self.assertIn(text, self.browser.text(place))
        self.open("/tournaments")
        self.assertIn(HOSTILE[2], self.browser.text("#view"))

    def test_print(self) -> None:
        """On paper there is the table, and nothing to press."""
        cup = self.create()
        self.key("bob", cup)
        self.visit("ann", f"/tournaments/{cup}")
        self.browser.look(media="print")
        self.assertIn("bob", self.browser.text("[data-slot=lines]"))
        for hidden in ("nav", "button", "form", "[data-slot=part]", "[data-slot=hosting]"):
            self.assertEqual(self.browser.texts(hidden), [])

    def test_keyboard(self) -> None:
        """The way from the top of the page to taking part is made of Tab and Enter."""
        cup = self.create()
        self.visit("bob", f"/tournaments/{cup}")
        for _ in range(30):
            self.browser.press("Tab")
            if self.browser.run("return document.activeElement.dataset.call === 'participate'"):
                break
        self.browser.press("Enter")
        self.browser.wait("[data-call=gen_key]")
        self.browser.wait_until_idle()
        self.browser.press("Tab", "Enter")
        self.assertEqual(len(self.browser.wait("#key").get_property("value").split("_")), 3)

    def test_zone(self) -> None:
        """Times are in the reader's zone, and in UTC."""
        cup = self.create(start="2030-05-20T22:00", end="2030-05-21T01:30")
        command = "Emulation.setTimezoneOverride"
        self.browser.driver.execute_cdp_cmd(command, {"timezoneId": "Asia/Tokyo"})
        self.addCleanup(self.browser.driver.execute_cdp_cmd, command, {"timezoneId": ""})
        self.visit("", f"/tournaments/{cup}")
        shown = self.browser.text(".clock").replace("\N{NARROW NO-BREAK SPACE}", " ")
        self.assertIn("May 21, 2030, 7:00", shown)
        self.assertIn("(Asia/Tokyo)", shown)
        self.assertRegex(shown, r"20 May 2030, 22:00\W+21 May 2030, 01:30 UTC")


if __name__ == "__main__":
    unittest.main()
