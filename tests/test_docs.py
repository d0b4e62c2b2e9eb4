"""The documents say what the code has."""

from __future__ import annotations

import re
import unittest
from dataclasses import fields
from pathlib import Path

from gameserver.settings import Settings
from gameserver.urls import urlpatterns

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


class ReadmeTest(unittest.TestCase):
    def test_names_every_route(self) -> None:
        """Each route of `urls.py` stands in the README with its method."""
        for route in urlpatterns:
            for method in route.views.keys() - {"HEAD"}:
                with self.subTest(route=route.name):
                    self.assertRegex(README, rf"`{method} {re.escape(route.name)}[`?]")

    def test_names_every_flag(self) -> None:
        """Each flag, with its short form, stands in the README's table."""
        for option in fields(Settings):
            for flag in (f"--{option.name}", *option.metadata["short"]):
                with self.subTest(flag=flag):
                    self.assertIn(f"`{flag}`", README)

    def test_shows_the_two_commands(self) -> None:
        """How to run the server and how to run the tests stand in the README."""
        self.assertIn("python run_server.py", README)
        self.assertIn("python test_runner.py", README)


class LinksTest(unittest.TestCase):
    def test_lead_to_files(self) -> None:
        """Every relative link of a document leads to a file that is there."""
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
            for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
                with self.subTest(page=page.name, link=link):
                    self.assertTrue((page.parent / link).exists())
