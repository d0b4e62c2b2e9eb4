"""Accounts and tokens in Redis."""

from __future__ import annotations

import unittest

from gameserver.storage.engine import Engine, open_engine
from tests.redis_server import redis_url
from tests.storage import contracts


class RedisTest(contracts.AccountsContract):
    """The contract, in Redis."""

    def make_engine(self) -> Engine:
        return open_engine(store=redis_url())


if __name__ == "__main__":
    unittest.main()
