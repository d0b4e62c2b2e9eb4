"""The log: one line for each event, in a file of bounded size."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from contextlib import suppress
from pathlib import Path

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError
from gameserver.monitoring.logs import MAX_LINE, log_access, open_log
from gameserver.web.messages import Response
from tests.support import PATIENCE, ROOT, make_request

log = logging.getLogger("gameserver.test")

_WRITER = """
import logging, sys
from gameserver.monitoring import logs
logs.MAX_SIZE = 20_000
logs.open_log(sys.argv[1])
for number in range(1000):
    logging.getLogger("gameserver.test").info("%s line %d end", sys.argv[2], number)
"""

_MOVER = """
import logging, sys
from gameserver.monitoring import logs
logs.MAX_SIZE = 1000
logs.open_log(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
logging.getLogger("gameserver.test").info("too much")
print("moved", flush=True)
sys.stdin.readline()
"""


class LogTestCase(unittest.TestCase):
    """A log in a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "server.log")
        root = logging.getLogger("gameserver")
        before = root.handlers[:], root.level, root.propagate, logging.raiseExceptions
        self.addCleanup(self.restore, *before)

    def restore(
        self, handlers: list[logging.Handler], level: int, propagate: bool, raising: bool
    ) -> None:
        root = logging.getLogger("gameserver")
        for handler in set(root.handlers) - set(handlers):
            with suppress(OSError):
                handler.close()
        root.handlers[:] = handlers
        root.setLevel(level)
        root.propagate, logging.raiseExceptions = propagate, raising

    def open(self) -> None:
        open_log(str(self.path))

    def close(self) -> None:
        """Ends the log, so that it can be opened again."""
        logging.getLogger("gameserver").handlers.pop().close()

    def lines(self) -> list[str]:
        return self.path.read_text().splitlines()


class LineTest(LogTestCase):
    """What a line looks like."""

    def test_line(self) -> None:
        """A line has the time in UTC, the level, the process and the message."""
        self.open()
        log.info("it %s", "happened")
        time, _, rest = self.lines()[0].partition(" ")
        self.assertRegex(time, r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")
        self.assertEqual(rest, f"INFO [{os.getpid()}] it happened")

    def test_no_control_characters(self) -> None:
        """Whatever is logged stays on one line and cannot be taken for another."""
        self.open()
        evil = "".join(map(chr, range(32))) + "\x7f\x85\u2028\u2029\u202e end"
        log.warning("%s", evil)
        try:
            raise ValueError(evil)
        except ValueError:
            log.exception("it failed")
        self.assertEqual(len(self.lines()), 2)
        for line in self.lines():
            self.assertTrue(line.isprintable(), line)
            self.assertTrue(line.endswith("\\u202e end"), line)

    def test_long_lines(self) -> None:
        """A line has an end."""
        self.open()
        log.error("a" * 100_000)
        self.assertLessEqual(len(self.lines()[0]), MAX_LINE)

    def test_levels(self) -> None:
        """Details for the developer are not logged; warnings and errors are."""
        self.open()
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            log.log(level, "at %d", level)
        self.assertEqual(len(self.lines()), 3)

    def test_nothing_on_stderr(self) -> None:
        """What is logged does not reach the loggers of others."""
        self.open()
        with self.assertNoLogs(logging.getLogger(), logging.DEBUG):
            log.error("only in the file")

    def test_appended(self) -> None:
        """A new start continues the file."""
        self.path.write_text("before\n")
        self.open()
        log.info("after")
        self.assertEqual(len(self.lines()), 2)

    def test_moved_by_somebody_else(self) -> None:
        """When the file is moved, the next line goes to a new one."""
        self.open()
        log.info("one")
        self.path.rename(self.path.with_suffix(".old"))
        log.info("two")
        self.assertEqual(len(self.lines()), 1)

    @unittest.skipUnless(os.path.exists("/dev/full"), "no device that is always full")
    def test_full_disk(self) -> None:
        """A line that cannot be written is lost without a word."""
        open_log("/dev/full")
        with mock.patch("sys.stderr") as stderr:
            log.error("lost")
        stderr.write.assert_not_called()

    def test_pipe(self) -> None:
        """The log may go to a pipe, as with `--logfile /dev/stdout` in a container."""
        inside, outside = os.pipe()
        self.addCleanup(os.close, inside)
        self.addCleanup(os.close, outside)
        open_log(f"/dev/fd/{outside}")
        log.info("through a pipe")
        self.assertIn(b"through a pipe", os.read(inside, 4096))

    def test_cannot_be_written(self) -> None:
        """A file that cannot be written is a reason not to start."""
        for path in (self.path.parent, self.path / "none" / "a.log"):
            with self.assertRaisesRegex(StartError, "^cannot write the log file .+: .+"):
                open_log(str(path))


class PlaceTest(LogTestCase):
    """Where the log may be, and where not."""

    def assert_refused(self, reason: str, path: Path, private: bool = False) -> None:
        with self.assertRaises(StartError) as refused:
            open_log(str(path), private)
        message = f"cannot write the log file {str(path)!r}: {reason}"
        self.assertEqual(str(refused.exception), message)

    def link(self, target: str | Path) -> Path:
        link = self.path.with_name("link")
        link.symlink_to(target)
        return link

    def test_link_to_a_file(self) -> None:
        """The file that a link leads to is written, and it is what is moved aside."""
        self.path.touch()
        link = self.link(self.path.name)
        with mock.patch("gameserver.monitoring.logs.MAX_SIZE", 100):
            open_log(str(link))
            log.info("a" * 100)
            log.info("b")
        self.assertTrue(self.path.with_name("server.log.1").exists())
        self.assertIn(" b", self.path.read_text())
        self.assertTrue(link.is_symlink())

    def test_link_to_nothing(self) -> None:
        """A link that dangles is refused, and nothing is created where it leads."""
        link = self.link(self.path.name)
        self.assert_refused("it is a link to a file that is not there", link)
        self.assert_refused("it is a link", link, private=True)
        self.assertFalse(self.path.exists())

    def test_link_to_a_stream(self) -> None:
        """A link may lead to a descriptor of the server's, even to one that has no name."""
        mine, other = socket.socketpair()
        self.enterContext(mine)
        self.enterContext(other)
        open_log(str(self.link(f"/dev/fd/{mine.fileno()}")))
        log.info("through a socket")
        self.assertIn(b"through a socket", other.recv(4096))

    def test_fifo(self) -> None:
        """A FIFO is refused at once, whether somebody reads it or not."""
        os.mkfifo(self.path)
        for private in (False, True):
            self.assert_refused("it is a FIFO or a socket", self.path, private)
        reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        for private in (False, True):
            self.assert_refused("it is not a regular file", self.path, private)

    def test_private_file(self) -> None:
        """A file of one's own will do, and one that is not there yet."""
        for _ in range(2):
            open_log(str(self.path), private=True)
            log.info("mine")
            self.close()
        self.assertEqual(len(self.lines()), 2)

    def test_link_to_a_private_file(self) -> None:
        """A link is none, not even to such a file."""
        self.path.touch()
        self.assert_refused("it is a link", self.link(self.path), private=True)
        self.assertEqual(self.path.read_text(), "")

    def test_second_name_of_a_private_file(self) -> None:
        """Nor is another name of a file: it may have been given to that by somebody else."""
        self.path.touch()
        name = self.path.with_name("name")
        os.link(self.path, name)
        self.assert_refused("it has another name as well", name, private=True)

    def test_file_of_another_user(self) -> None:
        """Nor is the file of another user, even one that anybody may write to."""
        self.path.touch()
        with mock.patch("os.geteuid", return_value=os.geteuid() + 1):
            self.assert_refused("it belongs to another user", self.path, private=True)
            open_log(str(self.path))

    def test_link_in_the_place_of_the_file(self) -> None:
        """A link that somebody puts there later gets nothing, and the server goes on."""
        other = self.path.with_name("other")
        other.touch()
        for private in (False, True):
            open_log(str(self.path), private)
            log.info("one")
            self.path.unlink()
            self.path.symlink_to(other)
            log.info("two")
            self.assertEqual(other.read_text(), "")
            self.path.unlink()
            log.info("three")
            self.assertIn("three", self.path.read_text())
            self.close()

    def test_folder_that_has_gone(self) -> None:
        """While there is no folder lines are lost; nothing fails, and it comes back."""
        folder = self.path.with_name("folder")
        folder.mkdir()
        open_log(str(folder / "log"))
        folder.rename(self.path.with_name("away"))
        log.error("lost")
        folder.mkdir()
        log.error("there")
        self.assertIn("there", (folder / "log").read_text())


class AccessTest(LogTestCase):
    """Lines for requests."""

    def test_batch(self) -> None:
        """Each request of a batch has a line: time, client, method, path and status."""
        self.open()
        requests = [make_request("GET", "/1/login"), make_request("POST", "/2/score", b"7")]
        log_access(requests, [Response(), Response(401)])
        time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
        first, second = self.lines()
        self.assertRegex(first, time + r" ACCESS 192\.0\.2\.7 GET /1/login 200\Z")
        self.assertRegex(second, time + r" ACCESS 192\.0\.2\.7 POST /2/score 401\Z")

    def test_no_secrets(self) -> None:
        """A secret or a token that has slipped into the path is not written."""
        open_log(str(self.path))
        for target in (
            "/7/login/hush-hush-hush-hush", "/7/login%3Fsecret=hush-hush-hush-hush",
            "/7/loginsecret=hush-hush-hush-hush", f"/api/tokens/{'0badc0de' * 8}",
        ):  # fmt: skip
            log_access([make_request("GET", target)], [Response(404)])
        text = self.path.read_text()
        self.assertNotIn("hush", text)
        self.assertNotIn("c0de", text)
        self.assertEqual(len(text.splitlines()), 4)

    def test_no_keys(self) -> None:
        """The query, where the session key is, is left out."""
        self.open()
        request = make_request("POST", "/2/score?sessionkey=SECRET&SECRET", b"SECRET")
        log_access([request], [Response()])
        self.assertNotIn("SECRET", self.path.read_text())

    def test_percent_signs(self) -> None:
        """A path with percent signs is logged as it is."""
        self.open()
        log_access([make_request("GET", "/%s%d%(a)s")], [Response(404)])
        self.assertIn(" /%s%d%(a)s 404", self.lines()[0])


class SizeTest(LogTestCase):
    """The size of the file."""

    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch("gameserver.monitoring.logs.MAX_SIZE", 1000)
        patch.start()
        self.addCleanup(patch.stop)
        self.moved = Path(f"{self.path}.1")

    def test_moved_aside(self) -> None:
        """A file that has become too large is moved aside, with all of its lines."""
        self.open()
        for number in range(30):
            log.info("%03d %s", number, "a" * 50)
        both = self.moved.read_text() + self.path.read_text()
        numbers = [int(number) for number in re.findall(r"\] (\d+) a", both)]
        self.assertEqual(numbers, list(range(numbers[0], 30)))
        self.assertGreater(self.moved.stat().st_size, 1000)
        self.assertLess(self.moved.stat().st_size, 1200)
        self.assertLessEqual(self.path.stat().st_size, 1000)

    def test_bounded(self) -> None:
        """However much is logged, there are two files of about that size."""
        self.open()
        for _ in range(1000):
            log.info("a" * 50)
        self.assertEqual(sorted(os.listdir(self.path.parent)), ["server.log", "server.log.1"])
        self.assertLess(self.path.stat().st_size + self.moved.stat().st_size, 2300)

    def test_private_file_is_bounded(self) -> None:
        """So is a private one where another user keeps it from being moved: it begins anew."""
        self.moved.mkdir()
        open_log(str(self.path), private=True)
        for number in range(100):
            log.info("%03d %s", number, "a" * 50)
            self.assertLess(self.path.stat().st_size, 1200)
        self.assertIn(" 099 ", self.lines()[-1])

    def test_access_lines_count(self) -> None:
        """Lines for requests are as bounded."""
        self.open()
        for _ in range(100):
            log_access([make_request("GET", "/1/login")], [Response()])
        self.assertLess(self.path.stat().st_size, 1200)

    def test_several_processes(self) -> None:
        """Processes that log at once move the file once each time, and wait for nobody."""
        command = [sys.executable, "-c", _WRITER, str(self.path)]
        writers = [
            subprocess.Popen([*command, f"writer{number}"], cwd=ROOT) for number in range(3)
        ]
        for writer in writers:
            self.assertEqual(writer.wait(30), 0)
        self.assertEqual(sorted(os.listdir(self.path.parent)), ["server.log", "server.log.1"])
        self.assertGreater(self.moved.stat().st_size, 20_000)
        self.assertLess(self.moved.stat().st_size, 21_000)
        for line in self.moved.read_text().splitlines() + self.lines():
            self.assertRegex(line, r"Z INFO \[\d+\] writer\d line \d+ end\Z")

    def test_nobody_waits(self) -> None:
        """A process that has moved the file and logs no more keeps nobody from logging."""
        self.path.write_text("a" * 2000)
        self.open()
        message = _MovedMeanwhile(self.path)
        self.addCleanup(message.end)
        thread = threading.Thread(target=log.info, args=(message,), daemon=True)
        thread.start()
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive(), "it waits for the other process")


class _MovedMeanwhile:
    """A message; while it is being written another process moves the file, and then is idle."""

    def __init__(self, path: Path) -> None:
        self.other = subprocess.Popen(
            [sys.executable, "-c", _MOVER, str(path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.other.stdout
        self.other.stdout.readline()

    def __str__(self) -> str:
        assert self.other.stdin and self.other.stdout
        self.other.stdin.write(b"go on\n")
        self.other.stdin.flush()
        self.other.stdout.readline()
        return "late"

    def end(self) -> None:
        self.other.communicate()


if __name__ == "__main__":
    unittest.main()
