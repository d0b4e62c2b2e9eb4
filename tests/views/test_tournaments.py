from __future__ import annotations

import json
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.tournaments.creation_limit import MAX_PER_HOUR
from gameserver.tournaments.rules import MAX_ACTIVE
from gameserver.tournaments.tournament import LISTS
from tests.support import make_request
from tests.tournaments.world import HOUR, World

FIELDS = [
    "id", "mode", "modeparams", "name", "location",
    "start", "end", "open_entry", "hide_results", "status",
]  # fmt: skip


class ViewTest(unittest.TestCase):
    def setUp(self):
        self.world = self.make_world()
        self.get, self.post = self.world.get, self.world.post

    def make_world(self):
        return World(self)

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


class LongListTest(ViewTest):
    def setUp(self):
        super().setUp()
        self.enterContext(mock.patch("gameserver.tournaments.catalogue.MAX_LISTED", 3))
        self.enterContext(mock.patch("gameserver.tournaments.catalogue.PLACES_PER_HOST", 2))
        self.cups = [self.world.create(name=f"Cup {number}") for number in range(5)]

    def ids(self, path, who=""):
        return [each["id"] for each in self.get(f"tournaments/{path}", who).value]

    def test_cut(self):
        """A list that is too long shows the newest, and not many of one host."""
        self.assertEqual(self.ids("all"), self.cups[-2:])

    def test_pages(self):
        """`offset` and `limit` lead to the rest, counted from the newest."""
        for query, expected in (
            ("limit=2", self.cups[3:]),
            ("offset=1&limit=3", self.cups[1:4]),
            ("limit=9&offset=4", self.cups[:1]),
            ("offset=4", self.cups[:1]),
            ("offset=99", []),
        ):
            self.assertEqual(self.ids(f"active?{query}", "player"), expected, query)

    def test_bad_pages(self):
        """What is no page is invalid data, and the answer names the field."""
        for query, field in (
            ("offset=-1", "offset"), ("offset=x", "offset"), ("limit=0", "limit"),
            ("limit=1001", "limit"), (f"offset={2**31}", "offset"), ("limit=", "limit"),
        ):  # fmt: skip
            reply = self.get(f"tournaments/all?{query}")
            self.assertEqual((reply.error, reply.value["field"]), ((403, "invalid_data"), field))

    def test_my_active(self):
        """A player's own list is never cut."""
        for cup in self.cups:
            self.post(f"tournaments/participate/{cup}", "player")
        self.assertEqual(self.ids("my_active", "player"), self.cups)

    def test_statuses(self):
        """A list says of each tournament what the caller has to do with it."""
        self.post(f"tournaments/participate/{self.cups[4]}", "player")
        shown = self.get("tournaments/all", "player").value
        self.assertEqual([each["status"] for each in shown], ["not_participating", "participating"])
        shown = self.get("tournaments/all").value
        self.assertEqual([each["status"] for each in shown], ["not_logged_in"] * 2)

    def test_remembered(self):
        """A list that has not changed is the same bytes for everybody, however many ask."""
        first, second = (
            self.world.app.handle([make_request("GET", "/api/tournaments/all")])[0].body
            for _ in range(2)
        )
        self.assertIs(first, second)


class DeleteTest(ViewTest):
    def delete(self, tournament, who="host"):
        return self.post(f"tournaments/delete/{tournament}", who)

    def test_empty(self):
        """A host can delete a tournament that nobody has entered, also when it is over."""
        for stopped in (False, True):
            cup = self.world.create()
            if stopped:
                self.later(1)
                self.post(f"tournaments/stop/{cup}", "host")
            self.assertEqual(self.delete(cup), (200, {}, {}))
            self.assertEqual(self.get("tournaments/all").value, [])
            self.assertEqual(self.delete(cup).error, (404, "no_such_tournament"))

    def test_entered(self):
        """Where somebody has entered, or was only invited, it stays."""
        entered, invited = self.world.create(), self.world.create()
        self.post(f"tournaments/participate/{entered}", "player")
        self.post(f"tournaments/invite/{invited}", "host", username="player")
        for cup in (entered, invited):
            self.assertEqual(self.delete(cup).error, (403, "has_entries"))

    def test_host(self):
        """Nobody else can."""
        cup = self.world.create()
        self.assertEqual(self.delete(cup, "player").error, (403, "not_host"))
        self.assertEqual(self.delete(cup, "").error, (403, "not_logged_in"))


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

    def test_rights_come_first(self):
        """Whoever is not the host does not learn who has an account, or what the body lacks."""
        tournament = self.world.create()
        self.world.token("player")
        for path in ("invite", "host_confirm"):
            for fields in ({"username": "nobody"}, {"username": "host"}, {"x": 1}, {}):
                reply = self.post(f"tournaments/{path}/{tournament}", "player", **fields)
                self.assertEqual(reply.error, (403, "not_host"), fields)
                reply = self.post(f"tournaments/{path}/99", "player", **fields)
                self.assertEqual(reply.error, (404, "no_such_tournament"), fields)

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
        for number in range(MAX_ACTIVE):
            if number % MAX_PER_HOUR == 0:
                self.later(HOUR)
            self.world.create(lasts=10 * HOUR)
        self.assertEqual(self.create().error, (403, "too_many_tournaments"))
        self.later(10 * HOUR)
        self.assertEqual(
            self.create(start="2030-11-15T00:00:00", end="2030-11-15T01:00:00").status, 201
        )

    def test_an_hour(self):
        """One host makes a limited number an hour, be they stopped or deleted; others may."""
        for number in range(MAX_PER_HOUR):
            cup = self.world.create()
            self.post(f"tournaments/{'stop' if number % 2 else 'delete'}/{cup}", "host")
            self.later(1)
        reply = self.create()
        self.assertEqual(reply.error, (403, "too_many_tournaments"))
        self.assertEqual(reply.headers, {"Retry-After": str(3600 - MAX_PER_HOUR)})
        fields = self.world.fields(self.world.clock())
        self.assertEqual(self.post("tournaments/create", "other", **fields).status, 201)
        self.later(3600 - MAX_PER_HOUR)
        self.assertEqual(self.create(start="2030-01-01T00:00", end="2030-01-02T00:00").status, 201)

    def test_without_players(self):
        """One host has a limited number that nobody has entered, be they over or not."""
        with mock.patch("gameserver.tournaments.rules.MAX_EMPTY", 3):
            cups = [self.world.create(lasts=1) for _ in range(3)]
            self.later(1)
            self.assertEqual(self.create().error, (403, "too_many_tournaments"))
            self.post(f"tournaments/delete/{cups[0]}", "host")
            cup = self.world.create()
            self.assertEqual(self.create().error, (403, "too_many_tournaments"))
            self.post(f"tournaments/participate/{cup}", "player")
            self.assertEqual(self.create().status, 201)


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
