"""Everything is copied from a data file into a Redis, and back."""

from __future__ import annotations

import json
import random
import sqlite3
import unittest
from contextlib import closing
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.auth.claim_store import Claim
from gameserver.auth.game_tokens import GameToken
from gameserver.scores.audit import Author
from gameserver.scores.moderation import Moderation
from gameserver.scores.settings import LevelSettings
from gameserver.scores.values import Post
from gameserver.storage.engine import Engine, open_engine
from gameserver.storage.redis import copying
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Submission
from tests.admin_case import AdminTestCase
from tests.redis_server import redis_url
from tests.storage.contracts import NOW, a_tournament, digest
from tests.support import Clock

ADMIN = Author("192.0.2.1", "admin")


class CopyTest(AdminTestCase):
    """A data file with something of everything in it."""

    def setUp(self) -> None:
        super().setUp()
        self.url = self.empty_redis()
        self.clock = Clock()
        self.engine = self.open_engine(self.path)
        self.fill(self.engine)
        self.engine.close()

    def empty_redis(self) -> str:
        """The address of one."""
        return redis_url()

    def open_engine(self, data: str = "", store: str = "") -> Engine:
        engine = open_engine(data, store=store, clock=self.clock)
        self.addCleanup(engine.close)
        return engine

    def fill(self, engine: Engine) -> None:
        self.fill_boards(engine)
        self.fill_people(engine)

    def fill_boards(self, engine: Engine) -> None:
        scores, chance = engine.scores, random.Random(7)
        with engine.batch():
            scores.configure(2, lambda _: LevelSettings(order="asc", times=True, title="Zwei"))
            scores.configure(3, lambda _: LevelSettings(reset="daily", keep="last", times=True))
            scores.configure(4, lambda _: LevelSettings(keep="sum"))
            scores.configure(5, lambda _: LevelSettings(title="empty"))
        for _ in range(3):
            self.clock.now += 86_400
            with engine.batch():
                for number in range(200):
                    self.clock.now += 1
                    meta = json.dumps({"ü": number}).encode() if number % 3 == 0 else None
                    post = Post(chance.choice((1, 2, 3, 4)), chance.randrange(20), meta)
                    scores.post(chance.randrange(50), [post], lambda _: b"")
        with engine.batch():
            for user_id in (1, 5, 2**31 - 1):
                scores.rename(user_id, f"Näme {user_id}")
        moderation = Moderation(scores, engine.batch)
        moderation.put_state(ADMIN, 7, "ban")
        moderation.put_state(ADMIN, 8, "hide")
        moderation.remove_score(ADMIN, 1, 9)

    def fill_people(self, engine: Engine) -> None:
        with engine.batch():
            engine.claims.put(7, Claim(b"x" * 16, 1_700_000_000_000, True))
            engine.claims.put(9, Claim(b"", 1_700_000_000_000))
            engine.game_tokens.add(GameToken("game", digest("token"), NOW))
        accounts, tournaments = engine.accounts, engine.tournaments
        for name in ("Ann", "bob", "gone"):
            self.assertTrue(accounts.add(name, f"hash of {name}", NOW))
        gone = accounts.named("gone")
        assert gone
        accounts.delete(gone)
        ann = accounts.named("ann")
        assert ann
        accounts.add_token(digest("a"), ann, NOW)
        for _ in range(2):
            cup = tournaments.add(lambda _: a_tournament(1)).id
            tournaments.enter(cup, 2, lambda *_: Entry.PARTICIPATING)
            key = Key(2, cup, bytes([cup] * 16))
            issued = IssuedKey(key, NOW, None)
            tournaments.issue_key(cup, 2, lambda *_, issued=issued: issued)  # type: ignore[misc]
            for game in range(3):
                submission = Submission(2, "expert", game, digest(f"{cup} {game}"), game > 0)
                tournaments.count(key, submission, NOW + game, lambda *_: True)
        tournaments.remove(1, 2, lambda _: None)

    def seen(self, engine: Engine) -> Any:
        """What all that a server shows is made of."""
        scores, tournaments = engine.scores, engine.tournaments
        with engine.batch():
            boards = [
                (level, season.season, scores.page(level, season.season.name, 0, 1000))
                for level in range(1, 6)
                for season in scores.seasons(level)
            ]
            settings = [scores.settings(level) for level in range(6)]
            users = [(scores.name(n), scores.state(n), scores.scores_of(n)) for n in range(50)]
            claims = dict(engine.claims.by_user), engine.claims.hash_key
            tokens = engine.game_tokens.all()
        people = [engine.accounts.named(name) for name in ("ann", "bob", "gone")]
        token = engine.accounts.show_token(digest("a"), NOW)
        cups = [
            (
                tournaments.detail(n)._replace(newest_score=0),
                tournaments.key(n, 2),
                tournaments.scores(n, 10**9),
                tournaments.unproven(n),
            )
            for n in (1, 2)
        ]
        return boards, settings, users, claims, tokens, people, token, cups

    def copy(self, source: str, target: str) -> str:
        code, output, errors = self.run_admin("copy", source, target)
        self.assertEqual((code, errors), (0, ""))
        return output

    def problem(self, source: str, target: str) -> str:
        code, output, errors = self.run_admin("copy", source, target)
        self.assertEqual((code, output, errors.count("\n")), (2, "", 1), errors)
        return errors

    def test_there_and_back(self) -> None:
        """All that a server shows is the same in Redis, and in the file that is made of it."""
        before = self.seen(self.open_engine(self.path))
        said = self.copy(self.path, self.url)
        self.assertIn("4 levels", said)
        there = self.open_engine(store=self.url)
        self.assertEqual(self.seen(there), before)
        there.close()
        other = str(self.folder / "back.db")
        self.assertEqual(self.copy(self.url, other), said)
        back = self.open_engine(other)
        self.assertEqual(self.seen(back), before)

    def test_goes_on(self) -> None:
        """A server goes on with the copy: keys are valid, ties keep their order, ids are new."""
        file = self.open_engine(self.path)
        key = file.sessions.login(3)
        file.close()
        self.copy(self.path, self.url)
        engine = self.open_engine(store=self.url)
        self.assertEqual(engine.sessions.user_of(key), 3)
        last = engine.scores.page(1, limit=1000).entries[-1]
        engine.scores.submit(1, 1000, last.score)
        self.assertEqual(engine.scores.page(1, limit=1000).entries[-1].user_id, 1000)
        self.assertEqual(engine.accounts.add("new", "hash", NOW), 4)
        self.assertEqual(engine.tournaments.add(lambda _: a_tournament(1)).id, 3)
        actions = [entry.action for entry in engine.scores.audit(0, 100)]
        self.assertEqual(actions[-3:], ["remove_score", "hide", "ban"])
        moderation = Moderation(engine.scores, engine.batch)
        self.assertEqual(moderation.put_state(ADMIN, 7, "unban")[0], "ok")
        self.assertTrue(engine.scores.scores_of(7))

    def test_not_empty(self) -> None:
        """A Redis that a server runs on, or has used, is no target; nor is a file that is there."""
        engine = self.open_engine(store=self.url)
        self.assertIn("not empty", self.problem(self.path, self.url))
        engine.close()
        self.assertIn("exists already", self.problem(self.url, self.path))

    def test_what_is_what(self) -> None:
        """One is a file, the other a Redis; an error is one line."""
        other = str(self.folder / "other.db")
        self.assertIn("one of the two", self.problem(self.path, other))
        self.assertIn("one of the two", self.problem(self.url, self.url))
        self.assertIn("no file", self.problem(other, self.url))
        self.assertIn("refused", self.problem(self.path, "redis://127.0.0.1:1/0"))
        with mock.patch.dict("os.environ", GAMESERVER_STORE=self.url):
            self.copy(self.path, "-")

    def test_differs(self) -> None:
        """What is not the same in the end is an error, which says where; a file does not stay."""
        self.copy(self.path, self.url)
        other = self.folder / "other.db"
        take = copying.csv_import.take_lines

        def lose(connection: Any, lines: Any) -> None:
            take(connection, lines)
            connection.execute("DELETE FROM score WHERE level = 2 AND user % 2")

        with mock.patch.object(copying.csv_import, "take_lines", lose):
            self.assertRegex(self.problem(self.url, str(other)), "level 2 has .* instead of")
        self.assertFalse(other.exists())
        self.assertEqual(sorted(path.name for path in self.folder.glob("other*")), [])

    def test_empty(self) -> None:
        """An empty data file is copied, too."""
        empty, back = str(self.folder / "empty.db"), str(self.folder / "back.db")
        self.open_engine(empty).close()
        self.copy(empty, self.url)
        self.copy(self.url, back)
        with closing(sqlite3.connect(back)) as connection:
            self.assertEqual(connection.execute("SELECT count(*) FROM score").fetchone(), (0,))


if __name__ == "__main__":
    unittest.main()
