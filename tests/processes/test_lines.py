"""A worker's lines to the owner: who answers, who does not, and who answers again."""

from __future__ import annotations

import multiprocessing.util
import os
import socket
import threading
import unittest
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.processes import lines as lines_module
from gameserver.processes import manager as manager_module
from gameserver.processes.address import make_address
from gameserver.processes.line import READ_SIZE, Line
from gameserver.processes.lines import ANSWER_SECONDS, LOOK_SECONDS, Lines
from gameserver.processes.manager import Manager
from gameserver.web.errors import Overloaded
from tests.support import PATIENCE, Clock, run_together, wait_until


class OwnerInThread:
    """The server of an owner, in this process."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self.address = make_address()
        self.manager = Manager(self.address.name, b"secret")
        self.server = self.manager.make_server(answer)
        threading.Thread(target=self.server.accepter, daemon=True).start()


class LinesTest(unittest.TestCase):
    """Lines to an owner that answers each question with itself, when the gate is open."""

    def setUp(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.addCleanup(self.gate.set)
        self.questions: list[bytes] = []
        self.owner = OwnerInThread(self.answer)
        self.addCleanup(self.owner.address.remove)
        self.open_line = mock.Mock(side_effect=self.owner.manager.open_line)
        self.lines = Lines(self.open_line)
        self.clock = Clock()
        self.enterContext(mock.patch.object(lines_module, "time", mock.Mock(monotonic=self.clock)))
        self.enterContext(mock.patch.object(lines_module, "LOOK_SECONDS", 0.01))
        self.enterContext(mock.patch.object(manager_module, "CONNECT_SECONDS", PATIENCE))

    def answer(self, question: bytes) -> bytes:
        self.questions.append(question)
        if question == b"fail":
            raise RuntimeError("on purpose")
        if not question.startswith(b"quick"):
            self.gate.wait(PATIENCE)
        return question

    def assert_refused(self, question: bytes = b"quick") -> None:
        with self.assertRaises(Overloaded):
            self.lines.ask(question)

    def hang(self) -> None:
        """A question is overdue."""
        self.gate.clear()
        with (
            mock.patch.object(lines_module, "ANSWER_SECONDS", 0.0),
            self.assertLogs("gameserver", "ERROR"),
        ):
            self.assert_refused(b"slow")

    def test_sizes(self) -> None:
        """Questions and answers may be of any length."""
        for size in (0, 1, READ_SIZE - 4, READ_SIZE, 3_000_000):
            question = b"quick" + bytes(size)
            self.assertEqual(self.lines.ask(question), question)
        self.assertEqual(self.open_line.call_count, 1)

    def test_threads(self) -> None:
        """There are as many lines as questions at a time, however many threads ask them."""
        self.gate.clear()
        asked = threading.Thread(
            target=lambda: wait_until(lambda: len(self.questions) == 3) and self.gate.set()
        )
        asked.start()
        answers = run_together(lambda n: self.lines.ask(b"%d" % n, patiently=True), 3)
        self.assertEqual(answers, [b"0", b"1", b"2"])
        asked.join()
        for _ in range(20):
            run_together(lambda n: self.lines.ask(b"%d" % n), 3)
        self.assertLessEqual(self.open_line.call_count, 3)
        for number in range(5):
            self.lines.note(b"quick note %d" % number)
            wait_until(lambda number=number: b"quick note %d" % number in self.questions)
            wait_until(self.receipt_is_there)
        self.assertEqual(len(self.lines._free), 1, "those that nobody needs are closed")

    def receipt_is_there(self) -> bool:
        """Whether the next note can be sent."""
        assert self.lines._notes
        return self.lines._is_received(self.lines._notes) if self.lines._notes.owes else True

    def test_nothing_is_kept(self) -> None:
        """A thread that asks leaves nothing behind in `multiprocessing`."""
        self.lines.ask(b"quick")
        before = len(multiprocessing.util._afterfork_registry)  # type: ignore[attr-defined]
        for _ in range(50):
            run_together(lambda n: self.lines.ask(b"quick"), 1)
        after = len(multiprocessing.util._afterfork_registry)  # type: ignore[attr-defined]
        self.assertLessEqual(after, before)  # what other tests have left may go

    def test_overdue(self) -> None:
        """While an answer is overdue nothing is asked; when it comes all is as before."""
        self.hang()
        for _ in range(3):
            self.assert_refused()
            with self.assertRaises(Overloaded):
                self.lines.note(b"quick note")
        wait_until(lambda: self.questions)
        self.assertEqual(self.questions, [b"slow"])
        self.gate.set()
        with self.assertLogs("gameserver", "WARNING"):
            self.assertEqual(wait_until(self.ask_again), b"quick 2")
        self.assertEqual(self.lines.ask(b"slow"), b"slow")
        self.assertEqual(self.open_line.call_count, 1)

    def ask_again(self) -> bytes | None:
        try:
            return self.lines.ask(b"quick 2")
        except Overloaded:
            return None

    def test_patient(self) -> None:
        """Some questions may take long, while the owner answers others."""
        self.gate.clear()
        results: list[bytes] = []
        thread = threading.Thread(
            target=lambda: results.append(self.lines.ask(b"slow", patiently=True))
        )
        with mock.patch.object(Line, "settle", autospec=True, side_effect=Line.settle) as settle:
            thread.start()
            wait_until(lambda: settle.call_count > 1)  # it has begun to be patient
            self.clock.now += 2 * ANSWER_SECONDS
            looks = settle.call_count
            wait_until(lambda: settle.call_count > looks + 1)
        self.assertEqual(self.lines.ask(b"quick"), b"quick")
        self.assertEqual(results, [])
        self.gate.set()
        thread.join()
        self.assertEqual(results, [b"slow"])

    def test_patience_ends(self) -> None:
        """They are refused as well once the owner is known to hang."""
        self.gate.clear()
        refused = threading.Event()

        def ask() -> None:
            try:
                self.lines.ask(b"very slow", patiently=True)
            except Overloaded:
                refused.set()

        thread = threading.Thread(target=ask)
        thread.start()
        wait_until(lambda: self.questions)
        self.hang()
        self.assertTrue(refused.wait(PATIENCE))
        thread.join()

    def test_notes(self) -> None:
        """Nobody waits for the receipt of a note; one that is missing says that the owner hangs."""
        self.gate.clear()
        self.lines.note(b"note 1")
        wait_until(lambda: self.questions)
        for _ in range(2):
            with self.assertRaises(Overloaded):
                self.lines.note(b"note 2")
        self.assertEqual(self.lines.ask(b"quick"), b"quick")
        self.clock.now += 5
        with self.assertLogs("gameserver", "ERROR"), self.assertRaises(Overloaded):
            self.lines.note(b"note 3")
        self.assert_refused()
        self.gate.set()
        with self.assertLogs("gameserver", "WARNING"):
            wait_until(self.ask_again)
        self.lines.note(b"note 4")
        wait_until(lambda: b"note 4" in self.questions)

    def test_failure(self) -> None:
        """A question that fails is refused, and does not harm the other lines."""
        self.lines.note(b"note")
        with self.assertLogs("gameserver", "ERROR") as logged:
            self.assert_refused(b"fail")
            wait_until(lambda: "on purpose" in "".join(logged.output))
        self.assertEqual(self.lines.ask(b"quick"), b"quick")
        self.lines.note(b"note")

    def test_owner_gone(self) -> None:
        """While the owner is gone questions are refused, with a line in the log a second."""
        self.lines.note(b"note")
        lines = Lines(mock.Mock(side_effect=ConnectionRefusedError))
        with self.assertLogs("gameserver", "ERROR") as logged:
            for _ in range(5):
                with self.assertRaises(Overloaded):
                    lines.ask(b"quick")
                with self.assertRaises(Overloaded):
                    lines.note(b"quick")
            self.assertEqual(len(logged.output), 1)
            self.clock.now += 2
            with self.assertRaises(Overloaded):
                lines.ask(b"quick")
        self.assertEqual(len(logged.output), 2)

    def test_new_owner(self) -> None:
        """A question that the owner of the last one cannot take goes to the new one."""
        old, other = socket.socketpair()
        self.open_line.side_effect = [self.line(old), *[mock.DEFAULT] * 3]
        self.open_line.return_value = self.owner.manager.open_line(LOOK_SECONDS)
        threading.Thread(target=lambda: other.send(other.recv(99)), daemon=True).start()
        self.assertEqual(self.lines.ask(b"old"), b"old")
        other.close()
        self.assertEqual(self.lines.ask(b"quick"), b"quick")

    def line(self, sock: socket.socket) -> Line:
        return Line(Connection(sock.detach()))

    def test_overdue_and_gone(self) -> None:
        """An owner that hung and is gone is another one's to replace."""
        sock, other = socket.socketpair()
        self.open_line.side_effect = [self.line(sock), *[mock.DEFAULT] * 3]
        self.open_line.return_value = self.owner.manager.open_line(LOOK_SECONDS)
        self.lines._overdue = self.lines._line()  # as if it had been asked
        self.lines._overdue.set_patience(0.01)
        other.close()
        self.assertEqual(self.lines.ask(b"quick"), b"quick")

    def test_hanging_at_the_door(self) -> None:
        """A line that cannot be opened in time is not tried again at once."""
        lines = Lines(open_line := mock.Mock(side_effect=BlockingIOError))
        with self.assertLogs("gameserver", "ERROR"):
            for _ in range(5):
                with self.assertRaises(Overloaded):
                    lines.ask(b"quick")
        self.assertEqual(open_line.call_count, 1)
        self.clock.now += 5
        with self.assertLogs("gameserver", "ERROR"), self.assertRaises(Overloaded):
            lines.ask(b"quick")
        self.assertEqual(open_line.call_count, 2)


class DoorTest(unittest.TestCase):
    """Who can open a line."""

    def setUp(self) -> None:
        self.enterContext(mock.patch.object(manager_module, "CONNECT_SECONDS", PATIENCE))
        self.owner = OwnerInThread(lambda question: question)
        self.addCleanup(self.owner.address.remove)

    def test_key(self) -> None:
        """Nobody without the key; others are not disturbed by the attempt."""
        line = self.owner.manager.open_line(PATIENCE)
        with self.assertRaises(AuthenticationError):
            Manager(self.owner.address.name, b"guessed").open_line(PATIENCE)
        self.assertEqual(line.ask(b"a"), b"a")
        line.close()

    def test_nothing_else(self) -> None:
        """With the key no other call of a manager's can be made."""
        for name in ("shutdown", "create", "debug_info", "serve_client"):
            with Client(self.owner.address.name, authkey=b"secret") as connection:
                connection.send((None, name, (), {}))
                self.assertEqual(connection.recv()[0], "#TRACEBACK")

    def test_other_users(self) -> None:
        """Another user is sent away before anything is said, and nothing is said to one."""
        here = threading.current_thread()
        for in_worker in (True, False):

            def is_ours(connection: object, in_worker: bool = in_worker) -> bool:
                return (threading.current_thread() is here) == in_worker

            with (
                mock.patch.object(manager_module, "_is_of_this_user", is_ours),
                self.assertRaises((EOFError, OSError)),
            ):
                self.owner.manager.open_line(PATIENCE)
        self.owner.manager.open_line(PATIENCE).close()

    @unittest.skipUnless(hasattr(socket, "SO_PEERCRED"), "this system has no abstract addresses")
    def test_whose_it_is(self) -> None:
        """The system says whose the other end is."""
        for ahead in (0, 1):
            ends = [Connection(end.detach()) for end in socket.socketpair()]
            with mock.patch("os.geteuid", return_value=os.geteuid() + ahead):
                self.assertEqual(manager_module._is_of_this_user(ends[0]), not ahead)
            for end in ends:
                end.close()

    def test_no_thread(self) -> None:
        """When a thread cannot be started one line is lost, and the next one can be opened."""
        start = threading.Thread.start
        error = RuntimeError("can't start new thread")
        with (
            mock.patch.object(manager_module, "RETRY_SECONDS", 0.0),
            mock.patch.object(manager_module, "CONNECT_SECONDS", 0.2),
            mock.patch.object(threading.Thread, "start", side_effect=error),
            self.assertLogs("gameserver", "ERROR") as logged,
        ):
            with self.assertRaises((EOFError, OSError)):
                self.owner.manager.open_line(PATIENCE)
            wait_until(lambda: logged.output)
        self.assertIs(threading.Thread.start, start)
        self.owner.manager.open_line(PATIENCE).close()


if __name__ == "__main__":
    unittest.main()
