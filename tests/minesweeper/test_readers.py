"""Processes that read replays."""

from __future__ import annotations

import os
import socket
import sys
import threading
import unittest
from collections.abc import Callable
from contextlib import closing
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import Refused
from gameserver.minesweeper import reader_process
from gameserver.minesweeper.games import Game, read_game
from gameserver.minesweeper.readers import Reader, Readers
from gameserver.minesweeper.replays import InvalidReplay
from tests.client.scenario.replay_files import avf, rmv
from tests.support import PATIENCE, run_together, wait_until

KEY = "1_1_" + "0" * 32


class ReadersTest(unittest.TestCase):
    """The processes as a server uses them."""

    def setUp(self) -> None:
        self.readers = Readers()
        self.addCleanup(self.readers.close)
        self.started: list[Reader] = []

        def start(idle: bool) -> Reader:
            self.started.append(Reader(idle))
            return self.started[-1]

        self.enterContext(mock.patch("gameserver.minesweeper.readers.Reader", start))
        # On a machine without idle time it takes as long as it takes.
        self.enterContext(mock.patch("gameserver.minesweeper.readers.PATIENCE_SECONDS", 60))

    def pids(self) -> list[int]:
        return [reader._process.pid for reader in self.started]

    def assert_refused(self, data: bytes = rmv(KEY)) -> None:
        with self.assertRaises(Refused) as caught:
            self.readers.read(data, 1)
        self.assertEqual(caught.exception.code, "overloaded")
        self.assertTrue(caught.exception.wait)

    def test_reads(self) -> None:
        """It reads what this process would, one replay after the other in one process."""
        for data in (rmv(KEY), avf(KEY), rmv("", 7000)):
            self.assertEqual(self.readers.read(data, 1), read_game(data))
        for data in (b"", b"garbage", rmv(KEY)[:-50]):
            with self.assertRaises(InvalidReplay) as caught:
                self.readers.read(data, 1)
            with self.assertRaises(InvalidReplay) as expected:
                read_game(data)
            self.assertEqual(str(caught.exception), str(expected.exception))
        self.assertEqual(len(self.started), 1)

    def test_not_before_it_is_needed(self) -> None:
        """There is no process before the first replay."""
        self.assertEqual(self.started, [])

    def test_at_once(self) -> None:
        """Of many at once each gets its own game, from a bounded number of processes."""
        with mock.patch("gameserver.minesweeper.readers.MAX_PER_USER", 99):
            games = run_together(lambda n: self.readers.read(rmv(KEY, 5000 + n), 1), 16)
        self.assertEqual([game.value for game in games], list(range(5000, 5016)))
        self.assertLessEqual(len(self.started), os.cpu_count() or 1)

    @unittest.skipUnless(sys.platform == "linux", "only Linux has such priorities")
    def test_priorities(self) -> None:
        """It runs when a core is idle; what takes too long for that, by one that is only nice."""
        self.readers.read(rmv(KEY), 1)
        self.assertEqual(os.sched_getscheduler(self.pids()[0]), os.SCHED_IDLE)
        with mock.patch.object(Reader, "read", starved(Reader.read)):
            self.assertEqual(self.readers.read(rmv(KEY), 1), read_game(rmv(KEY)))
        idle, low = self.pids()
        self.assertEqual(os.sched_getscheduler(low), os.SCHED_OTHER)
        self.assertGreater(os.getpriority(os.PRIO_PROCESS, low), 0)
        with self.assertRaises(ProcessLookupError):
            os.kill(idle, 0)

    def test_death(self) -> None:
        """One that dies fails the replay that it is at; the next gets another one."""
        self.readers.read(rmv(KEY), 1)
        self.started[0]._process.kill()
        with self.assertLogs("gameserver.minesweeper.readers") as logged:
            self.assert_refused()
        self.assertEqual(len(logged.records), 1)
        self.assertEqual(self.readers.read(rmv(KEY), 1), read_game(rmv(KEY)))
        self.assertEqual(len(self.started), 2)

    def test_cannot_start(self) -> None:
        """Where the system has no process to give, a replay is told to come back."""
        error = OSError(11, "Resource temporarily unavailable")
        with (
            mock.patch("gameserver.minesweeper.readers.Reader", side_effect=error),
            self.assertLogs("gameserver.minesweeper.readers"),
        ):
            self.assert_refused()

    def test_ends_when_idle(self) -> None:
        """A process that has had nothing to do for a while is ended, and nothing of it is left."""
        with mock.patch("gameserver.minesweeper.readers.IDLE_SECONDS", 0.02):
            self.readers.read(rmv(KEY), 1)
            wait_until(lambda: self.started[0]._process.returncode is not None)
            wait_until(lambda: self.readers._timer is None)
        self.assertEqual(self.readers.read(rmv(KEY), 1), read_game(rmv(KEY)))

    def test_a_player_has_a_share(self) -> None:
        """One player can have so many read at once; others are served."""
        gate = threading.Event()
        self.addCleanup(gate.set)
        entered = threading.Semaphore(0)

        def slow(reader: Reader, data: bytes, seconds: float) -> Game:
            entered.release()
            gate.wait(PATIENCE)
            return read_game(data)

        with (
            mock.patch("gameserver.minesweeper.readers.MAX_PER_USER", 1),
            mock.patch.object(Reader, "read", slow),
        ):
            work = threading.Thread(target=self.readers.read, args=(rmv(KEY), 1))
            work.start()
            self.assertTrue(entered.acquire(timeout=PATIENCE))
            self.assert_refused()
            gate.set()
            self.assertEqual(self.readers.read(rmv(KEY), 2), read_game(rmv(KEY)))
            work.join(PATIENCE)
            self.assertEqual(self.readers.read(rmv(KEY), 1), read_game(rmv(KEY)))


def starved(read: Callable[[Reader, bytes, float], Game]) -> Callable[..., Game]:
    """Reading on a machine without idle time."""

    def reading(reader: Reader, data: bytes, seconds: float) -> Game:
        if reader.idle:
            raise TimeoutError
        return read(reader, data, seconds)

    return reading


class ReaderProcessTest(unittest.TestCase):
    """What runs in such a process, here in a thread."""

    def ask(self, *messages: bytes) -> list[Any]:
        inside, outside = socket.socketpair()
        with closing(outside):
            thread = threading.Thread(target=reader_process.serve, args=(inside,))
            thread.start()
            answers = []
            for message in messages:
                reader_process.send(outside, message)
                answers.append(reader_process.marshal.loads(reader_process.receive(outside)))
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())
        inside.close()
        return answers

    def test_answers(self) -> None:
        """A game, or why it is none; then it ends with the connection."""
        game, invalid = self.ask(rmv(KEY), b"garbage")
        self.assertEqual(game, ("game", tuple(read_game(rmv(KEY)))))
        self.assertEqual(invalid[0], "invalid")

    def test_mistake(self) -> None:
        """A mistake of ours is told with its traceback, and the next replay is read."""
        with mock.patch(
            "gameserver.minesweeper.reader_process.read_game", side_effect=[KeyError("x"), Game]
        ):
            self.assertEqual(self.ask(b"")[0][0], "failed")

    def test_half_a_message(self) -> None:
        """A server that ends in the middle of a message ends it, too."""
        inside, outside = socket.socketpair()
        outside.sendall(b"\0\0")
        outside.close()
        reader_process.serve(inside)
        inside.close()


if __name__ == "__main__":
    unittest.main()
