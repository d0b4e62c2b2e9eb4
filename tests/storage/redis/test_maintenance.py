"""What an operator does to a store."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import InvalidSessionKey
from gameserver.storage.engine import open_engine
from tests.admin_case import AdminTestCase
from tests.redis_server import redis_url


class NewSecretTest(AdminTestCase):
    """`new-secret`."""

    def test_new_secret(self) -> None:
        """Keys that were signed before are valid; after a second one they are not."""
        url = redis_url()
        engine = open_engine(store=url)
        self.addCleanup(engine.close)
        key = engine.sessions.login(7)
        self.assertEqual(self.run_admin("new-secret", url), (0, "", ""))
        self.assertEqual(engine.sessions.user_of(key), 7)
        with mock.patch.dict("os.environ", GAMESERVER_STORE=url):
            self.assertEqual(self.run_admin("new-secret", "-"), (0, "", ""))
        later = open_engine(store=url)
        self.addCleanup(later.close)
        with self.assertRaises(InvalidSessionKey):
            later.sessions.user_of(key)

    def test_nowhere(self) -> None:
        """One line says what is wrong."""
        code, _, errors = self.run_admin("new-secret", "-")
        self.assertEqual((code, errors.count("\n")), (2, 1), errors)
        self.assertIn("GAMESERVER_STORE", errors)


if __name__ == "__main__":
    unittest.main()
