"""What every front end promises, where everything is in a Redis."""

from __future__ import annotations

import unittest

from tests.integration import contract
from tests.redis_server import PATIENT, redis_url


class OnRedis(contract.FrontEndTestCase):
    """With a real Redis, which is empty."""

    constants = PATIENT

    @classmethod
    def setUpClass(cls) -> None:
        cls.flags = (*cls.flags, "--store", redis_url())
        super().setUpClass()


class ThreadedTest(OnRedis, contract.SignedKeysContract):
    """One process."""

    flags = ("--threaded",)


class ThreadedStoredTest(OnRedis, contract.StoredKeysContract):
    """One process; session keys are kept."""

    flags = ("--threaded", "--store_tokens")


class ForkedTest(OnRedis, contract.SignedKeysContract):
    """Several processes."""

    flags = ("--max_proc", "2")


class ForkedStoredTest(OnRedis, contract.StoredKeysContract):
    """Several processes; session keys are kept."""

    flags = ("--max_proc", "2", "--store_tokens")


class ThreadedHTTPTest(OnRedis, contract.HTTPContract):
    """One process, and HTTP."""

    flags = ("--threaded",)


class ForkedHTTPTest(OnRedis, contract.HTTPContract):
    """Several processes, and HTTP."""


if __name__ == "__main__":
    unittest.main()
