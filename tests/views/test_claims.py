"""Users that belong to somebody, and what is tried to get at them."""

from __future__ import annotations

import unittest
from urllib.parse import quote

from gameserver.auth.claims import CLAIMS_PER_HOUR, GUESSES_PER_HOUR
from tests.people import ADMIN, SECRET, PeopleTestCase

HOUR, DAY = 3600, 86_400
OTHER = "another-secret-of-bob"


class ClaimsTest(PeopleTestCase):
    """Signed keys, in memory."""

    def try_login(self, user_id: int, secret: str = "", client: str = "192.0.2.7") -> int:
        method = "POST" if secret else "GET"
        return self.ask(method, f"/{user_id}/login", secret.encode(), client=client).status

    def works(self, key: str) -> bool:
        """Whether a session key is valid; it is tried with a score."""
        return self.submit(1, key, 1).status == 200

    # Claiming

    def test_open(self) -> None:
        """Without a claim anybody may play as any user, and play goes on with scores."""
        for _ in range(3):
            self.assertTrue(self.works(self.log_in(7)))

    def test_first_secret_claims(self) -> None:
        """From the first login with a secret on, only that secret lets one in."""
        self.assertTrue(self.works(self.log_in(7, SECRET)))
        self.assertEqual(self.try_login(7), 401)
        self.assertEqual(self.try_login(7, OTHER), 401)
        self.assertEqual(self.ask("GET", "/7/").status, 401)
        self.assertTrue(self.works(self.log_in(7, SECRET)))
        self.assertEqual(self.try_login(8), 200)

    def test_in_the_query(self) -> None:
        """A client that can only GET has the secret in the query."""
        secret = "ä secret+of %&=?# ann"
        for target in ("/7/login", "/7/", "/7/login/"):
            reply = self.ask("GET", f"{target}?secret={quote(secret, safe='')}")
            self.assertEqual(reply.status, 200)
        self.assertEqual(self.try_login(7, secret), 200)
        self.assertEqual(self.ask("GET", f"/7/login?secret={OTHER}").status, 401)
        self.assertEqual(self.ask("GET", "/7/login?secret=").status, 400)
        self.assertEqual(self.ask("GET", f"/7/login?secret={SECRET}&secret={SECRET}").status, 400)
        self.assertEqual(self.ask("POST", f"/7/login?secret={OTHER}", SECRET.encode()).status, 400)

    def test_bad_secrets(self) -> None:
        """A secret is 16 to 128 printable characters; a bad one claims nothing."""
        for secret in ("x" * 15, "x" * 129, "x" * 16 + "\0", "x" * 16 + "\n" + "y", " " * 40):
            self.assertEqual(self.try_login(7, secret), 400, secret)
        self.assertEqual(self.ask("POST", "/7/login", b"\xff" * 20).status, 400)
        self.assertEqual(self.ask("POST", "/7/login", b"").status, 400)
        self.assertEqual(self.try_login(7), 200)
        for secret in ("x" * 16, "x" * 128):
            self.assertEqual(self.try_login(len(secret), secret), 200)

    def test_drawn(self) -> None:
        """The server draws a number nobody has, and it is claimed already."""
        drawn = [self.ask("POST", "/api/users", {}) for _ in range(9)]
        self.assertEqual({reply.status for reply in drawn}, {201})
        users = {reply.value["user"]: reply.value["secret"] for reply in drawn}
        self.assertEqual(len(users), 9)
        for user_id, secret in users.items():
            self.assertRegex(secret, "^[0-9a-f]{32}$")
            self.assertEqual(self.try_login(user_id), 401)
            self.assertTrue(self.works(self.log_in(user_id, secret)))
        self.assertEqual(drawn[0].headers["Cache-Control"], "no-store")

    def test_drawn_body(self) -> None:
        """The call takes an empty object, or nothing."""
        self.assertEqual(self.ask("POST", "/api/users").status, 201)
        reply = self.ask("POST", "/api/users", {"user": 7})
        self.assertEqual(reply.error, (400, "invalid_data"))

    # Attacks

    def test_taking_over(self) -> None:
        """A user with a score, a name or a claim cannot be claimed by a player."""
        self.assertTrue(self.works(self.log_in(7)))
        self.ask("PUT", "/api/users/8", {"name": "Bob"}, ADMIN)
        for user_id in (7, 8):
            reply = self.ask("POST", f"/{user_id}/login", SECRET.encode())
            self.assertEqual(reply.status, 409)
            self.assertNotIn(SECRET, reply.text)
            self.restart()
            self.assertEqual(self.try_login(user_id, SECRET), 409)
            self.assertEqual(self.try_login(user_id), 200)

    def test_score_on_any_board(self) -> None:
        """A score anywhere, in a past season too, keeps a user from being claimed."""
        self.configure(5, reset="daily")
        self.post(5, self.log_in(7), 10)
        self.clock.now += 3 * DAY
        self.assertEqual(self.try_login(7, SECRET), 409)

    def test_claiming_ahead(self) -> None:
        """An address makes 30 claims an hour, by either call, whatever it logs in as."""
        for number in range(CLAIMS_PER_HOUR):
            if number % 2:
                self.assertEqual(self.try_login(1000 + number, SECRET), 200)
            else:
                self.assertEqual(self.ask("POST", "/api/users", {}).status, 201)
        refused = self.ask("POST", "/2000/login", SECRET.encode())
        self.assertEqual((refused.status, refused.headers["Retry-After"]), (429, "3600"))
        self.assertEqual(self.ask("POST", "/api/users", {}).error, (429, "too_many_requests"))
        self.assertEqual(self.try_login(2000), 200)  # it was not claimed
        self.assertEqual(self.try_login(1001, SECRET), 200)  # no new claim
        self.assertEqual(self.try_login(1001), 401)
        self.assertEqual(self.try_login(2000, SECRET, "198.51.100.1"), 200)
        self.clock.now += HOUR
        self.assertEqual(self.try_login(2001, SECRET), 200)

    def test_claiming_ahead_with_many_addresses(self) -> None:
        """The addresses of an IPv6 network are one."""
        for number in range(CLAIMS_PER_HOUR):
            client = f"2001:db8::{number:x}"
            self.assertEqual(self.try_login(1000 + number, SECRET, client), 200)
        self.assertEqual(self.try_login(2000, SECRET, "2001:db8::ffff"), 429)
        self.assertEqual(self.try_login(2000, SECRET, "2001:db8:1::1"), 200)

    def test_lapse(self) -> None:
        """A claim without a score or a name lapses after a day, and not before."""
        key = self.log_in(7, SECRET)
        self.clock.now += DAY - 1
        self.restart()
        self.assertEqual(self.try_login(7), 401)
        self.clock.now += 2
        self.restart()
        self.assertEqual(self.try_login(7), 200)
        self.assertFalse(self.works(key))
        self.assertEqual(self.try_login(7, OTHER), 200)
        self.assertEqual(self.try_login(7, SECRET), 401)

    def test_no_lapse(self) -> None:
        """A claim stays with a score or a name, even when the score is gone later."""
        self.works(self.log_in(7, SECRET))
        self.log_in(8, SECRET)
        self.ask("PUT", "/api/users/8", {"name": "Bob"}, ADMIN)
        self.clock.now += 2 * DAY
        self.restart()
        self.assertEqual([self.try_login(7), self.try_login(8)], [401, 401])
        with self.engine.batch():
            self.engine.scores.remove(1, 7)
        self.clock.now += 2 * DAY
        self.restart()
        self.assertEqual(self.try_login(7), 401)

    def test_lapsed_are_forgotten(self) -> None:
        """What was claimed ahead and never used leaves no trace behind."""
        for number in range(300):
            self.log_in(1000 + number, SECRET, f"192.0.2.{number // 20}")
        self.clock.now += 2 * DAY
        for number in range(200):
            self.log_in(5000 + number, SECRET, f"192.0.2.{number // 20}")
            self.clock.now += 5
        self.assertLess(len(self.engine.claims.by_user), 400)
        self.assertEqual(len(self.engine.claims.unkept), 200)

    def test_locking_out(self) -> None:
        """Wrong guesses stop the address that makes them, and never the user."""
        self.works(self.log_in(7, SECRET))
        mallory, ann = "198.51.100.1", "192.0.2.7"
        statuses = [self.try_login(7, f"{OTHER}{n}", mallory) for n in range(GUESSES_PER_HOUR + 9)]
        self.assertEqual(statuses, [401] * GUESSES_PER_HOUR + [429] * 9)
        self.assertEqual(self.try_login(7, SECRET, mallory), 429)  # a guess, as far as one knows
        self.assertEqual(self.try_login(7, SECRET, ann), 200)
        self.assertEqual(self.try_login(9, client=mallory), 200)
        self.restart()
        self.assertEqual(self.try_login(7, SECRET, ann), 200)
        self.assertEqual(self.try_login(7, OTHER, ann), 401)
        self.clock.now += HOUR
        self.assertEqual(self.try_login(7, SECRET, mallory), 200)

    def test_login_without_is_no_guess(self) -> None:
        """Who shows no secret has not guessed one."""
        self.log_in(7, SECRET)
        for _ in range(3 * GUESSES_PER_HOUR):
            self.assertEqual(self.try_login(7), 401)
        self.assertEqual(self.try_login(7, SECRET), 200)

    def test_older_keys(self) -> None:
        """A key from before the claim ends with it, at once and over a restart."""
        for moment in (0, 0.0004, 5):
            with self.subTest(moment=moment):
                user_id = 100 + int(moment * 10_000)
                stolen = self.log_in(user_id)
                self.clock.now += moment
                own = self.log_in(user_id, SECRET)
                self.assertFalse(self.works(stolen))
                self.assertTrue(self.works(own))
                self.restart()
                self.assertFalse(self.works(stolen))
                self.assertTrue(self.works(own))

    def test_verified_keys(self) -> None:
        """A key that has just been used ends with the claim as well."""
        stolen = self.log_in(7)
        self.assertEqual(self.submit(9, self.log_in(8), 1).status, 200)
        self.assertEqual(self.submit(9, stolen, 1).status, 200)
        body = {"secret": SECRET}
        self.assertEqual(self.ask("POST", "/api/users/7/claim", body, ADMIN).status, 200)
        self.assertFalse(self.works(stolen))

    def test_stolen_key_of_the_owner(self) -> None:
        """It ends with the next claim and with the lifting of one, at once and over a restart."""
        for user_id, call, body in ((7, "claim", {"secret": OTHER}), (8, "unclaim", {})):
            stolen = self.log_in(user_id, SECRET)
            self.assertTrue(self.works(stolen))
            reply = self.ask("POST", f"/api/users/{user_id}/{call}", body, ADMIN)
            self.assertEqual(reply.status, 200)
            for _ in range(2):
                self.assertFalse(self.works(stolen))
                target = f"/api/users/{user_id}?sessionkey={stolen}"
                self.assertEqual(self.ask("DELETE", target).status, 401)
                self.restart()

    def test_replayed_key(self) -> None:
        """A key is good for ten minutes, wherever it comes from, and no longer over a restart."""
        own = self.log_in(7, SECRET)
        self.clock.now += 598
        self.restart()
        self.assertTrue(self.works(own))
        self.clock.now += 3
        for _ in range(2):
            self.assertFalse(self.works(own))
            self.restart()

    def test_clock_set_back(self) -> None:
        """A clock that goes back lets no older key in, and shuts nobody out."""
        stolen = self.log_in(7)
        own = self.log_in(7, SECRET)
        self.clock.now -= 300
        self.restart()
        self.assertFalse(self.works(stolen))
        self.assertTrue(self.works(self.log_in(7, SECRET)))
        del own

    # Games' servers and the admin

    def test_put(self) -> None:
        """A game's server or the admin claims any user, in place of whoever had."""
        self.works(self.log_in(7))
        token = self.game_token()
        self.log_in(8, SECRET)
        for user_id, shown in ((7, token), (8, ADMIN)):
            target = f"/api/users/{user_id}/claim"
            reply = self.ask("POST", target, {"secret": OTHER}, shown)
            self.assertEqual((reply.status, reply.value), (200, {"user": user_id, "claimed": True}))
            self.restart()
            self.assertEqual(self.try_login(user_id), 401)
            self.assertEqual(self.try_login(user_id, SECRET), 401)
            self.assertEqual(self.try_login(user_id, OTHER), 200)

    def test_put_stays(self) -> None:
        """What they have claimed does not lapse."""
        self.ask("POST", "/api/users/7/claim", {"secret": SECRET}, ADMIN)
        self.clock.now += 30 * DAY
        self.restart()
        self.assertEqual(self.try_login(7), 401)

    def test_lift(self) -> None:
        """A claim that is lifted is gone, with the sessions of its owner."""
        own = self.log_in(7, SECRET)
        self.assertTrue(self.works(own))
        target = "/api/users/7/unclaim"
        for _ in range(2):
            reply = self.ask("POST", target, {}, ADMIN)
            self.assertEqual((reply.status, reply.value), (200, {"user": 7, "claimed": False}))
            self.assertFalse(self.works(own))
            self.restart()
            self.assertFalse(self.works(own))
            self.assertTrue(self.works(self.log_in(7)))
        self.assertEqual(self.try_login(7, SECRET), 409)

    def test_lifted_are_forgotten(self) -> None:
        """When no key can be older any more, nothing is left of a claim that was lifted."""
        for user_id in range(20):
            self.log_in(user_id, SECRET)
            self.ask("POST", f"/api/users/{user_id}/unclaim", token=ADMIN)
        self.clock.now += 601
        for user_id in range(100, 110):
            self.log_in(user_id, SECRET, "198.51.100.1")
        self.restart()
        self.assertEqual(sorted(self.engine.claims.by_user), list(range(100, 110)))

    def test_players_cannot(self) -> None:
        """No player, no owner and no wrong token may set or lift a claim."""
        key = self.log_in(7, SECRET)
        for call in ("claim", "unclaim"):
            body = {"secret": OTHER} if call == "claim" else {}
            target = f"/api/users/7/{call}"
            for token, query in (("", ""), ("", f"?sessionkey={key}"), ("wrong", "")):
                self.assertEqual(self.ask("POST", target + query, body, token).status, 401)
        self.assertEqual(self.try_login(7, SECRET), 200)

    # Keeping secrets

    def test_no_file_has_it(self) -> None:
        """Secrets are kept as keyed hashes; two users with the same one do not show it."""
        self.log_in(7, SECRET)
        self.log_in(8, SECRET)
        drawn = self.ask("POST", "/api/users", {}).value["secret"]
        claims = self.engine.claims.by_user
        self.assertNotEqual(claims[7].secret, claims[8].secret)
        for secret in (SECRET.encode(), drawn.encode(), bytes.fromhex(drawn)):
            self.assertNotIn(secret, self.data_bytes())

    def test_nothing_is_said(self) -> None:
        """No answer repeats a secret, wrong or right."""
        self.log_in(7, SECRET)
        for secret in (SECRET, OTHER, SECRET + "\x01"):
            for reply in (
                self.ask("POST", "/7/login", secret.encode()),
                self.ask("GET", f"/7/login?secret={quote(secret)}"),
                self.ask("GET", f"/7/login/{quote(secret)}"),
                self.ask("POST", "/api/users/7/claim", {"secret": secret}),
            ):
                self.assertNotIn(secret, reply.text)


class StoredClaimsTest(ClaimsTest):
    """Stored keys, in memory."""

    store_tokens = True


class DurableClaimsTest(ClaimsTest):
    """Signed keys, with a data file."""

    is_durable = True


class DurableStoredClaimsTest(ClaimsTest):
    """Stored keys, with a data file."""

    is_durable = True
    store_tokens = True


class RequiredTest(PeopleTestCase):
    secrets = "required"

    def test_required(self) -> None:
        """Nobody logs in without a secret; who played before needs a claim from the admin."""
        self.assertEqual(self.ask("GET", "/7/login").status, 401)
        self.assertEqual(self.ask("GET", "/7/").status, 401)
        self.assertEqual(self.submit(1, self.log_in(7, SECRET), 5).status, 200)


class OffTest(PeopleTestCase):
    secrets = "off"

    def test_off(self) -> None:
        """No secret is taken, and a game that sends one is told so."""
        self.log_in(7)
        for reply in (
            self.ask("POST", "/7/login", SECRET.encode()),
            self.ask("GET", f"/7/login?secret={SECRET}"),
        ):
            self.assertEqual((reply.status, reply.text), (403, "this server takes no secrets\n"))
        for reply in (
            self.ask("POST", "/api/users", {}),
            self.ask("POST", "/api/users/7/claim", {"secret": SECRET}, ADMIN),
        ):
            self.assertEqual(reply.error, (403, "secrets_off"))
        self.log_in(7)

    def test_what_was_claimed(self) -> None:
        """What was claimed before stays so, until the admin lifts it."""
        self.secrets = "optional"
        self.is_durable = True
        self.start()
        self.log_in(7, SECRET)
        self.secrets = "off"
        self.restart()
        self.assertEqual(self.ask("GET", "/7/login").status, 401)
        self.log_in(7, SECRET)
        self.ask("POST", "/api/users/7/unclaim", token=ADMIN)
        self.log_in(7)


if __name__ == "__main__":
    unittest.main()
