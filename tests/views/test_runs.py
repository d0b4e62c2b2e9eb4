"""Runs: a score that needs one, and what is tried to do without."""

from __future__ import annotations

import unittest
from typing import Any

from tests.people import SECRET, PeopleTestCase, Reply

DAY = 86_400


class RunsTest(PeopleTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.configure(1, runs=True, min_seconds=30)
        self.key = self.log_in(7)

    def draw(self, key: str = "", level_id: int = 1, **body: Any) -> str:
        target = f"/api/levels/{level_id}/runs?sessionkey={key or self.key}"
        reply = self.ask("POST", target, body)
        self.assertEqual(reply.status, 200, reply)
        return str(reply.value["run"])

    def wait(self, seconds: float) -> None:
        """Time goes by; the session is a new one."""
        self.clock.now += seconds
        self.key = self.log_in(7)

    def play(self, run: str, score: int = 50, **more: Any) -> Reply:
        return self.post(1, self.key, score, run=run, **more)

    def test_run(self) -> None:
        """A run says from when to when it is good."""
        reply = self.ask("POST", f"/api/levels/1/runs?sessionkey={self.key}")
        self.assertEqual(
            (reply.value["not_before"], reply.value["expires"]),
            ("2023-11-14T22:13:50Z", "2023-11-15T22:13:20Z"),
        )
        self.assertRegex(reply.value["run"], "^[0-9a-f]{60}$")  # so the log leaves it out

    def test_needed(self) -> None:
        """Neither API takes a score without a run, and none of several."""
        several = {"scores": [{"level": 2, "score": 5}, {"level": 1, "score": 6}]}
        refused = self.ask("POST", f"/api/scores?sessionkey={self.key}", several)
        self.assertEqual(refused.error, (403, "run_needed"))
        self.assertEqual(self.post(1, self.key, 5).error, (403, "run_needed"))
        self.assertEqual(self.post(1, self.key, 5, id="a").error, (403, "run_needed"))
        for more in ("", "&id=a", "&run=", "&other=1"):
            self.assertEqual(self.submit(1, self.key, 5, more).status, 403)
        self.assertEqual((self.scores(1), self.scores(2)), (b"", b""))

    def test_too_early(self) -> None:
        """Before its time a run is refused, and stays good for later."""
        run = self.draw()
        for seconds, left in ((0, "30"), (29.5, "1")):
            self.clock.now += seconds
            reply = self.play(run)
            self.assertEqual(reply.error, (403, "run_too_early"))
            self.assertEqual(reply.headers["Retry-After"], left)
        self.clock.now += 0.5
        self.assertEqual(self.play(run).status, 200)

    def test_expired(self) -> None:
        """A run is good for a day."""
        run, later = self.draw(), ""
        self.wait(DAY - 1)
        later = self.draw()
        self.wait(1)
        self.assertEqual(self.play(run).error, (403, "run_unknown"))
        self.wait(29)
        self.assertEqual(self.play(later).status, 200)

    def test_single_use(self) -> None:
        """One run, one score: by either API, and over a restart."""
        run = self.draw()
        self.wait(30)
        self.assertEqual(self.play(run, 50).status, 200)
        for _ in range(2):
            self.assertEqual(self.play(run, 60).error, (403, "run_used"))
            self.assertEqual(self.play(run, 60, id="new").error, (403, "run_used"))
            self.assertEqual(self.submit(1, self.key, 60, f"&run={run}").status, 403)
            self.restart()
        self.assertEqual(self.scores(1), b"7=50")

    def test_first_answer_again(self) -> None:
        """The same post gets its first answer, with an id of its own or without."""
        for more in ({}, {"id": "mine"}):
            run = self.draw()
            self.wait(30)
            first = self.play(run, 50, meta={"a": 1}, **more)
            self.assertEqual(first.status, 200)
            self.play(self.draw(), 10)
            self.restart()
            self.assertEqual(self.play(run, 50, meta={"a": 1}, **more), first)
            self.wait(1)  # a new session makes no difference
            self.assertEqual(self.play(run, 50, meta={"a": 1}, **more), first)

    def test_mini_game(self) -> None:
        """The mini-game's call takes a run, and may be repeated with it."""
        run = self.draw()
        self.assertEqual(self.submit(1, self.key, 50, f"&run={run}").status, 403)
        self.wait(30)
        for _ in range(3):
            self.assertEqual(self.submit(1, self.key, 50, f"&run={run}").status, 200)
            self.restart()
        self.assertEqual(self.submit(1, self.key, 51, f"&run={run}").status, 403)
        other = self.draw()
        self.wait(30)
        for _ in range(2):
            more = f"&id=b&run={other}"
            self.assertEqual(self.submit(1, self.key, 70, more).status, 200)
        self.assertEqual(self.submit(1, self.key, 70, f"&id=c&run={other}").status, 403)
        self.assertEqual(self.scores(1), b"7=70")

    def test_refused_score(self) -> None:
        """A score that is refused for another reason leaves its run as good as it was."""
        self.configure(1, max=100)
        run = self.draw()
        self.wait(30)
        self.assertEqual(self.play(run, 101).error, (400, "out_of_bounds"))
        self.assertEqual(self.play(run, 100).status, 200)

    def test_score_that_does_not_improve(self) -> None:
        """It is accepted, so it uses its run up."""
        first, second = self.draw(), self.draw()
        self.wait(30)
        self.play(first, 50)
        self.assertEqual(self.play(second, 40).value["best"], 50)
        self.assertEqual(self.play(second, 60).error, (403, "run_used"))

    def test_somebody_elses(self) -> None:
        """A run is of one user and one level."""
        self.configure(2, runs=True)
        other = self.log_in(8)
        run = self.draw(other)
        elsewhere = self.draw(level_id=2)
        self.wait(30)
        for stolen in (run, elsewhere, "", "0" * 60, "x" * 60, run[:-1], run[:-1] + "g"):
            error = (403, "run_unknown" if stolen else "run_needed")
            self.assertEqual(self.play(stolen).error, error)

    def test_every_digit(self) -> None:
        """A run with any digit changed is none."""
        run = self.draw()
        self.wait(30)
        for at, digit in enumerate(run):
            forged = f"{run[:at]}{int(digit, 16) ^ 1:x}{run[at + 1:]}"
            self.assertEqual(self.play(forged).error, (403, "run_unknown"))

    def test_bad(self) -> None:
        """What cannot be a run is answered without a stumble."""
        for run in (5, None, True, [], {}, "ä" * 60):
            self.assertIn(self.play(run).status, (400, 403))  # type: ignore[arg-type]

    def test_over_a_restart(self) -> None:
        """A run that was drawn before a restart is good after it."""
        run = self.draw()
        self.restart()
        self.wait(30)
        self.assertEqual(self.play(run).status, 200)

    def test_drawn_again(self) -> None:
        """Drawing with an id may be repeated; a post may have the same id."""
        run = self.draw(id="round-1")
        self.assertEqual(self.draw(id="round-1"), run)
        self.assertNotEqual(self.draw(id="round-2"), run)
        self.assertNotEqual(self.draw(), self.draw())
        self.wait(30)
        self.assertEqual(self.play(run, id="round-1").status, 200)
        self.restart()
        self.assertEqual(self.draw(id="round-1"), run)

    def test_of_a_game(self) -> None:
        """A game's server draws and posts for a user, as the rules of the level are."""
        token = self.game_token()
        self.assertEqual(self.post(1, "", 5, token, user=9).error, (403, "run_needed"))
        drawn = self.ask("POST", "/api/levels/1/runs", {"user": 9}, token)
        self.clock.now += 30
        reply = self.post(1, "", 5, token, user=9, run=drawn.value["run"])
        self.assertEqual(reply.status, 200)

    def test_drawn_by_nobody(self) -> None:
        """Nobody draws a run without a session."""
        for query in ("", "?sessionkey=none"):
            self.assertEqual(self.ask("POST", f"/api/levels/1/runs{query}").status, 401)

    def test_where_none_is_needed(self) -> None:
        """A level without runs takes no notice of one: the same score may come again."""
        self.configure(3, keep="sum")
        for _ in range(2):
            self.assertEqual(self.post(3, self.key, 5, run="anything").status, 200)
        self.assertEqual(self.submit(3, self.key, 5, "&run=anything").status, 200)
        self.assertEqual(self.scores(3), b"7=15")

    def test_used_are_forgotten(self) -> None:
        """After a day nothing is left of the runs that were used."""
        self.configure(1, min_seconds=0)
        for _ in range(20):
            self.assertEqual(self.play(self.draw()).status, 200)
        self.wait(DAY)
        for _ in range(10):
            self.assertEqual(self.play(self.draw()).status, 200)
        self.assertEqual(len(self.engine.scores._runs._used), 10)  # type: ignore[attr-defined]

    def test_owner(self) -> None:
        """The owner of a user plays with runs like anybody."""
        key = self.log_in(70, SECRET)
        run = self.draw(key)
        self.clock.now += 30
        self.assertEqual(self.post(1, key, 5, run=run).status, 200)


class DurableRunsTest(RunsTest):
    is_durable = True


if __name__ == "__main__":
    unittest.main()
