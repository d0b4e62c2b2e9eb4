"""What the owner of a user may do, and nobody else."""

from __future__ import annotations

import unittest

from tests.people import ADMIN, SECRET, PeopleTestCase

NAMED = {"name": "Ann"}


class OwnersTest(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.own = self.log_in(7, SECRET)
        self.submit(1, self.own, 70)

    def rename(self, user_id: int, key: str = "", token: str = "", **more: str) -> int:
        target = f"/api/users/{user_id}" + (f"?sessionkey={key}" if key else "")
        return self.ask("PUT", target, {**NAMED, **more}, token).status

    def forget(self, user_id: int, key: str = "", token: str = "") -> int:
        target = f"/api/users/{user_id}" + (f"?sessionkey={key}" if key else "")
        return self.ask("DELETE", target, token=token).status

    def data(self, user_id: int) -> tuple[str | None, int]:
        """The name, and how many scores there are."""
        value = self.ask("GET", f"/api/users/{user_id}").value
        return value["name"], len(value["scores"])

    def test_name(self) -> None:
        """The owner gives the user a name; the key is in the query or in the JSON."""
        self.assertEqual(self.rename(7, self.own), 200)
        self.assertEqual(self.data(7), ("Ann", 1))
        self.assertEqual(self.rename(7, sessionkey=self.own), 200)

    def test_delete(self) -> None:
        """The owner removes all of the user; then the number is anybody's, and no key is left."""
        self.rename(7, self.own)
        self.assertEqual(self.forget(7, self.own), 204)
        self.assertEqual(self.data(7), (None, 0))
        self.assertEqual(self.scores(1), b"")
        self.assertEqual(self.submit(1, self.own, 5).status, 401)
        self.restart()
        self.assertEqual(self.submit(1, self.own, 5).status, 401)
        self.assertEqual(self.submit(1, self.log_in(7, SECRET + "new"), 5).status, 200)

    def test_taken_off(self) -> None:
        """Nobody claims the number of a user who is banned or hidden, not even once forgotten."""
        for action in ("ban", "hide"):
            with self.subTest(action=action):
                player = self.log_in(8)
                self.submit(1, player, 80)
                self.ask("POST", f"/api/users/8/{action}", token=ADMIN)
                self.restart()
                claim = self.ask("POST", "/8/login", SECRET.encode())
                self.assertEqual(claim.status, 409, claim)
                self.assertEqual(self.forget(8, token=ADMIN), 204)
                self.assertEqual(self.ask("POST", "/8/login", SECRET.encode()).status, 409)
                self.assertTrue(self.engine.scores.is_known(8))
                self.ask("POST", f"/api/users/8/un{action}", token=ADMIN)
                self.assertFalse(self.engine.scores.is_known(8))

    def test_forgotten_undo(self) -> None:
        """Forgetting erases what was kept to undo things, and ends the claim."""
        self.ask("DELETE", "/api/levels/1/users/7", token=ADMIN)
        self.assertEqual(self.forget(7, self.own), 204)
        undone = self.ask("POST", "/api/audit/1/undo", token=ADMIN)
        self.assertEqual(undone.error, (409, "undo_expired"))
        self.assertEqual(self.data(7), (None, 0))
        self.assertEqual(self.ask("GET", "/7/login").status, 200)

    def test_by_post(self) -> None:
        """A client that knows only GET and POST has the same rights."""
        target = f"/api/users/7?_method=DELETE&sessionkey={self.own}"
        self.assertEqual(self.ask("POST", target).status, 204)

    def test_others(self) -> None:
        """Players and other owners cannot, whatever key they have; it changes nothing."""
        player, other = self.log_in(8), self.log_in(9, SECRET)
        self.submit(1, player, 80)
        for key, status in ((player, 403), (other, 403), ("0" * 60, 401), ("", 401)):
            self.assertEqual(self.rename(7, key), status)
            self.assertEqual(self.forget(7, key), status)
        self.assertEqual(self.rename(8, player), 403)  # nobody's user, whoever plays as it
        self.assertEqual(self.forget(8, player), 403)
        self.assertEqual((self.data(7), self.data(8)), ((None, 1), (None, 1)))

    def test_forged_owner(self) -> None:
        """A player's key does not become an owner's by its first digit."""
        key = self.log_in(8)
        forged = f"{int(key[0], 16) | 8:x}{key[1:]}"
        self.assertEqual(self.rename(8, forged), 401)

    def test_tokens(self) -> None:
        """A game's server and the admin may, for any user."""
        for token in (self.game_token(), ADMIN):
            self.assertEqual(self.rename(7, token=token), 200)
            self.assertEqual(self.rename(8, token=token), 200)
            self.assertEqual(self.forget(8, token=token), 204)
        self.assertEqual(self.rename(7, token="wrong"), 401)
        self.assertEqual(self.forget(7, self.own, "wrong"), 401)

    def test_ended_session(self) -> None:
        """The owner of before has no rights after the admin has given the user to another."""
        self.ask("POST", "/api/users/7/claim", {"secret": SECRET[::-1]}, ADMIN)
        self.assertEqual(self.rename(7, self.own), 401)
        self.assertEqual(self.forget(7, self.own), 401)
        self.assertEqual(self.rename(7, self.log_in(7, SECRET[::-1])), 200)

    def test_expired(self) -> None:
        """An owner's session lasts ten minutes as well."""
        self.clock.now += 601
        self.assertEqual(self.rename(7, self.own), 401)


class StoredOwnersTest(OwnersTest):
    store_tokens = True


class DurableOwnersTest(OwnersTest):
    is_durable = True


if __name__ == "__main__":
    unittest.main()
