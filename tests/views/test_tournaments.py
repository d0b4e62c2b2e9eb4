from __future__ import annotations

import json
import unittest

from gameserver.tournaments.service import MAX_HOSTED
from gameserver.tournaments.tournament import LISTS
from tests.tournaments.world import HOUR, World

FIELDS = [
    "id", "mode", "modeparams", "name", "location",
    "start", "end", "open_entry", "hide_results", "status",
]  # fmt: skip


class ViewTest(unittest.TestCase):
    def setUp(self):
        self.world = World(self)
        self.get, self.post = self.world.get, self.world.post

    def later(self, seconds):
        self.world.clock.now += seconds


class ListTest(ViewTest):
    def names(self, name, who=""):
        return [each["name"] for each in self.get(f"tournaments/{name}", who).value]

    def test_fields(self):
        """A tournament has exactly the ten fields that the clients know."""
        self.world.create(name="Cup", open_entry=False)
        (tournament,) = self.get("tournaments/all").value
        self.assertEqual(list(tournament), FIELDS)
        self.assertEqual(
            list(tournament.values()),
            [1, "sum", "1+0+0", "Cup", "here", "2023-11-14T22:13:20", "2023-11-14T23:13:20",
             False, False, "not_logged_in"],
        )  # fmt: skip

    def test_phases(self):
        """Which list a tournament stands in changes at its start and at its end."""
        self.world.create(starts_in=HOUR, name="Cup")
        seen = []
        for passed in (0, HOUR - 0.001, 0.001, HOUR - 0.001, 0.001):
            self.later(passed)
            seen.append([name for name in LISTS if self.names(name)])
        upcoming, running = ["all", "upcoming", "active"], ["all", "in_progress", "active"]
        self.assertEqual(seen, [upcoming, upcoming, running, running, ["all", "archive"]])

    def test_my_active(self):
        """A player's own list has what is not over, with the player's status; a host's has not."""
        open_, closed, inviting, _, over = (
            self.world.create(name=name, open_entry=name in ("open", "over"), lasts=lasts)
            for name, lasts in (
                ("open", 9),
                ("closed", 9),
                ("inviting", 9),
                ("other", 9),
                ("over", 1),
            )
        )
        for tournament in (open_, closed, over):
            self.post(f"tournaments/participate/{tournament}", "player")
        self.post(f"tournaments/invite/{inviting}", "host", username="player")
        self.later(2)
        self.assertEqual(
            {
                each["name"]: each["status"]
                for each in self.get("tournaments/my_active", "player").value
            },
            {"open": "participating", "closed": "requested", "inviting": "invited"},
        )
        self.assertEqual(self.names("my_active", "host"), [])
        self.assertEqual(self.get("tournaments/my_active").error, (403, "not_logged_in"))


class EntryTest(ViewTest):
    def status(self, tournament, who="player"):
        return self.get(f"tournaments/detail/{tournament}", who).value["tournament"]["status"]

    def test_open(self):
        """Entry to an open tournament takes one call; another one changes nothing."""
        tournament = self.world.create()
        self.assertEqual(self.status(tournament), "not_participating")
        for _ in range(2):
            self.assertEqual(
                self.post(f"tournaments/participate/{tournament}", "player").status, 200
            )
            self.assertEqual(self.status(tournament), "participating")

    def test_request(self):
        """Entry to a closed one takes the host's word."""
        tournament = self.world.create(open_entry=False)
        self.post(f"tournaments/participate/{tournament}", "player")
        self.assertEqual(self.status(tournament), "requested")
        self.assertEqual(
            self.post(f"tournaments/gen_key/{tournament}", "player").error,
            (403, "not_participating"),
        )
        reply = self.post(f"tournaments/host_confirm/{tournament}", "host", username="player")
        self.assertEqual((reply.status, self.status(tournament)), (200, "participating"))

    def test_invitation(self):
        """An invitation has to be accepted."""
        tournament = self.world.create(open_entry=False)
        self.world.token("player")
        self.assertEqual(
            self.post(f"tournaments/player_confirm/{tournament}", "player").error,
            (403, "not_invited"),
        )
        self.post(f"tournaments/invite/{tournament}", "host", username="player")
        self.assertEqual(self.status(tournament), "invited")
        for _ in range(2):
            reply = self.post(f"tournaments/player_confirm/{tournament}", "player")
            self.assertEqual((reply.status, self.status(tournament)), (200, "participating"))

    def test_late(self):
        """At the very end it is too late."""
        tournament = self.world.create(lasts=10)
        self.world.token("player")
        self.later(10)
        self.assertEqual(
            self.post(f"tournaments/participate/{tournament}", "player").error, (403, "too_late")
        )

    def test_only_the_host_hosts(self):
        """Inviting, confirming and stopping are for the host."""
        tournament = self.world.create()
        for path in ("invite", "host_confirm"):
            reply = self.post(f"tournaments/{path}/{tournament}", "player", username="player")
            self.assertEqual(reply.error, (403, "not_host"))
        self.assertEqual(
            self.post(f"tournaments/stop/{tournament}", "player").error, (403, "not_host")
        )

    def test_unknown_player(self):
        """A player whom nobody knows cannot be invited."""
        tournament = self.world.create()
        reply = self.post(f"tournaments/invite/{tournament}", "host", username="nobody")
        self.assertEqual((reply.error, reply.value["field"]), ((404, "no_such_user"), "username"))

    def test_nobody_and_nothing(self):
        """Without a login, and for tournaments that are not there, each call says so."""
        self.world.token("player")
        for path in ("participate", "player_confirm", "gen_key", "stop"):
            self.assertEqual(self.post(f"tournaments/{path}/1").error, (403, "not_logged_in"), path)
            reply = self.post(f"tournaments/{path}/1", "player")
            self.assertEqual(reply.error, (404, "no_such_tournament"), path)
        for path in ("get_key",):
            self.assertEqual(self.get(f"tournaments/{path}/1").error, (403, "not_logged_in"))
        for path in ("get_key", "detail", "standings"):
            reply = self.get(f"tournaments/{path}/1", "player")
            self.assertEqual(reply.error, (404, "no_such_tournament"), path)


class DetailTest(ViewTest):
    def test_players(self):
        """Everybody sees the players; who has asked to be let in, the host alone sees."""
        tournament = self.world.create(open_entry=False)
        self.post(f"tournaments/participate/{tournament}", "asking")
        self.world.token("guest")
        self.post(f"tournaments/invite/{tournament}", "host", username="guest")
        asking, guest = (
            {"username": "asking", "status": "requested"},
            {"username": "guest", "status": "invited"},
        )  # fmt: skip
        for who, players in (("", [guest]), ("asking", [guest]), ("host", [asking, guest])):
            page = self.get(f"tournaments/detail/{tournament}", who).value
            self.assertEqual((page["host"], page["players"]), ("host", players), who)
            self.assertEqual("unproven" in page, who == "host")
            self.assertEqual(list(page["tournament"]), FIELDS)


class KeyTest(ViewTest):
    def setUp(self):
        super().setUp()
        self.cup = self.world.create(starts_in=10, lasts=100)
        self.post(f"tournaments/participate/{self.cup}", "player")

    def gen_key(self):
        return self.post(f"tournaments/gen_key/{self.cup}", "player")

    def get_key(self):
        return self.get(f"tournaments/get_key/{self.cup}", "player")

    def test_across_the_start(self):
        """Before the start both calls say how long to wait; whoever has waited gets the key."""
        self.later(7.4996)
        for reply, code in ((self.gen_key(), "too_early"), (self.get_key(), "not_generated_yet")):
            self.assertEqual(reply, (403, {"error": code, "wait": 2.501}, {}))
        self.later(2.501)
        self.assertEqual(self.get_key(), (403, {"error": "not_generated"}, {}))
        generated = self.gen_key()
        self.assertEqual(generated.status, 201)
        self.assertRegex(generated.value["key"], f"^[0-9]+_{self.cup}_[0-9a-f]{{32}}$")
        self.assertIsNone(generated.value["key_expiry"])
        self.assertEqual(self.get_key(), (200, generated.value, {}))
        self.assertEqual(self.gen_key(), (403, {"error": "key_exists"}, {}))

    def test_a_moment_early(self):
        """A microsecond before the start it is too early, and the wait is not 0."""
        self.later(9.999999)
        self.assertEqual(self.gen_key().value, {"error": "too_early", "wait": 0.001})

    def test_after_the_end(self):
        """After the end there is no key to be had, but one that exists can be read."""
        self.later(110)
        self.assertEqual(self.gen_key(), (403, {"error": "tournament_over"}, {}))
        self.assertEqual(self.get_key(), (403, {"error": "never_generated"}, {}))

    def test_expiry(self):
        """In a mode with a personal limit the key says when it ends."""
        limited = self.world.create(mode="sum_timelimit", modeparams="1+0+0,5")
        self.post(f"tournaments/participate/{limited}", "player")
        reply = self.post(f"tournaments/gen_key/{limited}", "player")
        self.assertEqual(reply.value["key_expiry"], "2023-11-14T22:18:20")


class StopTest(ViewTest):
    def test_ends_now(self):
        """A stopped tournament has ended at that moment, and cannot be stopped again."""
        tournament = self.world.create()
        self.later(5)
        self.assertEqual(self.post(f"tournaments/stop/{tournament}", "host").status, 200)
        (listed,) = self.get("tournaments/archive").value
        self.assertEqual(listed["end"], "2023-11-14T22:13:25")
        self.assertEqual(
            self.post(f"tournaments/stop/{tournament}", "host").error, (403, "tournament_over")
        )


class CreateTest(ViewTest):
    def create(self, **changes):
        fields = self.world.fields(self.world.clock() + 60) | changes
        given = {name: value for name, value in fields.items() if value is not ...}
        return self.post("tournaments/create", "host", **given)

    def test_from_a_form(self):
        """A form is as good as JSON, and three fields may be left out."""
        body = (
            b"name=Cup&mode=sum&modeparams=1%2B1%2B1&start=2030-01-01T00:00&end=2030-01-02T00:00:00"
        )
        reply = self.world.ask(
            "POST", "tournaments/create", body, "host", "application/x-www-form-urlencoded"
        )
        self.assertEqual(reply.status, 201)
        self.assertEqual(
            list(reply.value.values())[1:],
            ["sum", "1+1+1", "Cup", "", "2030-01-01T00:00:00", "2030-01-02T00:00:00",
             True, False, "not_participating"],
        )  # fmt: skip

    def test_each_field(self):
        """What is wrong with a field is said with the field's name, and a word for a person."""
        for field, values in {
            "name": (..., "", "  ", "x" * 101, "x" * 10_000, "a\nb", "a\x00b", "a\u202eb", 5, None),
            "mode": (..., "", "SUM", "chess", 1, None),
            "modeparams": (..., "", "0+0+0", "1+1", "1+1+1,5", "a+b+c", "9999+0+0", 5, None),
            "location": ("x" * 201, "a\rb", 5, None),
            "start": (..., "", "now", "1970-01-01T00:00:00", "2200-01-01T00:00:00",
                      "2030-02-30T00:00:00", "2030-01-01T00:00:00Z", 5, None),
            "end": (..., "", "2023-11-14T22:14:20", "2023-11-14T22:13:00", "9999-01-01T00:00", 5),
            "open_entry": ("", "maybe", "True ", 1, 0, None),
            "hide_results": ("", "maybe", 2, None),
            "colour": ("red",),
        }.items():  # fmt: skip
            for value in values:
                reply = self.create(**{field: value})
                self.assertEqual(reply.error, (403, "invalid_data"), (field, value))
                self.assertEqual(reply.value["field"], field, value)
                self.assertTrue(reply.value["message"])

    def test_end_in_the_past(self):
        """A tournament that is over cannot be created."""
        reply = self.create(start="2020-01-01T00:00:00", end="2020-01-02T00:00:00")
        self.assertEqual(reply.value["field"], "end")

    def test_bodies(self):
        """A body that is not well-formed is invalid data."""
        for body in (
            b"",
            b"{",
            b"[]",
            b'{"name": {"a": 1}}',
            b'{"name": NaN}',
            b"\xff",
            b"[" * 60_000,
        ):
            reply = self.world.ask("POST", "tournaments/create", body, "host", "application/json")
            self.assertEqual(reply.error, (403, "invalid_data"), body[:20])

    def test_login(self):
        """Somebody has to be the host."""
        self.assertEqual(self.post("tournaments/create", **self.world.fields(0)).error,
                         (403, "not_logged_in"))  # fmt: skip

    def test_number(self):
        """One host has a limited number of tournaments that are not over."""
        for _ in range(MAX_HOSTED):
            self.world.create(lasts=10)
        self.assertEqual(self.create().error, (403, "too_many_tournaments"))
        self.later(10)
        self.assertEqual(
            self.create(start="2023-11-15T00:00:00", end="2023-11-15T01:00:00").status, 201
        )


class RoutingTest(ViewTest):
    def test_every_error_is_json(self):
        """What routing refuses under /api/ is JSON as well, and elsewhere it is text."""
        for method, path, status, code in (
            ("GET", "nothing", 404, "not_found"),
            ("GET", "", 404, "not_found"),
            ("GET", "register", 405, "method_not_allowed"),
            ("POST", "tournaments/all", 405, "method_not_allowed"),
            ("POST", "tournaments/participate/x", 400, "bad_request"),
            ("POST", f"tournaments/participate/{2**31}", 400, "bad_request"),
            ("POST", f"tournaments/participate/{'9' * 99}", 400, "bad_request"),
        ):
            self.assertEqual(self.world.ask(method, path).error, (status, code), path)
        with self.assertRaises(json.JSONDecodeError):
            self.world.send("GET", "/nothing", b"", {})
