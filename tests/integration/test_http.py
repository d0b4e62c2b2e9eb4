"""HTTP against every front end."""

from __future__ import annotations

import unittest

from tests.integration import contract


class ThreadedTest(contract.HTTPContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(contract.HTTPContract):
    """Several processes."""


if __name__ == "__main__":
    unittest.main()
