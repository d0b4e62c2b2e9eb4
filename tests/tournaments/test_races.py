from __future__ import annotations

import unittest
from collections import Counter

from tests.client.scenario.replay_files import rmv
from tests.support import run_together
from tests.tournaments.world import World

THREADS = 64


class RaceTest(unittest.TestCase):
    def setUp(self):
        self.world = self.make_world()
        self.cup = self.world.create(starts_in=10, lasts=100)
        self.post = self.world.post

    def make_world(self):
        return World(self)

    def test_gen_key(self):
        """Of 64 who draw the same key at once, one gets it and the others hear that it exists."""
        self.post(f"tournaments/participate/{self.cup}", "player")
        self.world.clock.now += 10
        replies = run_together(
            lambda _: self.post(f"tournaments/gen_key/{self.cup}", "player"), THREADS
        )
        made = [reply.value for reply in replies if reply.status == 201]
        self.assertEqual(len(made), 1)
        refused = Counter(reply.error for reply in replies if reply.status != 201)
        self.assertEqual(refused, {(403, "key_exists"): THREADS - 1})
        self.assertEqual(self.world.get(f"tournaments/get_key/{self.cup}", "player").value, made[0])

    def test_upload(self):
        """Of 64 uploads of the same game at once, one is counted and all are welcome."""
        self.world.clock.now += 10
        replay = rmv(self.world.key(self.cup))
        replies = run_together(lambda _: self.world.upload(replay).status, THREADS)
        self.assertEqual(Counter(replies), {201: THREADS})
        counted = self.world.engine.tournaments.scores(self.cup, newest=2**63)
        self.assertEqual(len(counted), 1)

    def test_entry_at_the_start(self):
        """Whoever enters while the tournament starts is in, and gets a key not before it has."""
        names = [f"player{n}" for n in range(16)]
        for name in names:
            self.world.token(name)

        def enter(number: int):
            if number == 16:
                self.world.clock.now += 10
                return None
            entered = self.post(f"tournaments/participate/{self.cup}", names[number])
            key = self.post(f"tournaments/gen_key/{self.cup}", names[number])
            return entered.status, key.status, key.value.get("error")

        replies = run_together(enter, 17)[:16]
        self.assertLessEqual(set(replies), {(200, 201, None), (200, 403, "too_early")})

    def test_register(self):
        """Of 64 who want the same name at once, one gets it."""
        replies = run_together(
            lambda _: self.post("register", username="ann", password="correct horse").status,
            THREADS,
        )
        self.assertEqual(Counter(replies), {201: 1, 403: THREADS - 1})

    def test_refresh(self):
        """Whoever refreshes a token several times at once is logged in afterwards."""
        old = self.world.token("ann")
        headers = {"x-scoreganizer-authorization": f"ann:{old}"}
        replies = run_together(
            lambda _: self.world.send("POST", "/api/refresh_token", b"", headers), 16
        )
        self.assertEqual(Counter(reply.status for reply in replies), {200: 16})
        for reply in replies:
            headers = {"x-scoreganizer-authorization": f"ann:{reply.value['token']}"}
            status = self.world.send("GET", "/api/token_status", b"", headers).value["status"]
            self.assertEqual(status, "ok")
        self.assertEqual(self.world.get("token_status", "ann").value["status"], "nonexistent")
