from __future__ import annotations

import os
import tempfile
import unittest
from dataclasses import replace

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.minesweeper.replays import read_replay
from tests.client.scenario.replay_files import LOST, avf, rmv
from tests.tournaments.world import World

OVER = (403, "tournament_over")
VIOLATED = (403, "mode_constraint_violated")
INVALID = (403, "invalid_data")
DONE = (201, {}, {})


def reading_replays(then):
    """Replays are read as ever, and `then` makes something else of them."""
    return mock.patch(
        "gameserver.minesweeper.games.read_replay", lambda *data: then(read_replay(*data))
    )


class UploadTest(unittest.TestCase):
    def setUp(self):
        self.world = World(self)
        self.cup = self.world.create(lasts=100)
        self.key = self.world.key(self.cup)

    def test_both_formats(self):
        """An RMV and an AVF count for the player whose key they hold; the best one does."""
        self.assertEqual(self.world.upload(rmv(self.key, 6303)), DONE)
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 6303, 1, True]])
        self.assertEqual(self.world.upload(avf(self.key, 541), "GAME.AVF"), DONE)
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 5410, 1, True]])

    def test_file_names(self):
        """The file's name makes no difference."""
        for number, name in enumerate(("これはテスト.rmv", "../../etc/passwd", "", "a;b=c")):
            self.assertEqual(self.world.upload(rmv(self.key, 5000 + number), name), DONE, name)

    def test_the_same_game_counts_once(self):
        """The same game is counted once, however often and with whatever header it comes."""
        cup = self.world.create(modeparams="3+0+0")
        key = self.world.key(cup)
        for name in ("Player", "Other", "Player"):
            self.assertEqual(self.world.upload(avf(key, name=name)), DONE)
        self.assertEqual(self.world.standings(cup), [[1, "player", 5410, 1, False]])

    def test_the_game_of_somebody_else(self):
        """A game that has been counted cannot be handed in with another key."""
        thief = self.world.key(self.cup, "thief")
        stolen = rmv(self.key).replace(self.key.encode(), thief.encode())
        self.assertEqual(self.world.upload(rmv(self.key)), DONE)
        self.assertEqual(self.world.upload(stolen).error, INVALID)
        self.assertEqual(
            self.world.standings(self.cup),
            [[1, "player", 6303, 1, True], [2, "thief", 0, 0, False]],
        )

    def test_keys(self):
        """Without a valid key, whose every part is right, nothing counts."""
        other = self.world.create()
        user, tournament, secret = self.key.split("_")
        for key in (
            "", "Player", f"{user}_{tournament}_{'0' * 32}", f"{user}_{other}_{secret}",
            f"{int(user) + 1}_{tournament}_{secret}", f"{user}_999_{secret}",
        ):  # fmt: skip
            self.assertEqual(self.world.upload(rmv(key)).error, INVALID, key)
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 0, 0, False]])

    def test_what_is_no_replay(self):
        """Garbage, nothing, and the beginning of a replay are invalid data."""
        for data in (b"", b"garbage", b"*rmv", rmv(self.key)[:-60], avf(self.key)[:300]):
            self.assertEqual(self.world.upload(data).error, INVALID)

    def test_what_does_not_count(self):
        """A lost game violates what the mode asks for, and so does a level it does not want."""
        self.assertEqual(self.world.upload(rmv(self.key, last_event=LOST)).error, VIOLATED)
        experts = self.world.create(modeparams="0+0+1")
        self.assertEqual(self.world.upload(rmv(self.world.key(experts))).error, VIOLATED)

    def test_window(self):
        """The server's clock decides: a millisecond before the end counts, the end does not."""
        for early, expected in ((0.001, 201), (0.0, 403), (-0.001, 403)):
            cup = self.world.create(lasts=100)
            key = self.world.key(cup)
            now = self.world.clock.now
            self.world.clock.now += 100 - early
            self.assertEqual(self.world.upload(rmv(key)).status, expected, early)
            self.assertEqual(self.world.standings(cup)[0][3], int(expected == 201))
            self.world.clock.now = now

    def test_the_clock_is_read_after_the_replay(self):
        """An upload that is read for so long that the end comes is too late."""

        def slow(replay):
            self.world.clock.now += 100
            return replay

        with reading_replays(slow):
            self.assertEqual(self.world.upload(rmv(self.key)).error, OVER)

    def test_the_arrival_counts(self):
        """What had arrived before the end counts, however late it is read."""
        start = self.world.clock.now
        for arrived, expected in ((99.999, 201), (100, 403), (150, 403)):
            self.world.clock.now = start + 200
            reply = self.world.upload(rmv(self.key, int(arrived * 10)), arrived=start + arrived)
            self.assertEqual(reply.status, expected, arrived)
            self.world.clock.now = start

    def test_an_arrival_in_the_future(self):
        """No arrival is later than now."""
        now = self.world.clock.now
        self.assertEqual(self.world.upload(rmv(self.key), arrived=now + 100), DONE)

    def test_stop_and_arrivals(self):
        """A stop ends it at its own arrival: what came with it, or later, is too late."""
        now = self.world.clock.now
        self.world.clock.now += 10
        self.assertEqual(self.world.upload(rmv(self.key, 7000), arrived=now + 4), DONE)
        self.assertEqual(self.world.upload(rmv(self.key, 5000), arrived=now + 6), DONE)
        self.world.post_at(now + 5, f"tournaments/stop/{self.cup}", "host")
        (listed,) = self.world.get("tournaments/archive").value
        self.assertEqual(listed["end"], "2023-11-14T22:13:25")
        for arrived, expected in ((4.999, 201), (5, 403), (5.001, 403)):
            reply = self.world.upload(rmv(self.key, int(arrived * 1000)), arrived=now + arrived)
            self.assertEqual(reply.status, expected, arrived)
        # The one that was judged before the stop, and had come after it, does not count.
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 4999, 1, True]])

    def test_the_key_comes_first(self):
        """A replay is read only for somebody who has a key that is good."""
        over = self.world.create(lasts=1)
        late = self.world.key(over)
        self.world.clock.now += 1
        read = mock.Mock(side_effect=AssertionError)
        with mock.patch("gameserver.minesweeper.games.read_replay", read):
            for key, error in (
                ("", INVALID),
                (f"{self.key[:-1]}{int(self.key[-1], 16) ^ 1:x}", INVALID),
                (self.key.replace(f"_{self.cup}_", "_99_"), INVALID),
                (late, OVER),
            ):
                self.assertEqual(self.world.upload(rmv(key)).error, error, key)

    def test_the_key_that_is_read_decides(self):
        """A good key somewhere in a file does not make the one count that stands in its place."""
        forged = f"1_{self.cup}_{'0' * 32}"
        self.assertEqual(self.world.upload(rmv(forged) + self.key.encode()).error, INVALID)
        self.assertEqual(self.world.upload(rmv("Player") + self.key.encode()).error, INVALID)
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 0, 0, False]])

    def test_personal_limit(self):
        """In a mode with a personal limit the key ends before the tournament does."""
        cup = self.world.create(mode="sum_timelimit", modeparams="1+0+0,1")
        key = self.world.key(cup)
        self.world.clock.now += 59.999
        self.assertEqual(self.world.upload(rmv(key)), DONE)
        self.world.clock.now += 0.001
        self.assertEqual(self.world.upload(rmv(key, 1)).error, VIOLATED)

    def test_standings_are_frozen(self):
        """After the end the table stays as it is, hidden or not before."""
        cup = self.world.create(lasts=50, hide_results=True)
        key = self.world.key(cup)
        self.world.upload(rmv(key, 6000))
        path = f"tournaments/standings/{cup}"
        self.assertEqual(self.world.get(path).error, (403, "results_hidden"))
        self.assertEqual(self.world.get(path, "player").error, (403, "results_hidden"))
        table = self.world.standings(cup, "host")
        self.world.clock.now += 50
        self.assertEqual(self.world.upload(rmv(key, 5)).error, OVER)
        self.assertEqual(self.world.standings(cup), table)
        self.assertEqual(table, [[1, "player", 6000, 1, True]])

    def test_unproven_games_are_shown_to_the_host(self):
        """A game that its events do not bear out counts, and the host is told."""
        with reading_replays(lambda replay: replace(replay, proven=False)):
            self.world.upload(rmv(self.key))
        self.world.upload(rmv(self.key, 7000))
        page = self.world.get(f"tournaments/detail/{self.cup}", "host").value
        self.assertEqual(page["unproven"], {"player": 1})
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 6303, 1, True]])

    def test_bad_bodies(self):
        """What is not multipart, or has no file `video`, is invalid data."""
        for content_type, body in (
            ("", b""), ("application/json", b"{}"), ("multipart/form-data; boundary=B", b""),
            ("multipart/form-data; boundary=B", b"--B--"),
            ("multipart/form-data; boundary=B",
             b'--B\r\nContent-Disposition: form-data; name="video"\r\n\r\nx\r\n--B--'),
        ):  # fmt: skip
            reply = self.world.ask("POST", "scores/upload", body, content_type=content_type)
            self.assertEqual(reply.error, INVALID)

    def test_number(self):
        """One player cannot fill the server with games."""
        with mock.patch("gameserver.tournaments.rules.MAX_SCORES", 2):
            replies = [self.world.upload(rmv(self.key, 5000 + n)).status for n in range(3)]
            self.assertEqual(replies, [201, 201, 403])
            self.assertEqual(self.world.upload(rmv(self.key, 5000)), DONE)


class ReplayFolderTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.world = World(self, self.folder)
        self.cup = self.world.create()
        self.key = self.world.key(self.cup)

    def test_accepted_files_are_kept(self):
        """Each game that counts is kept once, as it came, under a name of the server's."""
        kept = {"rmv": rmv(self.key), "avf": avf(self.key)}
        for data in (*kept.values(), rmv(self.key)):
            self.world.upload(data, "../../evil")
        names = os.listdir(self.folder)
        self.assertEqual(len(names), 2)
        for name in names:
            self.assertRegex(name, r"^[0-9]+-[0-9]+-[0-9a-f]{64}\.(avf|rmv)$")
            with open(os.path.join(self.folder, name), "rb") as file:
                self.assertEqual(file.read(), kept[name[-3:]])

    def test_refused_files_are_not(self):
        """What does not count leaves nothing behind."""
        for data in (rmv(self.key, last_event=LOST), rmv("1_1_" + "0" * 32), b"garbage"):
            self.world.upload(data)
        self.assertEqual(os.listdir(self.folder), [])

    def test_no_room(self):
        """If the file cannot be kept, the game is not counted."""
        with (
            mock.patch("os.replace", side_effect=OSError(28, "No space left on device")),
            self.assertLogs("gameserver.minesweeper.replay_folder") as logged,
        ):
            for _ in range(3):
                reply = self.world.upload(rmv(self.key))
                self.assertEqual(reply.error, (503, "overloaded"))
                self.assertEqual(reply.headers, {"Retry-After": "10"})
        self.assertEqual(len(logged.records), 1)
        self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 0, 0, False]])
        with self.assertLogs("gameserver.minesweeper.replay_folder") as logged:
            for _ in range(2):
                self.assertEqual(self.world.upload(rmv(self.key)), DONE)
        self.assertEqual(len(logged.records), 1)

    def test_no_folder(self):
        """Without the folder the answer is the same, in JSON, and one line in the log says why."""
        os.rmdir(self.folder)
        with self.assertLogs("gameserver.minesweeper.replay_folder") as logged:
            reply = self.world.upload(rmv(self.key))
        os.mkdir(self.folder)
        self.assertEqual(reply.error, (503, "overloaded"))
        self.assertIn(f"{self.folder}: No such file", logged.output[0])
        self.assertEqual(self.world.standings(self.cup), [[1, "player", 0, 0, False]])

    def test_names_are_synced(self):
        """Before the answer the folder's names are on the disk, behind the file and its name."""
        done = []

        def fsync(descriptor):
            is_folder = os.path.isdir(f"/proc/self/fd/{descriptor}")
            done.append((is_folder, sorted(n[:2] for n in os.listdir(self.folder))))

        with mock.patch("os.fsync", fsync):
            self.assertEqual(self.world.upload(rmv(self.key)), DONE)
        self.assertEqual(done, [(False, [".u"]), (True, [f"{self.cup}-"])])
