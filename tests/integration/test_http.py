"""HTTP against every front end."""

from __future__ import annotations

import unittest

from tests.integration import contract


class ThreadedTests(contract.HTTPContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTests(contract.HTTPContract):
    """Several processes."""


if __name__ == "__main__":
    unittest.main()
