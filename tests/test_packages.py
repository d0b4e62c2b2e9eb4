"""The lists of `pyproject.toml`: what a distribution of the server takes along."""

from __future__ import annotations

import tomllib
import unittest

from tests.support import ROOT


class PackagesTest(unittest.TestCase):
    """A folder that is not listed is missing where the server has been installed."""

    def test_everything_is_packed(self) -> None:
        """Each file of the server is a module of a package that is listed, or data of one."""
        text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        setuptools = tomllib.loads(text)["tool"]["setuptools"]
        folders = {name: ROOT.joinpath(*name.split(".")) for name in setuptools["packages"]}
        packed = {path for folder in folders.values() for path in folder.glob("*.py")}
        for name, patterns in setuptools["package-data"].items():
            packed |= {path for each in patterns for path in folders[name].glob(each)}
        files = {path for path in (ROOT / "gameserver").rglob("*") if path.is_file()}
        left_out = {path for path in files - packed if path.suffix != ".pyc"}
        self.assertEqual(left_out, set())


if __name__ == "__main__":
    unittest.main()
