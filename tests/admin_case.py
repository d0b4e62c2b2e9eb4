"""Test cases that run the admin command in this process."""

from __future__ import annotations

import contextlib
import io

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver import admin
from gameserver.storage.sqlite import datafile
from tests.folder import FolderTestCase


class AdminTestCase(FolderTestCase):
    """A folder, a place for a CSV file in it, and the admin command, which waits for no lock."""

    def setUp(self) -> None:
        super().setUp()
        self.csv = self.folder / "scores.csv"
        self.enterContext(mock.patch.object(datafile, "LOCK_SECONDS", 0))

    def run_admin(self, *arguments: str) -> tuple[int, str, str]:
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            code = admin.main(arguments)
        return code, output.getvalue(), errors.getvalue()
