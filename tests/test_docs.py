"""The documents say what the code has."""

from __future__ import annotations

import re
import unittest
from dataclasses import fields
from pathlib import Path

from gameserver.settings import Settings
from gameserver.urls import urlpatterns

ROOT = Path(__file__).resolve().parent.parent


class ReadmeTest(unittest.TestCase):
    def assert_stands(self, what: str, pattern: str, page: str = "README.md") -> None:
        """The page has what the pattern says; if not, one line names what is missing."""
        if not re.search(pattern, (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE):
            self.fail(f"{page} has no {what}")

    def test_names_every_route(self) -> None:
        """Each route of `urls.py` stands in the README, or in the boards' page, with its method."""
        for route in urlpatterns:
            page = "docs/boards.md" if route.operations else "README.md"
            for method in route.views.keys() - {"HEAD"}:
                call = f"{method} {route.name}"
                with self.subTest(call=call):
                    self.assert_stands(f"row for the call {call}", rf"`{re.escape(call)}[`?]", page)

    def test_names_every_flag(self) -> None:
        """Each flag, with its short form, stands in the README's table."""
        for option in fields(Settings):
            for flag in (f"--{option.name}", *option.metadata["short"]):
                with self.subTest(flag=flag):
                    self.assert_stands(f"row for the flag {flag}", rf"^\|[^|]*`{flag}`")

    def test_shows_the_two_commands(self) -> None:
        """How to run the server and how to run the tests stand in the README."""
        for command in ("python run_server.py", "python test_runner.py"):
            with self.subTest(command=command):
                self.assert_stands(f"command {command}", re.escape(command))


class LinksTest(unittest.TestCase):
    def test_lead_to_files(self) -> None:
        """Every relative link of a document leads to a file that is there."""
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
                with self.subTest(page=page.name, link=link):
                    self.assertTrue((page.parent / link).exists(), f"{page.name}: no such file")
