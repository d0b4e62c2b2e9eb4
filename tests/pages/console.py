"""What the tests of the console have in common: the way past the gate, to a view."""

from __future__ import annotations

from typing import Any

from tests.browser import BrowserCase

VIEWS = ("levels", "levels/7", "levels/7/settings", "users?q=a", "users/3", "purge", "audit",
         "server", "tokens", "try/purge")  # fmt: skip
TITLE = '<img src=x onerror="window.evil()">\'"&amp;'


class ConsoleCase(BrowserCase):
    def enter(self, view: str = "", token: str = "") -> None:
        """Opens the console at a view, and shows it the admin's token."""
        self.browser.open("about:blank", is_ready=False)
        self.open(f"/console#/{view}" if view else "/console")
        self.unlock(token or self.token)
        self.browser.wait("#view h2")
        self.browser.wait("html[data-ready]")

    def unlock(self, token: str) -> None:
        # Until there is a view the page is not ready.
        self.browser.run("delete document.documentElement.dataset.ready")
        field = self.browser.wait("#token")
        field.clear()
        field.send_keys(token, "\n")

    def go(self, view: str) -> None:
        """Goes to another view, when the one that is open is there."""
        self.browser.wait("html[data-ready]")
        self.browser.run(
            "delete document.documentElement.dataset.ready;"
            "if (location.hash === arguments[0]) dispatchEvent(new Event('hashchange'));"
            "location.hash = arguments[0]",
            f"#/{view}",
        )
        self.browser.wait("html[data-ready]")

    def row(self, number: int) -> str:
        """The selector of a row of the table."""
        return f"#view tbody tr:nth-child({number})"

    def board(self, level_id: int) -> list[tuple[int, int]]:
        """Users and scores of a level, as everybody sees them."""
        entries = self.call("GET", f"/api/levels/{level_id}")["entries"]
        return [(entry["user"], entry["score"]) for entry in entries]

    def audit(self) -> list[dict[str, Any]]:
        entries = self.call("GET", "/api/audit", as_admin=True)["entries"]
        return list(entries)
