"""The file by which workers find the owner, where a name alone is not possible."""

from __future__ import annotations

import os
import shutil
import tempfile
import unittest
from pathlib import Path

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError
from gameserver.processes.address import AbstractAddress, FileAddress, make_address


class FileAddressTest(unittest.TestCase):
    """A file in a private folder."""

    def setUp(self) -> None:
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(mock.patch("tempfile.tempdir", self.folder))

    def left(self) -> list[str]:
        return os.listdir(self.folder)

    def test_private(self) -> None:
        """Only this user can enter the folder, also when it has been made again."""
        address = FileAddress()
        for _ in range(2):
            address.prepare()
            self.assertEqual(os.stat(os.path.dirname(address.name)).st_mode & 0o777, 0o700)
            shutil.rmtree(os.path.dirname(address.name))

    def test_exists(self) -> None:
        """It notices when the file is gone, with its folder or without."""
        address = FileAddress()
        for remove in (os.unlink, lambda name: shutil.rmtree(os.path.dirname(name))):
            address.prepare()
            Path(address.name).touch()
            self.assertTrue(address.exists())
            remove(address.name)
            self.assertFalse(address.exists())

    def test_left_over(self) -> None:
        """What an owner before has left is no hindrance."""
        address = FileAddress()
        Path(address.name).touch()
        address.prepare()
        self.assertFalse(address.exists())

    def test_folder_of_others(self) -> None:
        """A folder that others can enter is not used."""
        address = FileAddress()
        os.chmod(os.path.dirname(address.name), 0o755)
        with self.assertRaises(PermissionError):
            address.prepare()

    def test_remove(self) -> None:
        """In the end nothing is left, and removing nothing is no error."""
        address = FileAddress()
        Path(address.name).touch()
        address.remove()
        address.remove()
        self.assertEqual(self.left(), [])

    def test_long_path(self) -> None:
        """A path that is too long for a socket is refused, and nothing is left."""
        long = os.path.join(self.folder, "x" * 100)
        os.mkdir(long)
        with (
            mock.patch("tempfile.tempdir", long),
            self.assertRaisesRegex(StartError, "set TMPDIR to a shorter one"),
        ):
            FileAddress()
        self.assertEqual(os.listdir(long), [])

    def test_no_folder(self) -> None:
        """One line says that there is no place for it."""
        with (
            mock.patch("tempfile.tempdir", os.path.join(self.folder, "missing")),
            self.assertRaisesRegex(StartError, "cannot make a folder for temporary files: No such"),
        ):
            FileAddress()


class MakeAddressTest(unittest.TestCase):
    """Which one a system gets."""

    def test_systems(self) -> None:
        """Linux has names without files, a new one each time; others have files."""
        with mock.patch("sys.platform", "linux"):
            names = {make_address().name for _ in range(10)}
            self.assertEqual(len(names), 10)
            self.assertIsInstance(make_address(), AbstractAddress)
        with mock.patch("sys.platform", "darwin"):
            address = make_address()
            self.addCleanup(address.remove)
            self.assertIsInstance(address, FileAddress)


if __name__ == "__main__":
    unittest.main()
