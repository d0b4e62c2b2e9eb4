"""What every store that can be moderated promises, against a naive model."""

from __future__ import annotations

import random
import unittest
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, NamedTuple

from gameserver.errors import Refused
from gameserver.scores.audit import UNDOABLE, Author, Job
from gameserver.scores.moderation import Moderation
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import Outcome, Post
from gameserver.times import SECOND
from tests.support import Clock

ADMIN = Author("192.0.2.7", "admin")
USERS, LEVELS, SCORES = 12, 7, 9

SETTINGS: dict[int, dict[str, Any]] = {
    1: {"keep": "last"},
    2: {"keep": "sum", "order": "asc", "ties": "shared"},
    3: {"order": "asc", "times": True},
    4: {"keep": "last", "order": "asc", "times": True},
    5: {"keep": "sum", "times": True},
    6: {"reset": "daily", "times": True},
}
"""Of each level that is not a plain one."""


class Mark(NamedTuple):
    """A score in the model: when it arrived, and what it is."""

    arrival: int
    score: int
    at: int | None


class Model:
    """What it should be: dictionaries, and nothing that is clever."""

    def __init__(self) -> None:
        self.marks: dict[tuple[int, int], Mark] = {}
        """By level and user; shown or not."""
        self.states: dict[int, str] = {}
        self.settings = {level: LevelSettings(**SETTINGS.get(level, {})) for level in range(LEVELS)}
        self.entries: dict[int, Any] = {}
        """What it takes to undo an entry: marks by place, or the states before and after."""

    def post(self, level: int, user: int, score: int, arrival: int, now: int) -> bool:
        if self.states.get(user) == "banned":
            return False
        settings = self.settings[level]
        old = self.marks.get((level, user))
        at = now if settings.times else None
        mark = Mark(arrival, score, at)
        if old and settings.keep == "sum":
            mark = Mark(arrival, old.score + score, at)
        if old is None or (self._is_better(level, mark, old) if settings.keep == "best"
                           else mark.score != old.score):  # fmt: skip
            self.marks[level, user] = mark
        return True

    def _is_better(self, level: int, mark: Mark, old: Mark) -> bool:
        if self.settings[level].order == "asc":
            return mark.score < old.score
        return mark.score > old.score

    def take(self, entry: int, places: list[tuple[int, int]]) -> int:
        self.entries[entry] = {place: self.marks.pop(place) for place in places}
        return len(places)

    def undo(self, entry: int) -> int:
        taken = self.entries.pop(entry)
        for place, mark in taken.items():
            old = self.marks.get(place)
            self.marks[place] = self._joined(place[0], mark, old) if old else mark
        return len(taken)

    def _joined(self, level: int, one: Mark, other: Mark) -> Mark:
        keep = self.settings[level].keep
        if keep == "best":
            return min(one, other, key=lambda mark: self._key(level, mark))
        newer = max(one, other)
        if keep == "last":
            return newer
        return newer._replace(score=one.score + other.score)

    def _key(self, level: int, mark: Mark) -> tuple[int, int]:
        sign = 1 if self.settings[level].order == "asc" else -1
        return sign * mark.score, mark.arrival

    def board(self, level: int, also: int | None = None) -> list[tuple[int, int]]:
        """The users and scores in rank order; `also`: with this hidden user."""
        shown = [
            (self._key(level, mark), user, mark.score)
            for (of, user), mark in self.marks.items()
            if of == level and (user not in self.states or user == also)
        ]
        return [(user, score) for _, user, score in sorted(shown)]

    def wanted(self, job: Job) -> list[tuple[int, int]]:
        return [place for place, mark in self.marks.items() if self._fits(job, place, mark)]

    def _fits(self, job: Job, place: tuple[int, int], mark: Mark) -> bool:
        if job.begin is not None and (mark.at is None or mark.at < job.begin):
            return False
        if job.end is not None and (mark.at is None or mark.at > job.end):
            return False
        lowest = 0 if job.min is None else job.min
        highest = 2**31 if job.max is None else job.max
        fits = job.level in (None, place[0]) and job.user in (None, place[1])
        return fits and lowest <= mark.score <= highest


class ModerationContract(unittest.TestCase):
    """Bans, removals, undos. A subclass says how `make()` makes a store, and what a batch is."""

    store: Any
    make: Any

    def setUp(self) -> None:
        self.clock = Clock()
        self.start()

    def start(self) -> None:
        """Opens the store, as a server does."""
        self.store = self.make()
        self.pauses: list[float] = []
        self.moderation = Moderation(
            self.store, self.batch, self.clock, lambda: 0.0, self.pauses.append
        )
        self.moderation.finish()

    def batch(self) -> AbstractContextManager[object]:
        raise NotImplementedError

    def restart(self) -> None:
        """Nothing, where nothing is kept."""

    def post(self, level: int, user: int, score: int) -> Outcome:
        outcomes: list[Outcome] = []

        def answer(found: Any) -> bytes:
            outcomes[:] = found
            return b""

        with self.batch():
            self.store.post(user, [Post(level, score)], answer)
        return outcomes[0]

    def submit(self, level: int, *scores: tuple[int, int]) -> None:
        with self.batch():
            for user, score in scores:
                self.store.submit(level, user, score)

    def configure(self, level: int, **settings: Any) -> None:
        with self.batch():
            self.store.configure(level, lambda old: replace(old, **settings))

    def board(self, level: int) -> list[tuple[int, int]]:
        with self.batch():
            page = self.store.page(level, limit=1000)
            return [(entry.user_id, entry.score) for entry in page.entries]

    def assert_refused(self, code: str, call: Any, *arguments: Any) -> None:
        with self.assertRaises(Refused) as caught, self.batch():
            call(*arguments)
        self.assertEqual(caught.exception.code, code)

    # Bans

    def test_ban(self) -> None:
        """A banned user's scores leave lists, ranks and counts, and come back to their places."""
        for level in (1, 2):
            self.submit(level, *((user, 50) for user in range(17)))
        before = self.store.high_scores(1)
        versions = {self.store.version(1)}
        state, ban = self.moderation.put_state(ADMIN, 3, "ban")
        self.assertEqual(state, "banned")
        versions.add(self.store.version(1))
        self.assertNotIn((3, 50), self.board(1))
        self.assertIn(b"15=50", self.store.high_scores(1))
        self.assertIsNone(self.store.around(1, 3))
        self.assertEqual(self.store.summary(1).players, 16)
        self.assertEqual(self.store.gauges()["scores"], 32)
        self.assertEqual(self.store.scores_of(3), [])
        self.restart()
        self.assertEqual(self.store.state(3), "banned")
        state, _ = self.moderation.put_state(ADMIN, 3, "unban")
        self.assertEqual(state, "ok")
        self.assertEqual(self.store.high_scores(1), before)
        self.assertEqual(self.store.gauges()["scores"], 34)
        self.assert_refused("changed_since", self.moderation.undo, ADMIN, ban)

    def test_banned_post(self) -> None:
        """No score of a banned user is taken, whatever way it comes; nothing else changes."""
        self.submit(1, (3, 5), (4, 4))
        self.configure(2, keep="sum")
        self.moderation.put_state(ADMIN, 3, "ban")
        for level in (1, 2, 9):
            self.assert_refused("banned", self.store.submit, level, 3, 9)
            self.assert_refused("banned", self.post, level, 3, 9)
        self.assertEqual(self.board(1), [(4, 4)])
        self.assertEqual(self.board(9), [])

    def test_ban_outlives_forgetting(self) -> None:
        """Who is forgotten while banned remains banned; nothing comes back."""
        self.submit(1, (3, 5))
        self.moderation.put_state(ADMIN, 3, "ban")
        with self.batch():
            self.store.forget(3)
        self.restart()
        self.assertEqual(self.store.state(3), "banned")
        self.moderation.put_state(ADMIN, 3, "unban")
        self.assertEqual(self.board(1), [])

    def test_hidden(self) -> None:
        """A hidden user's posts are answered as ever; nobody else sees them."""
        self.submit(1, (1, 10), (2, 20), (3, 15))
        self.moderation.put_state(ADMIN, 3, "hide")
        self.assertEqual(self.board(1), [(2, 20), (1, 10)])
        outcome = self.post(1, 3, 30)
        self.assertEqual((outcome.rank, outcome.previous_rank, outcome.best), (1, 2, 30))
        outcome = self.post(1, 3, 7)
        self.assertEqual((outcome.rank, outcome.previous_rank, outcome.best), (1, 1, 30))
        with self.batch():
            self.assertTrue(self.store.submit(5, 3, 1))
            self.assertFalse(self.store.submit(5, 3, 1))
        self.assertEqual(self.board(1), [(2, 20), (1, 10)])
        self.assertEqual(self.board(5), [])
        self.restart()
        version = self.store.version(1)
        with self.batch():
            seen = self.store.around_hidden(1, 3, count=5)
        self.assertEqual([entry.user_id for entry in seen.page.entries], [3, 2, 1])
        self.assertEqual(self.store.version(1), version)
        self.assertEqual(self.board(1), [(2, 20), (1, 10)])
        self.moderation.put_state(ADMIN, 3, "unhide")
        self.assertEqual(self.board(1), [(3, 30), (2, 20), (1, 10)])
        self.assertEqual(self.board(5), [(3, 1)])

    def test_states(self) -> None:
        """Each action makes a state of another one, and each can be undone."""
        self.submit(1, (3, 5))
        for action, state, shown in [
            ("hide", "hidden", False), ("ban", "banned", False), ("unhide", "banned", False),
            ("unban", "ok", True), ("unban", "ok", True), ("ban", "banned", False),
            ("hide", "hidden", False),
        ]:  # fmt: skip
            before = self.store.state(3)
            found, entry = self.moderation.put_state(ADMIN, 3, action)
            self.assertEqual((found, self.store.state(3)), (state, state))
            self.assertEqual(bool(self.board(1)), shown)
            self.moderation.undo(ADMIN, entry)
            self.assertEqual(self.store.state(3), before)
            self.assertEqual(bool(self.board(1)), before == "ok")
            self.moderation.put_state(ADMIN, 3, action)

    # Removals

    def test_remove_score(self) -> None:
        """The sixteenth comes up; undone, the score is at its old place."""
        self.submit(1, *((user, 50) for user in range(17)))
        before = self.store.high_scores(1)
        entry = self.moderation.remove_score(ADMIN, 1, 3)
        self.assertIn(b"15=50", self.store.high_scores(1))
        self.assert_refused("no_such_score", self.moderation.remove_score, ADMIN, 1, 3)
        self.restart()
        self.assertEqual(self.moderation.undo(ADMIN, entry), 1)
        self.assertEqual(self.store.high_scores(1), before)
        self.assert_refused("undone_already", self.moderation.undo, ADMIN, entry)
        self.assert_refused("no_such_entry", self.moderation.undo, ADMIN, 99)

    def test_arrivals_of_an_empty_board(self) -> None:
        """Who posts on a board that was emptied stands behind those who come back."""
        for restarts in (False, True):
            self.submit(1, (1, 5), (2, 5))
            _, entry = self.moderation.remove_level(ADMIN, 1)
            if restarts:
                self.restart()
            self.submit(1, (3, 5))
            self.moderation.undo(ADMIN, entry)
            self.assertEqual(self.board(1), [(1, 5), (2, 5), (3, 5)])
            self.moderation.remove_level(ADMIN, 1)

    def test_remove_level(self) -> None:
        """A level goes with its settings and comes back with them, unless it counts anew."""
        self.configure(6, order="asc", title="Golf")
        self.submit(6, (1, 5), (2, 4))
        removed, entry = self.moderation.remove_level(ADMIN, 6)
        self.assertEqual((removed, self.store.levels().total), (2, 0))
        self.restart()
        self.assertEqual(self.store.settings(6), LevelSettings())
        self.assertEqual(self.moderation.undo(ADMIN, entry), 2)
        self.restart()
        self.assertEqual(self.store.settings(6).title, "Golf")
        self.assertEqual(self.board(6), [(2, 4), (1, 5)])
        _, entry = self.moderation.remove_level(ADMIN, 6)
        self.submit(6, (1, 5))
        self.assert_refused("changed_since", self.moderation.undo, ADMIN, entry)

    def test_counted_anew(self) -> None:
        """What was removed before a level began to count in another way does not come back."""
        self.submit(1, (1, 5))
        entry = self.moderation.remove_score(ADMIN, 1, 1)
        self.configure(1, order="asc")
        self.restart()
        self.assertEqual(self.moderation.undo(ADMIN, entry), 0)
        self.assertEqual(self.board(1), [])

    def test_withheld_scores_are_scores(self) -> None:
        """A level whose only scores are kept back does not begin to count in another way."""
        self.submit(1, (1, 5))
        self.moderation.put_state(ADMIN, 1, "ban")
        self.assert_refused("has_scores", lambda: self.configure(1, order="asc"))

    def test_purge(self) -> None:
        """Bounds are inclusive; a count changes nothing; a banned user's scores count as well."""
        self.configure(3, times=True)
        for user in range(10):
            self.clock.now += 1
            self.submit(3, (user, user * 10))
            self.submit(4, (user, user * 10))
        self.moderation.put_state(ADMIN, 5, "ban")
        now = int(self.clock.now * SECOND)
        for job, count in (
            (Job("remove", level=3, min=20, max=50), 4), (Job("remove", user=5), 2),
            (Job("remove", level=3, begin=now - SECOND, end=now), 2),
            (Job("remove", begin=now), 1), (Job("remove", end=now - 8 * SECOND, max=0), 1),
            (Job("remove", max=15), 4), (Job("remove", level=77), 0),
        ):  # fmt: skip
            before = self.board(3), self.board(4)
            self.assertEqual(self.moderation.count(job), count)
            self.assertEqual((self.board(3), self.board(4)), before)
            removed, entry = self.moderation.purge(ADMIN, job, {})
            self.assertEqual((removed, self.moderation.count(job)), (count, 0))
            self.restart()
            self.assertEqual(self.moderation.undo(ADMIN, entry), count)
            self.assertEqual((self.board(3), self.board(4)), before)
        self.assert_refused("no_times", self.moderation.count, Job("remove", level=4, begin=0))

    def test_too_late(self) -> None:
        """After thirty days nothing is undone."""
        self.submit(1, (1, 5))
        entry = self.moderation.remove_score(ADMIN, 1, 1)
        _, ban = self.moderation.put_state(ADMIN, 1, "ban")
        self.clock.now += UNDOABLE / SECOND
        self.assert_refused("undo_expired", self.moderation.undo, ADMIN, entry)
        self.assert_refused("undo_expired", self.moderation.undo, ADMIN, ban)

    def test_forgotten(self) -> None:
        """What was removed of a user who is forgotten does not come back."""
        self.submit(1, (1, 5), (2, 4))
        _, entry = self.moderation.remove_level(ADMIN, 1)
        with self.batch():
            self.store.forget(1)
        self.assertEqual(self.moderation.undo(ADMIN, entry), 1)
        self.assertEqual(self.board(1), [(2, 4)])

    def test_audit(self) -> None:
        """Everything is written down, the newest first."""
        self.submit(1, (1, 5), (2, 4))
        first = self.moderation.remove_score(ADMIN, 1, 1)
        self.moderation.put_state(Author("::1", "other"), 2, "ban")
        self.moderation.undo(ADMIN, first)
        self.restart()
        with self.batch():
            found = self.store.audit(0, 10)
            self.assertEqual(self.store.audit(1, 1), found[1:2])
        self.assertEqual([e.action for e in found], ["undo", "ban", "remove_score"])
        self.assertEqual([e.is_undone for e in found], [False, False, True])
        self.assertEqual([e.id for e in found], [3, 2, 1])
        self.assertEqual(found[1].author, Author("::1", "other"))
        self.assertEqual(found[2].what, {"level": 1, "user": 1})
        self.assert_refused("cannot_be_undone", self.moderation.undo, ADMIN, 3)

    def test_too_much_to_undo(self) -> None:
        """Of more scores than are kept to undo things, those of the oldest entries go first."""
        self.store._audit._most = 10
        for level in (1, 2, 3):
            self.submit(level, *((user, user) for user in range(6 if level < 3 else 12)))
        _, first = self.moderation.remove_level(ADMIN, 1)
        _, second = self.moderation.remove_level(ADMIN, 2)
        self.assert_refused("undo_expired", self.moderation.undo, ADMIN, first)
        self.assertEqual(self.moderation.undo(ADMIN, second), 6)
        removed, third = self.moderation.remove_level(ADMIN, 3)
        self.assertEqual(removed, 12)
        self.assert_refused("undo_expired", self.moderation.undo, ADMIN, third)
        self.assertEqual(self.store._audit.arrivals(), {})

    def test_longest_audit(self) -> None:
        """Of more entries than are kept the oldest go."""
        self.store._audit._longest = 3
        self.submit(1, *((user, user) for user in range(5)))
        for user in range(5):
            self.moderation.remove_score(ADMIN, 1, user)
        with self.batch():
            self.assertEqual([e.id for e in self.store.audit(0, 10)], [5, 4, 3])
        self.assert_refused("no_such_entry", self.moderation.undo, ADMIN, 1)

    def test_removed_twice(self) -> None:
        """What one removal takes from the same user twice comes back as one."""
        self.configure(5, keep="sum")
        self.submit(5, (1, 3))
        with self.batch():
            job = Job("remove", level=5, drops_settings=True)
            entry = self.store.write_down(ADMIN, "remove_level", {"level": 5},
                                          {"settings": {"keep": "sum"}}, job)  # fmt: skip
            for score in (4, 5):
                self.store._remove(entry, job._replace(drops_settings=False)).send(None)
                self.store.submit(5, 1, score)
        self.moderation.finish()
        self.moderation.undo(ADMIN, entry)
        self.assertEqual(self.board(5), [(1, 12)])

    # Large ones

    def test_slices(self) -> None:
        """Much goes in slices with pauses between; who was interrupted is finished later."""
        self.submit(1, *((user, user) for user in range(3000)))
        self.moderation._clock = iter(range(10**6)).__next__  # type: ignore[assignment]
        removed, entry = self.moderation.remove_level(ADMIN, 1)
        self.assertEqual((removed, self.board(1)), (3000, []))
        self.assertGreater(len(self.pauses), 50)
        self.assertEqual(self.moderation.undo(ADMIN, entry), 3000)
        self.assertEqual(len(self.board(1)), 1000)
        with self.batch():
            job = Job("remove", level=1, max=1999)
            entry = self.store.write_down(ADMIN, "purge", {}, {}, job)
            next(self.store.work(entry))
        self.assertNotIn(self.store.summary(1).players, (1000, 3000))
        self.restart()
        self.moderation.finish()
        self.assertEqual(self.store.summary(1).players, 1000)
        self.assertEqual(self.moderation.undo(ADMIN, entry), 2000)

    def test_large_ban(self) -> None:
        """Of a user who is being banned nothing is taken, while scores still stand on boards."""
        with self.batch():
            for level in range(1200):
                self.store.submit(level, 1, 5)
            entry = self.store.write_down(ADMIN, "ban", {}, {}, Job("withhold", user=1))
            self.store.put_state(1, "banned")
            next(self.store.work(entry))
        self.assertEqual(self.board(1199), [(1, 5)])
        self.assert_refused("banned", self.store.submit, 1199, 1, 9)
        self.moderation.finish()
        self.assertEqual(self.board(1199), [])
        self.moderation.put_state(ADMIN, 1, "unban")
        self.assertEqual(self.board(1199), [(1, 5)])

    def test_known_while_coming_back(self) -> None:
        """A user is known while banned, and as long as any score is still on its way back."""
        self.assertFalse(self.store.is_known(1))
        with self.batch():
            self.store.submit(3, 1, 5)
        self.moderation.put_state(ADMIN, 1, "ban")
        self.assertTrue(self.store.is_known(1))
        with self.batch():
            self.store.write_down(ADMIN, "unban", {}, {}, Job("release", user=1))
            self.store.put_state(1, "ok")
        self.assertEqual(self.board(3), [])
        self.assertTrue(self.store.is_known(1))
        self.moderation.finish()
        self.assertEqual(self.board(3), [(1, 5)])
        self.assertTrue(self.store.is_known(1))

    # Against the model

    def test_random_operations(self) -> None:
        """Under random operations every board is that of the model."""
        for seed in range(6):
            self.doCleanups()
            self.setUp()
            with self.subTest(seed=seed):
                self.play(random.Random(seed))

    def play(self, chance: random.Random) -> None:
        model = Model()
        self.level_entries: set[int] = set()
        for level, settings in SETTINGS.items():
            self.configure(level, **settings)
        steps = {self.step_post: 30, self.step_state: 4, self.step_remove: 4, self.step_purge: 3,
                 self.step_undo: 5, self.step_level: 1, self.step_forget: 1}  # fmt: skip
        for arrival in range(600):
            self.clock.now += 1
            (step,) = chance.choices(list(steps), list(steps.values()))
            step(chance, model, arrival)
            if chance.random() < 0.02:
                self.restart()
            self.compare(model, chance)

    def compare(self, model: Model, chance: random.Random) -> None:
        level = chance.randrange(LEVELS)
        expected = model.board(level)
        self.assertEqual(self.board(level), expected)
        top = ",".join(f"{user}={score}" for user, score in expected[:15])
        self.assertEqual(self.store.high_scores(level), top.encode())
        total = sum(user not in model.states for _, user in model.marks)
        self.assertEqual(self.store.gauges()["scores"], total)
        user = chance.randrange(USERS)
        self.assertEqual(self.store.state(user), model.states.get(user, "ok"))
        if model.states.get(user) == "hidden":
            with self.batch():
                seen = self.store.around_hidden(level, user, count=USERS)
            found = [(e.user_id, e.score) for e in seen.page.entries] if seen else expected
            self.assertEqual(found, model.board(level, also=user))

    def step_post(self, chance: random.Random, model: Model, arrival: int) -> None:
        level, user, score = map(chance.randrange, (LEVELS, USERS, SCORES))
        now = int(self.clock.now * SECOND)
        if not model.post(level, user, score, arrival, now):
            self.assert_refused("banned", self.post, level, user, score)
        elif chance.random() < 0.5:
            self.submit(level, (user, score))
        else:
            outcome = self.post(level, user, score)
            self.assertEqual(outcome.best, model.marks[level, user].score)
            if model.settings[level].ties == "first":
                board = model.board(level, also=user)
                self.assertEqual(board[outcome.rank - 1], (user, outcome.best))

    def step_state(self, chance: random.Random, model: Model, arrival: int) -> None:
        user = chance.randrange(USERS)
        action = chance.choice(("ban", "unban", "hide", "unhide"))
        before = self.store.state(user)
        state, entry = self.moderation.put_state(ADMIN, user, action)
        model.entries[entry] = (user, before, state)
        model.states.pop(user, None)
        if state != "ok":
            model.states[user] = state

    def step_remove(self, chance: random.Random, model: Model, arrival: int) -> None:
        level, user = map(chance.randrange, (LEVELS, USERS))
        if (level, user) not in model.marks:
            self.assert_refused("no_such_score", self.moderation.remove_score, ADMIN, level, user)
            return
        model.take(self.moderation.remove_score(ADMIN, level, user), [(level, user)])

    def step_purge(self, chance: random.Random, model: Model, arrival: int) -> None:
        now = int(self.clock.now * SECOND)
        bounds = {
            "level": chance.randrange(LEVELS), "user": chance.randrange(USERS),
            "min": chance.randrange(SCORES), "max": chance.randrange(SCORES),
            "begin": now - chance.randrange(300) * SECOND,
            "end": now - chance.randrange(300) * SECOND,
        }  # fmt: skip
        names = chance.sample(list(bounds), chance.randint(2, 3))
        job = Job("remove", **{name: bounds[name] for name in names})
        timed = job.begin is not None or job.end is not None
        if timed and job.level is not None and not model.settings[job.level].times:
            self.assert_refused("no_times", self.moderation.count, job)
            return
        places = model.wanted(job)
        self.assertEqual(self.moderation.count(job), len(places))
        removed, entry = self.moderation.purge(ADMIN, job, {})
        self.assertEqual(removed, model.take(entry, places))

    def step_level(self, chance: random.Random, model: Model, arrival: int) -> None:
        level = chance.randrange(LEVELS)
        removed, entry = self.moderation.remove_level(ADMIN, level)
        self.level_entries.add(entry)
        self.assertEqual(removed, model.take(entry, model.wanted(Job("remove", level=level))))
        if level in SETTINGS:  # it is the same level again at once, but for what was there
            self.configure(level, **SETTINGS[level])
            for other, taken in model.entries.items():
                if other not in self.level_entries and isinstance(taken, dict):
                    for place in [place for place in taken if place[0] == level]:
                        if not LevelSettings(**SETTINGS[level]).counts_like(LevelSettings()):
                            del taken[place]

    def step_undo(self, chance: random.Random, model: Model, arrival: int) -> None:
        if not model.entries:
            return
        entry = chance.choice(list(model.entries))
        if isinstance(model.entries[entry], dict):
            restored = self.moderation.undo(ADMIN, entry)
            self.assertEqual(restored, model.undo(entry))
            return
        user, before, after = model.entries[entry]
        if model.states.get(user, "ok") != after:
            self.assert_refused("changed_since", self.moderation.undo, ADMIN, entry)
            return
        self.moderation.undo(ADMIN, entry)
        del model.entries[entry]
        model.states.pop(user, None)
        if before != "ok":
            model.states[user] = before

    def step_forget(self, chance: random.Random, model: Model, arrival: int) -> None:
        user = chance.randrange(USERS)
        with self.batch():
            self.store.forget(user)
        model.marks = {place: mark for place, mark in model.marks.items() if place[1] != user}
        for entry, taken in model.entries.items():
            if isinstance(taken, dict):
                model.entries[entry] = {p: mark for p, mark in taken.items() if p[1] != user}
