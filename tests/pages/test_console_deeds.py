"""What is done in the console, and what it says when it cannot be done."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import requests

from tests.pages.console import ConsoleCase
from tests.servers import ServerProcess
from tests.support import PATIENCE, free_port, wait_until


class DeedsTest(ConsoleCase):
    """With one process."""

    def test_entries(self) -> None:
        """A score is deleted, a player hidden, and both are undone beside the row."""
        for user_id in (1, 2, 3):
            self.post_scores(user_id, {20: user_id})
        self.enter("levels/20")
        self.click(f"{self.row(1)} button.danger")
        self.browser.wait_for_text(self.row(1), "The score is gone")
        self.assertEqual(self.board(20), [(2, 2), (1, 1)])
        self.click(f"{self.row(2)} button[data-slot=hide]")
        self.browser.wait_for_text(self.row(2), "hidden")
        self.assertEqual(self.board(20), [(1, 1)])
        for number in (1, 2):
            self.click(f"{self.row(number)} .says button")
            self.browser.wait_for_text(self.row(number), "Undone")
        self.assertEqual(self.board(20), [(3, 3), (2, 2), (1, 1)])
        self.go("levels/20?users=2")
        self.assertEqual(len(self.browser.texts("#view tbody tr")), 1)

    def test_settings(self) -> None:
        """Only what was changed is sent; what is refused is said, and stays in the form."""
        self.post_scores(1, {21: 5})
        self.enter("levels/21/settings")
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "Nothing has been changed")
        self.put("#s-title", "Downhill")
        self.put("#s-tiers", "gold 10\nvery silver 50")
        self.click("#s-times")
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "Kept: title, tiers, times")
        entry = self.audit()[0]
        tiers = [["gold", 10], ["very silver", 50]]
        what = {"level": 21, "title": "Downhill", "tiers": tiers, "times": True}
        self.assertEqual((entry["action"], entry["what"]), ("configure", what))
        self.choose("#s-order", "asc")
        self.put("#s-title", "Up")
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "It could not be done")
        self.put("#s-decimals", "many")
        self.click("#view .primary")
        self.browser.wait_for_text("#view form .says", "decimals must be a whole number")
        shown = [self.browser.wait(f"#s-{name}").get_property("value")
                 for name in ("order", "title", "decimals")]  # fmt: skip
        self.assertEqual(shown, ["asc", "Up", "many"])

    def test_delete_level(self) -> None:
        """A level goes, with a number of scores, and comes back."""
        self.post_scores(1, {22: 5})
        self.enter("levels/22/settings")
        self.click("#view .sure summary")
        self.click("#view .sure button")
        self.browser.wait_for_text("#view .sure", "with it 1 scores")
        self.assertEqual(self.board(22), [])
        self.click("#view .sure .says button")
        self.browser.wait_for_text("#view .sure", "Undone")
        self.assertEqual(self.board(22), [(1, 5)])

    def test_player(self) -> None:
        """A player is banned and let back, renamed, and forgotten when the number was typed."""
        self.post_scores(30, {23: 5})
        self.enter("users")
        self.put("#users-q", "30\n")
        self.browser.wait_for_text("#view h2", "Player 30")
        self.click("#view [data-act=ban]")
        self.browser.wait_for_text("#view .badge", "banned")
        self.assertEqual(self.board(23), [])
        self.click("#view .says button")
        self.browser.wait_for_text("#view .badge", "ok")
        self.assertEqual(self.board(23), [(30, 5)])
        self.put("#name", "Zoë")
        self.click("#view [data-slot=rename] button")
        self.browser.wait_for_text("#view h2", "Zoë")
        self.click("#view tbody button")
        self.browser.wait_for_text("#view tbody", "The score is gone")
        self.assertEqual(self.board(23), [])
        self.browser.all("#view summary")[1].click()
        button = self.browser.wait("#view [data-slot=forget] button")
        self.put("#forget", "3")
        self.assertFalse(button.is_enabled())
        self.put("#forget", "30")
        button.click()
        self.browser.wait_for_text("#view", "Forgotten.")
        self.assertIsNone(self.call("GET", "/api/users/30")["name"])

    def test_purge(self) -> None:
        """It counts first, and takes away when the number was typed; an address fills it in."""
        for user_id in range(1, 13):
            self.post_scores(user_id, {24: user_id})
        self.enter("purge?level=24&min=3")
        button = "#view [data-slot=purge] button"
        self.assertEqual(self.browser.texts(button), [])
        self.click("#view .primary")
        self.browser.wait_for_text("#view .says", "10 scores are within")
        self.assertEqual(len(self.board(24)), 12)
        self.put("#typed", "1")
        self.assertFalse(self.browser.wait(button).is_enabled())
        self.put("#typed", "10")
        self.click(button)
        self.browser.wait_for_text("#view", "10 scores are gone")
        self.assertEqual(self.board(24), [(2, 2), (1, 1)])
        self.click("#view .says button")
        self.browser.wait_for_text("#view", "10 scores are back")
        self.assertEqual(len(self.board(24)), 12)
        self.put("#p-min", "")
        self.put("#p-level", "")
        self.click("#view .primary")
        self.browser.wait_for_text("#view .says", "At least one bound")
        self.put("#p-from", "01012020")
        self.put("#p-level", "24")
        script = "document.querySelector('#p-from').value = '2020-01-01T00:00:00'"
        self.browser.run(script)
        self.click("#view .primary")
        self.browser.wait_for_text("#view .says", "It could not be done")

    def test_audit(self) -> None:
        """What was done is undone from the audit; the second time, and too late, it says why."""
        self.post_scores(1, {25: 5})
        self.call("DELETE", "/api/levels/25/users/1", as_admin=True)
        self.enter("audit")
        self.assertIn("remove score", self.browser.text(self.row(1)))
        number = self.audit()[0]["id"]
        self.call("POST", f"/api/audit/{number}/undo", as_admin=True)
        self.click(f"{self.row(1)} button")
        self.browser.wait_for_text(self.row(1), "It could not be done")
        self.call("DELETE", "/api/levels/25/users/1", as_admin=True)
        self.go("audit?offset=0")
        self.click(f"{self.row(1)} button")
        self.browser.wait_for_text(self.row(1), "1 scores are back")
        self.assertEqual(self.board(25), [(1, 5)])

    def test_server(self) -> None:
        """The plots have ten places, the settings every flag, and no token is among them."""
        wait_until(lambda: self.call("GET", "/api/server", as_admin=True)["minutes"])
        self.enter("server")
        self.assertEqual(len(self.browser.all("#view .plot")), 10)
        self.assertEqual(len(self.browser.all("#view .plot rect")), 100)
        script = "return document.querySelector('.plot svg').ariaLabel"  # which is soon replaced
        self.assertRegex(self.browser.run(script), r"^Requests a second: [0-9.]+")
        about = r"version [0-9.]+, \w+, up for (\d+ min )?\d+ (s|min)\b"
        self.assertRegex(self.browser.text("#view"), about)
        self.assertIn("--admin_token_file", self.browser.text("#view"))
        self.assertNotIn(self.token, self.browser.text("#view"))
        self.assert_no_complaints()

    def test_tokens(self) -> None:
        """A token is made, shown once, good for a game, and revoked."""
        self.enter("tokens")
        self.put("#token-name", "shooter\n")
        token = self.browser.wait("#view input[readonly]").get_property("value")
        answer = requests.post(
            self.url("/api/levels/26/scores"), json={"score": 5, "user": 9}, timeout=PATIENCE,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        self.assertEqual(answer.status_code, 200)
        self.browser.wait_for_text("#view tbody", "shooter")
        self.put("#token-name", "shooter\n")
        self.browser.wait_for_text("#view form .says", "It could not be done")
        self.assertEqual(self.browser.wait("#token-name").get_property("value"), "shooter")
        self.go("tokens?again")
        self.assertEqual(self.browser.texts("#view input[readonly]"), [])
        self.click(f"{self.row(1)} summary")
        self.click(f"{self.row(1)} button")
        self.browser.wait_for_text(self.row(1), "Revoked")
        self.assertEqual(self.call("GET", "/api/tokens", as_admin=True)["tokens"], [])

    def test_try(self) -> None:
        """A call is made, and its line for curl does the same; the token is not in it."""
        self.post_scores(1, {27: 5})
        self.enter("try/configureLevel?level_id=27")
        self.put("#body", '{"title": "It\'s \\"steep\\""}')
        self.click("#view .primary")
        self.browser.wait_for_text("#view [data-slot=status]", "200")
        self.assertIn('"title": "It\'s \\"steep\\""', self.browser.text("[data-slot=text]"))
        self.put("#body", '{"title": "$token `id`\'s"}')
        line = self.browser.text("[data-slot=curl]")
        self.assertNotIn(self.token, line)
        environment = {**os.environ, "token": self.token}
        done = subprocess.run(["sh", "-c", line], capture_output=True, env=environment, check=True)
        self.assertIn(b'"title":"$token `id`\'s"', done.stdout)
        self.choose("#call", "getLeaderboard")
        self.browser.wait_for_text("#view [data-slot=summary]", "A page of a board")
        self.put("#try-path-level_id", "27")
        self.put("#try-query-limit", "0")
        self.click("#view .primary")
        self.browser.wait_for_text("#view [data-slot=status]", "400")
        self.assertIn("limit=0", self.browser.run("return location.hash"))
        self.assertNotIn("Authorization", self.browser.text("[data-slot=curl]"))

    def test_every_call(self) -> None:
        """There is a form for every operation of the document."""
        self.enter("try")
        document = self.call("GET", "/openapi.json")
        count = sum(
            name in ("get", "post", "put", "delete")
            for item in document["paths"].values() for name in item
        )  # fmt: skip
        options = self.browser.all("#call option")
        self.assertEqual(len(options), count)
        for name in [option.get_property("value") for option in options]:
            self.go(f"try/{name}")
            self.assertIn("curl", self.browser.text("[data-slot=curl]"))
        self.assert_no_complaints()

    # Answers that nobody wished for are said beside what was done, and nothing typed is lost

    def test_slow_down(self) -> None:
        """429 and 503 say when to try again, 500 where to look."""
        self.enter("levels/7/settings")
        self.put("#s-title", "Downhill")
        for status, words in (
            (429, "too much at once: slow down. Try again in 7 s"),
            (503, "cannot do it now: slow down. Try again in 7 s"),
            (500, "its log says which"),
        ):
            self.browser.run(
                "window.fetch = async () => new Response('{\"message\": \"slow down\"}',"
                " {status: arguments[0], headers: {'Retry-After': '7'}})".replace(
                    "arguments[0]", str(status)
                )
            )
            self.click("#view .primary")
            self.browser.wait_for_text("#view form .says", words)
            self.assertEqual(self.browser.wait("#s-title").get_property("value"), "Downhill")

    def test_another_token_and_gone(self) -> None:
        """After a restart with another token it asks for that, and what was typed is there."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "token")
            file.write_text("the-first-token-of-all\n")
            file.chmod(0o600)
            flags = ("--threaded", "--admin_token_file", str(file), "-p", str(free_port()))
            with ServerProcess(*flags) as server:
                self.browser.open(f"{server.url}console#/levels/7/settings")
                self.unlock("the-first-token-of-all")
                self.put("#s-title", "Downhill")
            self.click("#view .primary")
            self.browser.wait_for_text("#view form .says", "cannot be reached")
            file.write_text("another-token-than-that\n")
            with ServerProcess(*flags):
                self.click("#view .primary")
                self.browser.wait_for_text("#view form .says", "does not take this token any more")
                self.unlock("the-first-token-of-all")
                self.browser.wait_for_text("#gate-says", "not the admin's token")
                self.unlock("another-token-than-that")
                self.browser.wait_until_gone("#gate")
                self.assertEqual(self.browser.wait("#s-title").get_property("value"), "Downhill")
                self.click("#view .primary")
                self.browser.wait_for_text("#view form .says", "Kept: title")
            self.browser.open("about:blank", is_ready=False)


class ForkedDeedsTest(ConsoleCase):
    """With several processes: what goes by way of the owner."""

    flags = ()
    test_entries = DeedsTest.test_entries
    test_server = DeedsTest.test_server

if __name__ == "__main__":
    unittest.main()
