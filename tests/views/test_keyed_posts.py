"""Posts that come with a tournament's key: they count on the board and in the tournament."""

from __future__ import annotations

import unittest
from collections.abc import Callable

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import Refused
from gameserver.storage.sqlite.engine import SqliteEngine
from gameserver.tournaments.rules import MAX_SCORES
from tests.folder import limit_size
from tests.people import Reply
from tests.support import Clock
from tests.tournaments.keyed import HOUR, KeyedTestCase

NOTHING = [b"", b"", b""]


class KeyedPostsTest(KeyedTestCase):
    """What is promised, in memory."""

    def ways(self, key: str, level_id: int, score: int) -> list[Callable[[], Reply]]:
        """Every way to post a score with a key."""
        return [
            lambda: self.submit(level_id, self.session, score, f"&key={key}"),
            lambda: self.submit(level_id, self.session, score, f"&id=a&key={key}"),
            lambda: self.ask(
                "POST", f"/{level_id}/score?key={key}&sessionkey={self.session}", b"%d" % score
            ),
            lambda: self.play(key, level_id, score),
            lambda: self.play(key, level_id, score, id="b"),
            lambda: self.play_all(key, (level_id, score)),
            lambda: self.play_all(key, (7, 1), (level_id, score), id="c"),
        ]

    def assert_refused(self, key: str, level_id: int = 7, score: int = 50) -> set[int]:
        """No way leads anywhere; the statuses of the answers."""
        before = self.boards()
        statuses = set()
        for number, post in enumerate(self.ways(key, level_id, score)):
            with self.subTest(key=key, way=number):
                reply = post()
                statuses.add(reply.status)
                self.assertIn(reply.status, (400, 403))
                self.assertTrue(reply.text.strip())
                self.assertEqual(self.boards(), before)
        return statuses

    # Both or nothing

    def test_every_way(self) -> None:
        """Each way to post counts on the board and in the tournament."""
        cup = self.cup("7")
        key = self.key(cup)
        for number in range(len(self.ways(key, 7, 0))):
            score = 10 + number
            self.assertEqual(self.ways(key, 7, score)[number]().status, 200)
            self.assertEqual(self.scores(7), b"7=%d" % score)
            self.assertEqual(self.table(cup), [(1, "ann", score, 1)])

    def test_answer(self) -> None:
        """The answers are those of a post without a key."""
        key = self.key(self.cup())
        self.assertEqual(self.submit(7, self.session, 40, f"&key={key}").body, b"")
        with_key = self.play(key, 7, 50).value
        without = self.post(8, self.session, 40).value, self.post(8, self.session, 50).value
        self.assertEqual({**with_key, "level": 8}, without[1])

    def test_wrong_keys(self) -> None:
        """What is not a key, or nobody's, refuses the whole post."""
        cup = self.cup()
        key = self.key(cup)
        user, tournament, secret = key.split("_")
        anns, bobs = self.accounts["ann"], self.accounts["bob"]
        self.assertEqual(user, str(anns))
        other = self.key(self.cup())
        for wrong in (
            "", "x", "ann", "%20", key[:-1], f"{key}0", key.upper() + "X", key.replace("_", "-"),
            f"{user}_{tournament}_{'0' * 32}", f"{bobs}_{tournament}_{secret}",
            f"{user}_{other.split('_')[1]}_{secret}", f"{user}_99_{secret}",
            f"9999999999_9999999999_{secret}", f"{key}&key={key}", f"{key}%00",
        ):  # fmt: skip
            with self.subTest(key=wrong):
                self.assertEqual(self.assert_refused(wrong), {400})
        self.assertEqual(self.boards(), NOTHING)
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])

    def test_no_text(self) -> None:
        """A key that is no text is a wrong member."""
        for key in (None, 5, [], {}):
            reply = self.play(key, 7, 5)  # type: ignore[arg-type]
            self.assertEqual(reply.error, (400, "invalid_data"))
            self.assertEqual(reply.value["errors"][0]["field"], "key")

    def test_foreign(self) -> None:
        """A level that the tournament does not want, and a tournament on no levels."""
        self.assertEqual(self.assert_refused(self.key(self.cup("8+9"))), {403})
        self.assertEqual(self.assert_refused(self.key(self.cup("1+0+0", mode="sum"))), {403})
        self.assertEqual(self.boards(), NOTHING)

    def test_window(self) -> None:
        """A key counts up to but not including the end; before the start there is none."""
        cup = self.cup(starts_in=10)
        self.services.tournaments.participate(cup, self.accounts["ann"])
        self.assert_refused(f"{self.accounts['ann']}_{cup}_{'0' * 32}")
        self.later(10)
        key = self.key(cup)
        self.later(HOUR - 0.001)
        self.assertEqual(self.play(key, 7, 5).status, 200)
        self.later(0.001)
        self.assertEqual(self.assert_refused(key), {403})
        self.assertEqual(self.play(key, 7, 9).error, (403, "tournament_over"))
        self.assertEqual(self.boards(), [b"7=5", b"", b""])
        self.assertEqual(self.table(cup), [(1, "ann", 5, 1)])

    def test_the_end_between_the_steps(self) -> None:
        """A post is judged at one moment, though the end may come while it is entered."""
        cup = self.cup("7")
        key = self.key(cup)
        self.later(HOUR - 1)
        post = self.engine.scores.post

        def late(*arguments: object) -> bytes:
            self.clock.now += 2
            return post(*arguments)  # type: ignore[arg-type]

        with mock.patch.object(self.engine.scores, "post", late):
            self.assertEqual(self.play(key, 7, 5).status, 200)
        self.assertEqual(self.table(cup), [(1, "ann", 5, 1)])

    def test_the_end_of_the_key_between_the_steps(self) -> None:
        """A key that is good no longer when the post is entered refuses the whole post."""
        cup = self.cup("7+8")
        key = self.key(cup)
        post = self.engine.scores.post

        def late(*arguments: object) -> bytes:
            self.engine.tournaments.end_keys(self.accounts["ann"])
            return post(*arguments)  # type: ignore[arg-type]

        with mock.patch.object(self.engine.scores, "post", late):
            self.assertEqual(self.play_all(key, (7, 5), (8, 5), id="a").status, 400)
        self.assertEqual(self.boards(), NOTHING)
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])

    def test_deleted(self) -> None:
        """With an account its keys end; a deleted tournament has none."""
        cup = self.cup()
        key = self.key(cup)
        self.services.tournaments.end_keys(self.accounts["ann"])
        self.assertEqual(self.assert_refused(key), {400})
        empty = self.cup()
        self.services.tournaments.delete(empty, self.accounts["host"])
        gone = f"{self.accounts['ann']}_{empty}_{'0' * 32}"
        self.assertEqual(self.assert_refused(gone), {400})
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])

    def test_refused_by_the_board(self) -> None:
        """What the board does not take is not handed in either."""
        cup = self.cup("7+8")
        key = self.key(cup)
        self.configure(8, min=10, max=20)
        for score in (9, 21):
            self.assertEqual(self.assert_refused(key, 8, score), {400})
        self.configure(8, min=0, max=2**31 - 1, writes="trusted")
        self.assertEqual(self.assert_refused(key, 8), {403})
        self.configure(8, writes="players", runs=True)
        self.assertEqual(self.assert_refused(key, 8), {403})
        self.configure(8, runs=False)
        self.ask("POST", "/api/users/7/ban", token="an-admin's-token-of-the-tests")
        self.assertEqual(self.assert_refused(key, 8), {403})
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])

    def test_rate(self) -> None:
        """A post beyond the level's rate counts nowhere."""
        cup = self.cup("7")
        key = self.key(cup)
        self.configure(7, rate_user=1)
        self.assertEqual(self.play(key, 7, 5).status, 200)
        self.assertEqual(self.play(key, 7, 6).status, 429)
        self.assertEqual(self.table(cup), [(1, "ann", 5, 1)])

    def test_all_or_none(self) -> None:
        """Of several posts none counts if one may not, on a board or in the tournament."""
        cup = self.cup("7+8")
        key = self.key(cup)
        self.configure(8, max=20)
        for scores in (((7, 5), (9, 5)), ((7, 5), (8, 21)), ((9, 1), (7, 5), (8, 5))):
            self.assertIn(self.play_all(key, *scores).status, (400, 403))
            self.assertEqual(self.boards(), NOTHING)
            self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])
        self.assertEqual(self.play_all(key, (7, 5), (8, 6), (7, 4)).status, 200)
        self.assertEqual(self.table(cup), [(1, "ann", 11, 2)])

    # Whose it is

    def test_any_session(self) -> None:
        """The key names the account, whoever carries it: the board has the session's user."""
        cup = self.cup("7")
        anns, bobs = self.key(cup), self.key(cup, "bob")
        self.submit(7, self.log_in(5), 30, f"&key={anns}")
        self.submit(7, self.log_in(5), 20, f"&key={bobs}")
        self.submit(7, self.log_in(6), 40, f"&key={anns}")
        self.assertEqual(self.table(cup), [(1, "ann", 40, 1), (2, "bob", 20, 1)])
        self.assertEqual(self.scores(7), b"6=40,5=30")

    def test_no_session(self) -> None:
        """A key is no session."""
        cup = self.cup("7")
        key = self.key(cup)
        self.assertEqual(self.ask("POST", f"/7/score?key={key}", b"5").status, 401)
        self.assertEqual(self.ask("POST", f"/7/score?sessionkey=x&key={key}", b"5").status, 401)
        self.assertEqual(
            self.ask("POST", "/api/levels/7/scores", {"score": 5, "key": key}).status, 401
        )
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])

    def test_trusted(self) -> None:
        """A game's server posts for a user, with the key of a player."""
        cup = self.cup("7+8")
        key, token = self.key(cup), self.game_token()
        self.configure(7, writes="trusted")
        self.assertEqual(self.play_trusted(token, key, 7, 5).status, 200)
        listed = {"scores": [{"level": 8, "score": 6}], "user": 3, "key": key}
        self.assertEqual(self.ask("POST", "/api/scores", listed, token).status, 200)
        self.assertEqual(self.play_trusted(token, f"{key}0", 7, 9).status, 400)
        self.assertEqual(self.boards(), [b"3=5", b"3=6", b""])
        self.assertEqual(self.table(cup), [(1, "ann", 11, 2)])

    def test_runs(self) -> None:
        """A level with runs takes a run and a key; the same post again gets its first answer."""
        cup = self.cup("7")
        key = self.key(cup)
        self.configure(7, runs=True)
        target = f"/api/levels/7/runs?sessionkey={self.session}"
        first, second = (self.ask("POST", target).value["run"] for _ in range(2))
        answer = self.play(key, 7, 5, run=first)
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.play(key, 7, 5, run=first).body, answer.body)
        self.assertEqual(self.play(key, 7, 9, run=first).error, (403, "run_used"))
        self.assertEqual(self.assert_refused(f"{key}0"), {400})
        self.assertEqual(self.submit(7, self.session, 6, f"&run={second}&key={key}").status, 200)
        self.assertEqual(self.table(cup), [(1, "ann", 6, 1)])

    # Repeated

    def test_repeated(self) -> None:
        """The same id gets its first answer, also after the end, and counts once."""
        cup = self.cup("7")
        key = self.key(cup)
        first = self.play(key, 7, 5, id="a")
        listed = self.play_all(key, (7, 4), id="a")
        self.submit(7, self.session, 3, f"&id=b&key={key}")
        self.assertEqual(self.play(key, 7, 5, id="a"), first)
        self.assertEqual(self.remove(cup), 1)
        self.assertEqual(self.play(key, 7, 5, id="a"), first)
        self.later(2 * HOUR)
        self.assertEqual(self.play(key, 7, 5, id="a"), first)
        self.assertEqual(self.play_all(key, (7, 4), id="a"), listed)
        self.assertEqual(self.submit(7, self.session, 3, f"&id=b&key={key}").status, 200)
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])
        self.assertEqual(self.scores(7), b"7=5")

    def test_another_request(self) -> None:
        """The key is a part of the request: with another one, or none, the id is used."""
        cup = self.cup("7")
        anns, bobs = self.key(cup), self.key(cup, "bob")
        self.play(anns, 7, 5, id="a")
        self.submit(7, self.session, 5, f"&id=b&key={anns}")
        for again in (
            self.play(bobs, 7, 5, id="a"),
            self.post(7, self.session, 5, id="a"),
            self.submit(7, self.session, 5, f"&id=b&key={bobs}"),
            self.submit(7, self.session, 5, "&id=b"),
        ):
            self.assertEqual(again.status, 422)
        self.assertEqual(self.table(cup), [(1, "ann", 5, 1), (2, "bob", 0, 0)])

    def test_after_a_refusal(self) -> None:
        """A refused post is not remembered: with the right key the same id is good."""
        cup = self.cup("7")
        key = self.key(cup)
        self.assertEqual(self.play("x", 7, 5, id="a").status, 400)
        self.assertEqual(self.play(key, 7, 5, id="a").status, 200)
        self.assertEqual(self.table(cup), [(1, "ann", 5, 1)])

    def test_ordinary_play(self) -> None:
        """Nobody can post too often; two posts of a player on a level are kept at most."""
        cup = self.cup("7+8")
        key = self.key(cup)
        for score in range(MAX_SCORES + 20):
            self.clock.now += 0.0625 * (score % 2)
            self.assertEqual(self.submit(7, self.session, score, f"&key={key}").status, 200)
        self.play(key, 8, 1)
        self.assertEqual(self.table(cup), [(1, "ann", MAX_SCORES + 20, 2)])
        kept = self.engine.tournaments.scores(cup, 2**62)
        self.assertEqual(len(kept), 3)

    # The table

    def test_any_keep(self) -> None:
        """The best single post counts, whatever stands on the board, over seasons as well."""
        self.configure(7, keep="sum", reset="hourly")
        self.configure(8, keep="last")
        cup = self.cup("7+8")
        key = self.key(cup)
        for score in (5, 9, 7):
            self.play(key, 7, score)
            self.play(key, 8, 10 * score)
        self.later(HOUR - 600)
        self.play(key, 7, 8)
        self.assertEqual(self.boards()[:2], [b"7=8", b"7=70"])
        self.assertEqual(self.table(cup), [(1, "ann", 99, 2)])

    def test_boards_do_not_matter(self) -> None:
        """What is taken off a board, or whose user is banned or forgotten, stays in the table."""
        cup = self.cup("7+8")
        key = self.key(cup)
        self.play_all(key, (7, 5), (8, 6))
        admin = "an-admin's-token-of-the-tests"
        for method, target in (
            ("DELETE", "/api/levels/7/users/7"), ("DELETE", "/api/levels/8"),
            ("POST", "/api/users/7/ban"), ("DELETE", "/api/users/7"),
        ):  # fmt: skip
            self.assertLess(self.ask(method, target, token=admin).status, 300)
            self.assertEqual(self.table(cup), [(1, "ann", 11, 2)])

    def test_posts_without_a_key(self) -> None:
        """They do not count."""
        cup = self.cup("7")
        self.key(cup)
        self.post(7, self.session, 50)
        self.submit(7, self.session, 60, "&Key=1&keys=2")
        self.assertEqual(self.table(cup), [(1, "ann", 0, 0)])

    def test_order(self) -> None:
        """The tournament keeps the order of its levels, and shows it, whatever they become."""
        for level_id in (7, 8):
            self.configure(level_id, order="asc")
        cup, usual = self.cup("7+8"), self.cup("9")
        key = self.key(cup)
        for level_id in (7, 8, 9):
            self.configure(level_id, order="asc" if level_id == 9 else "desc")
        for score in (5, 4, 6):
            self.play_all(key, (7, score), (8, score))
        self.assertEqual(self.table(cup), [(1, "ann", 8, 2)])
        for number, order, modeparams in ((cup, "asc", "7+8,asc"), (usual, "desc", "9")):
            page = self.ask("GET", f"/api/tournaments/detail/{number}").value
            self.assertEqual((page["order"], page["tournament"]["modeparams"]), (order, modeparams))

    def test_one_order(self) -> None:
        """Levels of two orders make no tournament."""
        self.configure(8, order="asc")
        for modeparams in ("7+8", "7+8,asc", "7,asc", "7+7", "x", ""):
            with self.assertRaises(Refused) as caught:
                self.cup(modeparams)
            refused = caught.exception
            self.assertEqual((refused.code, refused.field), ("invalid_data", "modeparams"))

    def test_stopped(self) -> None:
        """What came at the moment of the stop counts no more, and the best before does again."""
        cup = self.cup("7")
        key = self.key(cup)
        self.play(key, 7, 5)
        self.later(1)
        for score in range(6, 20):
            self.play(key, 7, score)
        self.services.tournaments.stop(cup, self.accounts["host"])
        self.assertEqual(self.table(cup), [(1, "ann", 5, 1)])

    # Removal

    def test_removal(self) -> None:
        """The table changes at once, and the player may post anew; the boards stay."""
        cup, other = self.cup("7+8"), self.cup("7+8")
        anns, bobs, elsewhere = self.key(cup), self.key(cup, "bob"), self.key(other)
        self.play_all(anns, (7, 50), (8, 60))
        self.play_all(bobs, (7, 20), (8, 20))
        self.play_all(elsewhere, (7, 1), (8, 1))
        self.assertEqual(self.table(cup), [(1, "ann", 110, 2), (2, "bob", 40, 2)])
        self.assertEqual(self.remove(cup), 2)
        self.restart()
        self.assertEqual(self.table(cup), [(1, "bob", 40, 2), (2, "ann", 0, 0)])
        self.assertEqual(self.table(other), [(1, "ann", 2, 2)])
        self.assertEqual(self.boards()[:2], [b"7=50", b"7=60"])
        self.play_all(anns, (7, 40), (8, 30))
        self.assertEqual(self.table(cup), [(1, "ann", 70, 2), (2, "bob", 40, 2)])
        self.later(2 * HOUR)
        self.assertEqual(self.remove(cup), 2)
        self.assertEqual(self.table(cup), [(1, "bob", 40, 2), (2, "ann", 0, 0)])
        self.assertEqual(self.play(anns, 7, 90).error, (403, "tournament_over"))

    def test_restart(self) -> None:
        """Keys, tables and answers are there after a restart, where there is a file."""
        cup = self.cup("7+8")
        key = self.key(cup)
        first = self.play(key, 7, 5, id="a")
        self.restart()
        self.session = self.log_in(7)
        self.assertEqual(self.play(key, 7, 5, id="a"), first)
        self.assertEqual(self.play(key, 8, 6).status, 200)
        self.restart()
        self.assertEqual(self.table(cup), [(1, "ann", 11, 2)])


class DurableKeyedPostsTest(KeyedPostsTest):
    """The same with a data file."""

    is_durable = True

    def test_full(self) -> None:
        """Where there is no room, a post with a key counts nowhere; then it counts."""
        levels = range(100, 150)
        cup = self.cup("+".join(map(str, levels)))
        key = self.key(cup)
        assert isinstance(self.engine, SqliteEngine)
        database = self.engine._database
        self.enterContext(mock.patch.object(database, "_clock", Clock()))
        limit_size(database, pages=4)
        accepted = 0
        with self.assertLogs("gameserver.storage.sqlite.database"):
            for user_id in range(1000, 2000):  # more than there is room for
                self.session = self.log_in(user_id)
                reply = self.play_all(key, *((n, accepted + 1) for n in levels))
                if reply.status != 200:
                    break
                accepted += 1
        self.assertEqual(reply.status, 503)
        self.assertEqual(self.submit(100, self.session, 999, f"&key={key}").status, 503)
        for _ in range(2):
            best = b"%d=%d" % (1000 + accepted - 1, accepted) if accepted else b""
            self.assertEqual(self.scores(100).partition(b",")[0], best)
            self.assertEqual(self.table(cup), [(1, "ann", 50 * accepted, 50)])
            self.restart()


if __name__ == "__main__":
    unittest.main()
