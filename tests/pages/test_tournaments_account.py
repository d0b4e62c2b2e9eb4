"""Accounts in a browser: signing up, logging in and out, the password, leaving."""

from __future__ import annotations

import unittest
from typing import Any
from urllib.parse import quote

from tests.pages.tournaments import PASSWORD, TournamentCase


class AccountTest(TournamentCase):
    people = ("ann",)

    def fill_in(self, form: str, **values: str) -> None:
        """Types into the fields of a form and sends it."""
        for name, value in values.items():
            self.put(f"[data-slot={form}] [name={name}]:not([readonly])", value)
        self.click(f"[data-slot={form}] button")

    def kept(self) -> list[Any]:
        """What this tab keeps, and where."""
        script = "return [document.cookie, localStorage.length, Object.keys(sessionStorage),"
        script += "JSON.stringify(sessionStorage), document.documentElement.outerHTML]"
        return list(self.browser.run(script))

    def check_login(self, name: str) -> None:
        self.browser.wait_for_text("#who", name)
        cookie, local, keys, session, page = self.kept()
        self.assertEqual((cookie, local, keys), ("", 0, ["account"]))
        self.assertNotIn(PASSWORD, session + page)

    def test_way(self) -> None:
        """From signing up to leaving: a login survives a reload, and ends when somebody says so."""
        self.become("")
        cup = self.create()
        self.open(f"/tournaments/{cup}")
        self.click("[data-state=logged-out] a")
        self.fill_in("signup", username="ANN", password=PASSWORD)
        self.browser.wait_for_text("[data-slot=signup-says]", "This name is taken")
        self.fill_in("signup", username="Zoë", password=PASSWORD)
        self.browser.wait_for_text("[data-slot=signup-says]", "It was refused: Name: ")
        self.assertTrue(self.browser.all("#signup-name[aria-invalid=true]"))
        self.fill_in("signup", username="a:b", password="long enough to be good")
        self.browser.wait("#signup-name[aria-invalid=true]")
        self.assertIn("Name: ", self.browser.text("[data-slot=signup-says]"))
        self.assertEqual(
            self.browser.wait("#signup-password").get_property("value"), "long enough to be good"
        )
        self.fill_in("signup", username="<b>zoe", password=PASSWORD)
        self.browser.wait("[data-call=participate]")
        self.assertTrue(self.browser.driver.current_url.endswith(f"/tournaments/{cup}"))
        self.check_login("<b>zoe")
        self.browser.driver.refresh()
        self.check_login("<b>zoe")
        self.click("#who")
        self.change_password()
        self.leave()

    def change_password(self) -> None:
        """With a wrong one nothing changes; with the right one this tab stays logged in."""
        self.browser.wait_for_text("#view", "You are logged in as <b>zoe")
        self.fill_in("password", old="wrong-wrong", new="another-password")
        self.browser.wait_for_text("[data-slot=password-says]", "do not belong together")
        self.assertEqual(self.browser.wait("#new").get_property("value"), "another-password")
        self.fill_in("password", old=PASSWORD, new="another-password")
        self.browser.wait_for_text("[data-slot=password-says]", "The password is changed")
        self.assertEqual(self.browser.wait("#old").get_property("value"), "")
        self.check_login("<b>zoe")

    def leave(self) -> None:
        """Log out, log in with the new password, delete the account."""
        self.click("#leave")
        self.browser.wait("[data-slot=login]")
        self.assertEqual(self.kept()[2], [])
        self.fill_in("login", username="<b>zoe", password=PASSWORD)
        self.browser.wait_for_text("[data-slot=login-says]", "do not belong together")
        self.assertEqual(self.browser.wait("#login-name").get_property("value"), "<b>zoe")
        self.fill_in("login", password="another-password")
        self.browser.wait_for_text("#who", "<b>zoe")
        self.open("/tournaments/account")
        self.click("#view summary")
        self.fill_in("delete", password="another-password")
        self.browser.wait_for_text("#view", "The account is deleted")
        self.assertEqual(self.kept()[2], [])
        self.browser.wait("#enter")

    def test_next(self) -> None:
        """A login leads back to a page of tournaments, and to no other."""
        for text in ("https://example.org/", "//example.org/tournaments", "/console",
                     "/tournaments@example.org", "javascript:alert(1)", "/tournaments/../console",
                     "\\\\example.org/tournaments"):  # fmt: skip
            self.become("ann")
            self.open(f"/tournaments/account?next={quote(text, safe='')}")
            back = self.browser.all("[data-slot=back]")[0]
            with self.subTest(text=text):
                self.assertFalse(back.is_displayed())
        self.open("/tournaments/account?next=/tournaments/new%3Fa=1")
        self.click("[data-slot=back] a")
        self.browser.wait("#new-name")

    def test_password_managers(self) -> None:
        """The fields say what they are for."""
        self.become("")
        self.open("/tournaments/account")
        script = "return [...document.querySelectorAll(`[data-slot=${arguments[0]}] input`)]"
        script += ".map((each) => `${each.type} ${each.autocomplete}`)"
        name, old, new = "text username", "password current-password", "password new-password"
        for form, wanted in (("login", [name, old]), ("signup", [name, new]),
                             ("password", [name, old, new]), ("delete", [name, old])):  # fmt: skip
            self.assertEqual(self.browser.run(script, form), wanted)

    def test_ended(self) -> None:
        """A token that has ended is said beside what was done; what was typed is there."""
        self.visit("ann", "/tournaments/new")
        self.browser.wait_for_text("#who", "ann")
        self.put("#new-name", "Autumn Cup")
        self.browser.run(
            "const real = fetch; window.fetch = (path, options) => real(path, { ...options,"
            " headers: { ...options.headers, 'X-Scoreganizer-Authorization': 'ann:0' } })"
        )
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "For this you have to log in")
        self.assertEqual(self.kept()[2], ["tournament"])
        self.click("#view form .says a")
        self.browser.wait("[data-slot=login]")
        self.fill_in("login", username="ann", password=PASSWORD)
        self.browser.wait("[data-slot=form]")
        self.assertEqual(self.browser.wait("#new-name").get_property("value"), "Autumn Cup")
        ended = '{"username": "ann", "token": "1"}'
        self.browser.run("sessionStorage.setItem('account', arguments[0])", ended)
        self.open("/tournaments")
        self.browser.wait("#enter")
        self.assertEqual(self.kept()[2], ["tournament"])

    def test_stale(self) -> None:
        """A token that has become stale is changed for a new one."""
        self.visit("ann", "/tournaments")
        source = (
            "const real = fetch; const json = (value) => new Response("
            "JSON.stringify(value), { headers: { 'Content-Type': 'application/json' } });"
            "window.fetch = async (path, options) => {"
            " if (path.endsWith('token_status')) return json({ status: 'ok_stale' });"
            " if (path.endsWith('refresh_token')) return json({ token: 'fresh' });"
            " return real(path, options); }"
        )
        self.run_before(source)
        self.open("/tournaments")
        self.assertIn('\\"token\\":\\"fresh\\"', self.kept()[3])
        self.browser.wait_for_text("#who", "ann")


if __name__ == "__main__":
    unittest.main()
