"""What every front end promises, where everything is in a Redis."""

from __future__ import annotations

import os
import re
import signal
import unittest

from tests.integration import contract
from tests.raw_client import request_bytes
from tests.redis_server import PATIENT, redis_url, shared_cluster
from tests.support import wait_until


class OnRedis(contract.FrontEndTestCase):
    """With a real Redis, which is empty."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.constants = {**cls.constants, **PATIENT}
        cls.flags = (*cls.flags, "--store", cls.empty_redis())
        super().setUpClass()

    @classmethod
    def empty_redis(cls) -> str:
        """The address of one."""
        return redis_url()


class OnCluster(OnRedis):
    """With one in cluster mode, where levels are spread over buckets."""

    @classmethod
    def empty_redis(cls) -> str:
        return shared_cluster().url


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


class ThreadedClusterTest(OnCluster, contract.SignedKeysContract):
    """One process, and buckets."""

    flags = ("--threaded",)


class ForkedClusterTest(OnCluster, contract.StoredKeysContract):
    """Several processes, and buckets; session keys are kept."""

    flags = ("--max_proc", "2", "--store_tokens")


class ForkedMetricsTest(OnRedis):
    """Several processes: their figures are those of the server."""

    flags = ("--max_proc", "2")

    def requests(self) -> int:
        """The logins that have been counted, as some worker says."""
        reply = self.connect().ask(request_bytes("GET", "/metrics"))
        found = re.search(
            rb'requests_total{route="/<user_id>/login",status="200"} (\d+)', reply.body
        )
        return int(found[1]) if found else 0

    def test_sum(self) -> None:
        """Each worker says how much all of them have done, also those that have ended."""
        for number in range(20):
            self.connect().ask(request_bytes("GET", f"/{number}/login"))
        for _ in range(4):
            wait_until(lambda: self.requests() == 20)
        pid = self.server.workers()[0]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in self.server.workers())
        for _ in range(4):
            self.assertEqual(self.requests(), 20)

    def test_no_owner(self) -> None:
        """There is no process but the parent and the workers."""
        self.assertIsNone(self.server.owner())


if __name__ == "__main__":
    unittest.main()
