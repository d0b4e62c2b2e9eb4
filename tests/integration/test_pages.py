"""The pages and their files against every front end."""

from __future__ import annotations

import unittest

from tests.integration import pages_contract


class ThreadedTest(pages_contract.PagesContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(pages_contract.PagesContract):
    """Several processes."""

    flags = ("--max_proc", "2")


class LimitedTest(pages_contract.PagesContract):
    """Several processes, of which the owner counts what the workers are asked."""

    flags = ("--max_proc", "2", "--rate_limit", "100000")


if __name__ == "__main__":
    unittest.main()
