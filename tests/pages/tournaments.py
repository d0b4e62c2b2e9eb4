"""What the tests of the tournaments' pages have in common: people with accounts, tournaments."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import requests

from tests.browser import BrowserCase
from tests.minesweeper.replays.encoders import Rmv, end, mouse
from tests.support import PATIENCE

PASSWORD = "correct-horse"
WON = 16


def moment(hours: float) -> str:
    """So many hours from now, as the API takes it."""
    at = datetime.now(UTC) + timedelta(hours=hours)
    return at.replace(tzinfo=None).isoformat(timespec="seconds")


def unproven(key: str, milliseconds: int = 4000) -> bytes:
    """A replay of which only the end says that it was won."""
    player = (b"Ann", key.encode(), b"", b"")
    events = mouse(3, 0) + end(WON, milliseconds)
    return Rmv(version=2, player=player, events=events, time_ms=milliseconds).encode()


class TournamentCase(BrowserCase):
    """A server on which people have accounts: `people`, who are registered once."""

    people: ClassVar[tuple[str, ...]] = ("ann", "bob")
    tokens: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.tokens = {name: cls.register(name) for name in cls.people}

    @classmethod
    def register(cls, name: str) -> str:
        """Opens an account; returns a token of it."""
        form = {"username": name, "password": PASSWORD}
        for call in ("register", "obtain_token"):
            url = f"{cls.server.url}api/{call}"
            answer = requests.post(url, data=form, timeout=PATIENCE)
            answer.raise_for_status()
        return str(answer.json()["token"])

    def ask(self, who: str, method: str, path: str, **fields: Any) -> Any:
        """What the API answers to somebody; "" is nobody."""
        headers = {"X-Scoreganizer-Authorization": f"{who}:{self.tokens[who]}"} if who else {}
        answer = requests.request(
            method, self.url(f"/api/{path}"), json=fields or None, headers=headers, timeout=PATIENCE
        )
        self.assertLess(answer.status_code, 400, answer.text)
        return answer.json()

    def create(self, host: str = "ann", **fields: Any) -> int:
        """A tournament that runs, for one beginner game."""
        usual = {"name": "Winter Cup", "mode": "sum", "modeparams": "1+0+0",
                 "start": moment(-1), "end": moment(3)}  # fmt: skip
        made = self.ask(host, "POST", "tournaments/create", **(usual | fields))
        return int(made["id"])

    def key(self, who: str, tournament: int) -> str:
        """Has somebody take part; returns the key that was drawn."""
        self.ask(who, "POST", f"tournaments/participate/{tournament}")
        return str(self.ask(who, "POST", f"tournaments/gen_key/{tournament}")["key"])

    def hand_in(self, replay: bytes) -> None:
        url = self.url("/api/scores/upload")
        answer = requests.post(url, files={"video": ("game.rmv", replay)}, timeout=PATIENCE)
        self.assertEqual(answer.status_code, 201, answer.text)

    def standings(self, tournament: int) -> list[tuple[int, str, int]]:
        table = self.ask("", "GET", f"tournaments/standings/{tournament}")["standings"]
        return [(line["rank"], line["username"], line["score"]) for line in table]

    # In the browser

    def become(self, name: str) -> None:
        """Has this tab logged in as somebody; "" is nobody."""
        self.open("/tournaments/account")
        self.browser.run(
            "sessionStorage.clear(); const [username, token] = arguments;"
            "if (username) sessionStorage.setItem('account', JSON.stringify({ username, token }))",
            name,
            self.tokens.get(name, ""),
        )

    def visit(self, who: str, path: str) -> None:
        """Opens a page as somebody."""
        self.become(who)
        self.open(path)

    def run_before(self, source: str) -> None:
        """Has a script run before those of each page that this test opens from now on."""
        command = "Page.{}ScriptToEvaluateOnNewDocument"
        driver = self.browser.driver
        added = driver.execute_cdp_cmd(command.format("add"), {"source": source})
        self.addCleanup(driver.execute_cdp_cmd, command.format("remove"), added)

    def drop(self, selector: str, files: dict[str, bytes]) -> None:
        """Drops files, as a mouse does."""
        script = """
            const [selector, files] = arguments;
            const dataTransfer = new DataTransfer();
            for (const [name, text] of files) {
              const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
              dataTransfer.items.add(new File([bytes], name));
            }
            const options = { dataTransfer, bubbles: true, cancelable: true };
            for (const name of ["dragenter", "dragover", "drop"])
              document.querySelector(selector).dispatchEvent(new DragEvent(name, options));
        """
        encoded = [[name, base64.b64encode(each).decode()] for name, each in files.items()]
        self.browser.run(script, selector, encoded)

    def verdict(self, number: int, words: str) -> None:
        """Waits until the verdict of the n-th file has these words."""
        self.browser.wait_for_text(f"[data-slot=list] > li:nth-child({number}) .says", words)
