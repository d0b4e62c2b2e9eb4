"""What an operator does to a store."""

from __future__ import annotations

import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth.accounts import Accounts
from gameserver.errors import InvalidSessionKey, Refused
from gameserver.storage.engine import open_engine
from tests.admin_case import AdminTestCase
from tests.redis_server import redis_url


class NewSecretTest(AdminTestCase):
    """`new-secret`."""

    def empty_redis(self) -> str:
        """The address of one."""
        return redis_url()

    def test_new_secret(self) -> None:
        """Keys that were signed before are valid; after a second one they are not."""
        url = self.empty_redis()
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


class PasswordTest(AdminTestCase):
    """`password`."""

    def test_reset(self) -> None:
        """A new password is shown once; the old one and all tokens end, on all servers."""
        url = redis_url()
        engine = open_engine(store=url)
        self.addCleanup(engine.close)
        accounts = Accounts(engine.accounts)
        accounts.register("ann", "correct horse")
        header = f"ann:{accounts.obtain_token('ann', 'correct horse')}"
        self.assertEqual(accounts.token_status(header), "ok")
        code, said, errors = self.run_admin("password", url, "Ann")
        self.assertEqual((code, errors), (0, ""))
        self.assertTrue(said.startswith("ann: the new password is "), said)
        self.assertEqual(accounts.token_status(header), "nonexistent")
        with self.assertRaises(Refused):
            accounts.obtain_token("ann", "correct horse")
        self.assertTrue(accounts.obtain_token("ann", said.split()[-1]))

    def test_unknown(self) -> None:
        """One line says that there is no such account."""
        code, _, errors = self.run_admin("password", redis_url(), "bob")
        self.assertEqual((code, errors.count("\n")), (2, 1), errors)
        self.assertIn("the store has no account of this name", errors)


if __name__ == "__main__":
    unittest.main()
