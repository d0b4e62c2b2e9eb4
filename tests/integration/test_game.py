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


class ForkedStoredTest(contract.StoredKeysContract):
    """Several processes, stored keys."""

    flags = ("--store_tokens",)


if __name__ == "__main__":
    unittest.main()
