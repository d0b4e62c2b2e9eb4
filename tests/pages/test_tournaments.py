"""Tournaments in a browser: the lists, taking part, the key, uploads, posts with a key."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from datetime import datetime
from pathlib import Path

from tests.client.scenario.replay_files import LOST, avf, rmv
from tests.pages.tournaments import TournamentCase, moment

BUSY = """
    let left = 2;
    window.XMLHttpRequest = class extends XMLHttpRequest {
      send(form) {
        this.refusal = { 2: 503, 1: 429 }[left--];
        if (this.refusal) setTimeout(() => this.dispatchEvent(new ProgressEvent("load")));
        else super.send(form);
      }
      get status() { return this.refusal ?? super.status; }
      get responseText() { return this.refusal ? '{"error": "overloaded"}' : super.responseText; }
      getResponseHeader(name) { return this.refusal ? "1" : super.getResponseHeader(name); }
    };
"""
"""The server refuses two uploads, with a second to wait."""

LISTEN = """
    window.said = [];
    const list = document.querySelector("[data-slot=list]");
    new MutationObserver(() => window.said.push(list.innerText))
      .observe(list, { subtree: true, childList: true, characterData: true });
"""
"""Whatever the list of files says, for however short a time, is in `said`."""

CLOCK = """
    let now = %d;
    window.setClock = (milliseconds) => { now = milliseconds; };
    Date.now = () => now;
    const get = Headers.prototype.get;
    Headers.prototype.get = function (name) {
      return name === "Date" ? new Date(now).toUTCString() : get.call(this, name);
    };
    const later = setTimeout;
    window.setTimeout = (work, wait) => {
      window.wait = wait;
      return later(work, wait);
    };
"""
"""The clocks of the page and of the server stand still until `setClock`; `wait` is until when the
page waits."""


class ListsTest(TournamentCase):
    people = ("ann",)

    def names(self, path: str) -> list[str]:
        self.open(path)
        return self.browser.texts("#view li h2")

    def test_lists(self) -> None:
        """The running ones, those to come and those that are over, by address and in order."""
        self.become("")
        for path, words in (("", "No tournament is running"), ("?list=upcoming", "is planned"),
                            ("?list=archive", "is over yet")):  # fmt: skip
            self.open(f"/tournaments{path}")
            self.assertIn(words, self.browser.text("#view"))
        self.create(name="late", end=moment(9))
        self.create(name="soon", end=moment(2.5))
        self.create(name="next year", start=moment(9000), end=moment(9001))
        self.create(name="tomorrow", start=moment(24), end=moment(25), location="Graz")
        over = self.create(name="was")
        self.ask("ann", "POST", f"tournaments/stop/{over}")
        self.assertEqual(self.names("/tournaments"), ["soon", "late"])
        self.assertIn("Ends in 2 h", self.browser.text("#view li"))
        self.assertIn("best beginner game counts", self.browser.text("#view li"))
        self.assertEqual(self.names("/tournaments?list=upcoming"), ["tomorrow", "next year"])
        self.assertIn("Graz", self.browser.text("#view li"))
        self.assertEqual(self.names("/tournaments?list=archive"), ["was"])
        self.assertEqual(self.browser.text(".chips [aria-current]"), "Past")
        self.assertEqual(self.names("/tournaments?list=constructor"), ["soon", "late"])
        self.check_yours(over)
        self.check_pages()
        self.check_focus()
        self.assert_no_complaints()

    def check_yours(self, over: int) -> None:
        """One's own need a login, and say how far one has come."""
        self.assertEqual(self.names("/tournaments?list=my_active"), [])
        self.assertIn("you have to log in", self.browser.text("#view .says"))
        self.ask("ann", "POST", f"tournaments/participate/{over - 3}")
        self.become("ann")
        self.assertIn("soon", self.names("/tournaments?list=my_active"))
        self.assertIn("You take part", self.browser.text("#view"))

    def check_pages(self) -> None:
        """A long list has pages, which are addresses."""
        for number in range(30):
            self.create(name=f"n{number}", start=moment(50 + number), end=moment(99))
        self.assertEqual(len(self.names("/tournaments?list=upcoming")), 30)
        self.click("#view a[data-slot=next]")
        self.browser.wait_for_text("#view li:first-child", "tomorrow")
        self.assertIn("offset=30", self.browser.driver.current_url)
        self.assertEqual(len(self.browser.texts("#view li h2")), 2)
        self.assertEqual(self.names("/tournaments?list=upcoming&offset=999"), [])
        self.assertIn("ends before this page", self.browser.text("#view"))

    def check_focus(self) -> None:
        """Cards that keep their order are not moved: what has the focus keeps it."""
        self.open("/tournaments")
        self.browser.run("document.querySelector('#view li a').focus()")
        self.create(name="short", end=moment(1))
        self.browser.run("document.dispatchEvent(new Event('visibilitychange'))")
        self.browser.wait_for_text("#view li:first-child", "short")
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "soon")


class PlayTest(TournamentCase):
    """Both front ends: from the login button to the final standings."""

    def test_play(self) -> None:
        """Take part, draw the key, upload in each way, and be first; the verdicts are words."""
        cup = self.create("bob")
        self.visit("", f"/tournaments/{cup}")
        self.assertIn("Log in or sign up", self.browser.text("[data-slot=part]"))
        self.visit("ann", f"/tournaments/{cup}")
        self.click("[data-call=participate]")
        self.click("[data-call=gen_key]")
        key = self.browser.wait("#key").get_property("value")
        self.assertEqual(key, self.ask("ann", "GET", f"tournaments/get_key/{cup}")["key"])
        self.assertIn(f"#{key}", self.browser.text("[data-slot=arbiter]"))
        self.browser.wait_until_idle()
        self.assertTrue(self.browser.run("return document.activeElement.id === 'key'"))
        self.upload_several(key)
        self.browser.wait_for_text("[data-slot=lines] tr", "0:05.410")
        self.assertEqual(self.standings(cup), [(1, "ann", 5410)])
        self.assertIn("Rank 1 of 1 · 0:05.410", self.browser.text("[data-slot=place]"))
        self.browser.driver.refresh()
        self.assertEqual(self.browser.wait("#key").get_property("value"), key)
        self.ask("bob", "POST", f"tournaments/stop/{cup}")
        self.open(f"/tournaments/{cup}")
        self.assertIn("Final", self.browser.text("[data-slot=standings]"))
        self.assertEqual(self.browser.texts("[data-slot=upload]"), [])

    def upload_several(self, key: str) -> None:
        """By the field and by dropping: each file has its verdict, one after the other."""
        with tempfile.TemporaryDirectory() as folder:
            first = Path(folder, "first.rmv")
            first.write_bytes(rmv(key))
            self.browser.wait("#files").send_keys(str(first))
            self.verdict(1, "It counts.")
        files = {
            "faster.avf": avf(key), "again.rmv": rmv(key), "lost.rmv": rmv(key, 1, LOST),
            "no key.rmv": rmv("Ann"), "<img src=x>.txt": b"hello", "empty.rmv": b"",
        }  # fmt: skip
        self.drop("[data-slot=drop]", files)
        self.verdict(7, "the file is empty")
        for number, words in (
            (2, "It counts."), (3, "It counts."), (4, "It does not count: the game was not won."),
            (5, "the replay holds no tournament key"), (6, "holds no tournament key"),
        ):  # fmt: skip
            self.verdict(number, words)
        self.assertIn("<img src=x>.txt", self.browser.text("[data-slot=list] li:nth-child(6)"))

    def test_busy(self) -> None:
        """Uploads that are refused with 503 and 429 go on by themselves after Retry-After."""
        cup = self.create("bob")
        key = self.key("ann", cup)
        self.visit("", f"/tournaments/{cup}")
        self.browser.run(BUSY)
        self.browser.run(LISTEN)
        self.drop("[data-slot=drop]", {"a.rmv": rmv(key)})
        self.verdict(1, "It counts.")
        said = " ".join(self.browser.run("return window.said"))
        self.assertRegex(said, "(?s)The server is busy. It goes on by itself in 1 s.*itself in 2 s")
        self.browser.wait_for_text("[data-slot=lines] tr", "0:06.303")

    def test_levels(self) -> None:
        """Ask, be confirmed, draw the key; the lines that are shown make a score that moves in."""
        cup = self.create("bob", mode="levels", modeparams="7+8", open_entry=False)
        self.visit("ann", f"/tournaments/{cup}")
        self.click("[data-call=participate]")
        self.browser.wait_for_text("[data-slot=part]", "The host has to confirm it")
        self.ask("bob", "POST", f"tournaments/host_confirm/{cup}", username="ann")
        self.open(f"/tournaments/{cup}")
        self.assertIn("key=YOUR_KEY", self.browser.text("[data-slot=posting] pre"))
        self.click("[data-call=gen_key]")
        self.browser.wait("#key")
        lines = self.browser.run("return document.querySelector('[data-slot=curl]').textContent")
        done = subprocess.run(["sh", "-ec", lines], capture_output=True, check=True)
        self.assertEqual(done.stdout, b"")
        self.browser.wait_for_text("[data-slot=lines] tr", "1,500")
        self.assertIn("1 of 2", self.browser.text("[data-slot=lines] tr"))
        self.assertEqual(self.standings(cup), [(1, "ann", 1500)])
        self.assertEqual(self.browser.texts("[data-slot=upload]"), [])

    def test_invited(self) -> None:
        """An invitation is accepted; before the start there is no key, but the time for it."""
        cup = self.create("bob", start=moment(2.5), end=moment(4), open_entry=False)
        self.ask("bob", "POST", f"tournaments/invite/{cup}", username="ann")
        self.visit("ann", f"/tournaments/{cup}")
        self.assertIn("Invited\nann", self.browser.text("[data-slot=standings]"))
        self.assertIn("Starts in 2 h", self.browser.text(".clock"))
        self.click("[data-call=player_confirm]")
        self.browser.wait_for_text("[data-slot=part]", "Your key can be drawn from")
        self.assertIn("ann", self.browser.text("[data-slot=lines]"))

    def test_limit(self) -> None:
        """Against the clock: how long the key takes games; hidden standings are not asked for."""
        mode = {"mode": "sum_timelimit", "modeparams": "0+0+2,90", "hide_results": True}
        cup = self.create("bob", **mode)
        self.visit("ann", f"/tournaments/{cup}")
        self.assertIn("standings are shown after the end", self.browser.text("header.stack"))
        self.assertIn("2 expert games", self.browser.text("header.stack"))
        self.click("[data-call=participate]")
        self.browser.wait_for_text("[data-slot=names]", "ann")
        self.click("[data-call=gen_key]")
        self.browser.wait_for_text("[data-slot=part]", "It takes games for 1 h 29 min")

    # The standings move while somebody looks.

    def test_follow(self) -> None:
        """A new line comes by itself; hidden it rests; a server in trouble is said in words."""
        cup = self.create()
        self.visit("", f"/tournaments/{cup}")
        self.assertIn("Nobody takes part yet", self.browser.text("[data-slot=standings]"))
        self.ask("bob", "POST", f"tournaments/participate/{cup}")
        self.browser.wait_for_text("[data-slot=lines]", "bob")
        hide = "Object.defineProperty(document, 'hidden', { value: arguments[0], writable: true });"
        hide += "document.dispatchEvent(new Event('visibilitychange'))"
        self.browser.run(hide, True)
        self.browser.wait_for_text("[data-slot=state]", "Paused")
        self.browser.run(
            'window.real = fetch; window.fetch = async () => new Response(\'{"error": "x"}\','
            " { status: 503, headers: { 'Retry-After': '30' } })"
        )
        self.browser.run("document.hidden = false; " + hide.partition(";")[2])
        self.browser.wait_for_text("#view .says", "The server is busy. Try again in 30 s")
        self.assertIn("bob", self.browser.text("[data-slot=lines]"))
        visible = "document.dispatchEvent(new Event('visibilitychange'))"
        self.browser.run("window.fetch = async () => { throw new TypeError() }; " + visible)
        self.browser.wait_for_text("[data-slot=state]", "cannot be reached")
        self.browser.run("window.fetch = window.real; " + visible)
        self.browser.wait_for_text("[data-slot=state]", "Updates by itself")
        self.browser.wait_until_gone("#view .says .wrong")

    def test_overtaken(self) -> None:
        """What was pressed is done when the page shows it, though it was asked for once more."""
        cup = self.create("bob")
        self.visit("ann", f"/tournaments/{cup}")
        self.browser.run("""
            const real = fetch;
            const comeBack = () => document.dispatchEvent(new Event("visibilitychange"));
            const waits = [200, 1000];
            window.fetch = async (path, options) => {
              const wait = path.includes("detail") ? waits.shift() : 0;
              if (wait === 200) setTimeout(comeBack);
              await new Promise((resolve) => setTimeout(resolve, wait));
              return real(path, options);
            };
        """)
        self.click("[data-call=participate]")
        self.browser.wait_until_idle()
        self.assertEqual(len(self.browser.texts("[data-call=gen_key]")), 1)
        focused = self.browser.run("return document.activeElement.dataset.slot")
        self.assertEqual(focused, "part-title")

    def test_focus_stays(self) -> None:
        """What has not changed keeps the focus when the page is brought up to date."""
        cup = self.create("bob", mode="levels", modeparams="7+8")
        self.visit("ann", f"/tournaments/{cup}")
        self.browser.run("document.querySelector('[data-slot=rules] a').focus()")
        self.ask("bob", "POST", f"tournaments/participate/{cup}")
        self.browser.run("document.dispatchEvent(new Event('visibilitychange'))")
        self.browser.wait_for_text("[data-slot=standings]", "bob")
        self.assertEqual(self.browser.run("return document.activeElement.textContent"), "7")

    def test_end(self) -> None:
        """When it starts and ends the page turns by itself."""
        cup = self.create(start=moment(1), end=moment(2))
        self.become("")
        fields = self.ask("", "GET", f"tournaments/detail/{cup}")["tournament"]
        start, end = (1000 * datetime.fromisoformat(f"{fields[name]}Z").timestamp()
                      for name in ("start", "end"))  # fmt: skip
        self.run_before(CLOCK % (start - 2000))
        self.open(f"/tournaments/{cup}")
        self.assertIn("Starts in", self.browser.text(".clock"))
        for milliseconds, words in ((end - 2000, "Ends in"), (end, "Over")):
            self.assertLess(2000, self.browser.run("return wait"))
            self.assertLess(self.browser.run("return wait"), 3000)
            self.browser.run("setClock(arguments[0])", milliseconds)
            self.browser.wait_for_text(".clock", words)
        self.assertIn("Final", self.browser.text("[data-slot=standings]"))

    def test_clock(self) -> None:
        """The countdown goes by the server's clock, however wrong that of the reader is."""
        cup = self.create(end=moment(2.5))
        self.become("")
        for days in (3, -6):
            source = f"const clock = Date.now; Date.now = () => clock() + {days} * 864e5;"
            self.run_before(f"{{ {source} }}")  # the first one runs before the second
            self.open(f"/tournaments/{cup}")
            self.browser.wait_for_text(".clock", "Ends in 2 h")

    def test_none(self) -> None:
        """A tournament that is not there is said to be so."""
        self.visit("", "/tournaments/999")
        self.assertIn("There is no such tournament", self.browser.text("#view"))
        self.assertEqual(self.browser.texts("#view h2"), [])

    def test_many(self) -> None:
        """Of a long table a part is shown, and how much is in the address."""
        cup = self.create()
        self.visit("", f"/tournaments/{cup}")
        self.browser.run(
            "const real = fetch; window.fetch = async (path, ...more) => {"
            " if (!path.includes('standings')) return real(path, ...more);"
            " const line = (rank) => ({ rank, username: `p${rank}`, score: rank, games: 1,"
            " finished: true });"
            " const standings = [...Array(250).keys()].map((each) => line(each + 1));"
            " return new Response(JSON.stringify({ standings }),"
            " { headers: { 'Content-Type': 'application/json' } }); };"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        self.browser.wait_for_text("[data-slot=all]", "100 of 250")
        self.click("[data-slot=more]")
        self.browser.wait_for_text("[data-slot=lines]", "p250")
        self.assertIn("show=1100", self.browser.driver.current_url)


class ForkedPlayTest(TournamentCase):
    flags = ("--max_proc", "2")
    upload_several = PlayTest.upload_several
    test_play = PlayTest.test_play
    test_levels = PlayTest.test_levels


if __name__ == "__main__":
    unittest.main()
