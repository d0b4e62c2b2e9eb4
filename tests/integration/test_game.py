"""The API against every front end, with both kinds of session keys."""

from __future__ import annotations

import unittest

from tests.integration import contract


class ThreadedTest(contract.SignedKeysContract):
    """One process, signed keys."""

    flags = ("--threaded",)


class ThreadedStoredTest(contract.StoredKeysContract):
    """One process, stored keys."""

    flags = ("--threaded", "--store_tokens")


class ForkedTest(contract.SignedKeysContract):
    """Several processes, signed keys."""

    flags = ("--max_proc", "2")


class ForkedStoredTest(contract.StoredKeysContract):
    """Several processes, stored keys."""

    flags = ("--store_tokens", "--max_proc", "2")


if __name__ == "__main__":
    unittest.main()
