"""The host takes away what a player has handed in."""

from __future__ import annotations

import unittest
from dataclasses import replace

from tests.client.scenario.replay_files import rmv
from tests.folder import FolderTestCase
from tests.minesweeper.test_upload import reading_replays
from tests.tournaments.world import HOUR, Reply, World


class RemovalTest(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.world = self.make_world()
        self.cup = self.world.create()
        self.key = self.world.key(self.cup)
        self.rival = self.world.key(self.cup, "rival")
        self.replay = rmv(self.key, 5000)
        self.world.upload(self.replay)
        self.world.upload(rmv(self.rival, 7000))

    def make_world(self) -> World:
        return World(self, folder=str(self.folder), data=self.data)

    @property
    def data(self) -> str:
        return ""

    def remove(self, name: object = "player", who: str = "host", cup: int = 0) -> Reply:
        path = f"tournaments/remove/{cup or self.cup}"
        return self.world.post(path, who, username=name)

    def table(self) -> list[tuple[object, ...]]:
        return [tuple(line[:3]) for line in self.world.standings(self.cup)]

    def test_remove(self) -> None:
        """The table changes at once, however often it was asked for before."""
        before = [(1, "player", 5000), (2, "rival", 7000)]
        self.assertEqual([self.table() for _ in range(3)], [before] * 3)
        reply = self.remove()
        self.assertEqual((reply.status, reply.value), (200, {"removed": 1}))
        self.assertEqual(self.table(), [(1, "rival", 7000), (2, "player", 0)])

    def test_the_same_game(self) -> None:
        """A removed game stays out, under any key and name; another one counts."""
        self.remove()
        rivals = self.replay.replace(self.key.encode(), self.rival.encode())
        for replay in (self.replay, self.replay.replace(b"Player", b"Plaxer"), rivals):
            self.assertEqual(self.world.upload(replay).error, (403, "invalid_data"))
        self.assertEqual(self.world.upload(rmv(self.key, 6000)).status, 201)
        self.assertEqual(self.table(), [(1, "player", 6000), (2, "rival", 7000)])
        self.assertEqual(self.remove().value, {"removed": 1})
        self.assertEqual(self.world.upload(rmv(self.key, 6000)).error, (403, "invalid_data"))

    def test_refused(self) -> None:
        """Only the host may, and only what there is."""
        self.world.key(self.cup, "idle")
        self.world.token("stranger")
        for reply, error in (
            (self.remove(who="player"), (403, "not_host")),
            (self.remove("nobody", who="player"), (403, "not_host")),
            (self.remove("nobody"), (404, "no_such_user")),
            (self.remove("deleted user"), (404, "no_such_user")),
            (self.remove("idle"), (403, "nothing_submitted")),
            (self.remove("stranger"), (403, "nothing_submitted")),
            (self.remove(cup=99), (404, "no_such_tournament")),
            (self.remove(5), (403, "invalid_data")),
            (self.remove(who=""), (403, "not_logged_in")),
        ):
            self.assertEqual(reply.error, error)
        self.assertEqual(self.table()[:2], [(1, "player", 5000), (2, "rival", 7000)])
        self.assertEqual(self.remove("PLAYER").status, 200)
        self.assertEqual(self.remove().error, (403, "nothing_submitted"))

    def test_after_the_end(self) -> None:
        """The host may after the end as well: that is when games are looked at."""
        self.world.clock.now += 2 * HOUR
        self.assertEqual(self.remove().status, 200)
        self.assertEqual(self.table(), [(1, "rival", 7000), (2, "player", 0)])
        self.assertEqual(self.world.upload(rmv(self.key, 6000)).error, (403, "tournament_over"))

    def test_unproven(self) -> None:
        """A removed game is not counted among those that do not bear out their values."""
        with reading_replays(lambda replay: replace(replay, proven=False)):
            self.world.upload(rmv(self.key, 9000))
        self.assertEqual(self.unproven(), {"player": 1})
        self.remove()
        self.assertEqual(self.unproven(), {})

    def test_file(self) -> None:
        """The replay's file stays: it is what the host may have to show."""
        kept = sorted(path.name for path in self.folder.glob("*.rmv"))
        self.remove()
        self.assertEqual(len(kept), 2)
        self.assertEqual(sorted(path.name for path in self.folder.glob("*.rmv")), kept)

    def unproven(self) -> object:
        return self.world.get(f"tournaments/detail/{self.cup}", "host").value["unproven"]


class DurableRemovalTest(RemovalTest):
    """The same with a data file."""

    @property
    def data(self) -> str:
        return self.path


class CreateTest(unittest.TestCase):
    def create(self, world: World, modeparams: str) -> Reply:
        fields = world.fields(world.clock(), mode="levels", modeparams=modeparams)
        return world.post("tournaments/create", "host", **fields)

    def test_levels(self) -> None:
        """A tournament on levels is made like any other, and has the same ten fields."""
        world = World(self)
        reply = self.create(world, "7+8")
        self.assertEqual((reply.status, reply.value["modeparams"]), (201, "7+8"))
        self.assertEqual(len(reply.value), 10)
        reply = self.create(world, "7+7")
        self.assertEqual(reply.error, (403, "invalid_data"))
        self.assertEqual(reply.value["field"], "modeparams")
        reply = self.create(world, "7,asc")
        self.assertEqual(reply.error, (403, "invalid_data"))
        self.assertIn("desc", reply.value["message"])

    def test_replays_do_not_count(self) -> None:
        """A replay with the key of a tournament on levels is refused."""
        world = World(self)
        cup = int(self.create(world, "7").value["id"])
        key = world.key(cup)
        self.assertEqual(world.upload(rmv(key)).error, (403, "mode_constraint_violated"))


if __name__ == "__main__":
    unittest.main()
