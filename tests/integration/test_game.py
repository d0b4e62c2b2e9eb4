"""The API against every front end, with both kinds of session keys."""

from __future__ import annotations

import unittest

from tests.integration import contract


class ThreadedTests(contract.SignedKeysContract):
    """One process, signed keys."""

    flags = ("--threaded",)


class ThreadedStoredTests(contract.StoredKeysContract):
    """One process, stored keys."""

    flags = ("--threaded", "--store_tokens")


class ForkedTests(contract.SignedKeysContract):
    """Several processes, signed keys."""


class ForkedStoredTests(contract.StoredKeysContract):
    """Several processes, stored keys."""

    flags = ("--store_tokens",)


if __name__ == "__main__":
    unittest.main()
