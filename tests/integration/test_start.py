"""Starting the server: what it prints, and what it says when it cannot start."""

from __future__ import annotations

import ast
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path

from tests.procfs import has_proc
from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import COMMAND_SECONDS, ROOT, free_port, wait_until

LIST = request_bytes("GET", "/1/highscorelist")


def answers(port: int) -> bool:
    """Whether a server answers there."""
    try:
        with Client(("127.0.0.1", port)) as client:
            return client.ask(request_bytes("GET", "/healthz")).status == 200
    except ConnectionRefusedError:
        return False


class StartTest(unittest.TestCase):
    """Servers that start. (That they print one line and stop cleanly is asserted by the helper.)"""

    def test_modes(self) -> None:
        """The line that is printed says where and in which mode the server is."""
        for flags, mode in [((), "forked"), (("--threaded",), "threaded")]:
            with ServerProcess(*flags) as server:
                self.assertEqual(server.mode, mode)
                self.assertRegex(server.url, r"\Ahttp://localhost:[0-9]+/\Z")
                with server.client() as client:
                    self.assertEqual(client.ask(LIST).status, 200)

    def test_localhost(self) -> None:
        """localhost is every address of that name."""
        addresses = {
            str(info[4][0]) for info in socket.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM)
        }
        with ServerProcess("--threaded") as server:
            for address in addresses:
                with Client((address, server.address[1])) as client:
                    self.assertEqual(client.ask(LIST).status, 200)

    def test_one_address(self) -> None:
        """An address is listened to alone."""
        with ServerProcess("--threaded", "--host", "127.0.0.1") as server:
            self.assertRegex(server.url, r"\Ahttp://127\.0\.0\.1:[0-9]+/\Z")
            with self.assertRaises(ConnectionRefusedError):
                Client(("127.0.0.2", server.address[1]))

    def test_address_of_version_6(self) -> None:
        """An address of version 6 stands in brackets."""
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("there is no ::1")
        for host in ("::1", "[::1]"):
            with ServerProcess("--threaded", "--host", host) as server:
                self.assertRegex(server.url, r"\Ahttp://\[::1\]:[0-9]+/\Z")
                with server.client() as client:
                    self.assertEqual(client.ask(LIST).status, 200)

    def test_as_a_module(self) -> None:
        """`python -m gameserver` is the same command."""
        done = subprocess.run(
            [sys.executable, "-m", "gameserver", "-p", "x"],
            cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Apython -m gameserver: .+\n\Z")

    def test_help(self) -> None:
        """-h prints the flags and ends."""
        code, output, errors = start_and_fail(["-h"])
        self.assertEqual((code, errors), (0, ""))
        for flag in ("-p", "--port", "--host", "--max_proc", "--threaded", "--logfile",
                     "--store_tokens", "--access_log"):  # fmt: skip
            self.assertIn(flag, output)

    def test_nobody_reads(self) -> None:
        """If nobody reads what the command prints, it serves all the same."""
        reader, writer = os.pipe()
        os.close(reader)
        port = free_port()
        arguments = ["--threaded", "--host", "127.0.0.1", "-p", str(port), "--logfile", os.devnull]
        with subprocess.Popen(
            [sys.executable, str(ROOT / "run_server.py"), *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
        ) as process:
            os.close(writer)
            try:
                wait_until(lambda: answers(port), COMMAND_SECONDS)
            finally:
                process.terminate()
            _, errors = process.communicate(timeout=COMMAND_SECONDS)
        self.assertEqual((process.returncode, errors), (0, b""))

    def test_closed_streams(self) -> None:
        """Without stdin, stdout or stderr, or all of them, it serves, and prints into no socket."""
        for closed, mode in itertools.product([(0,), (1,), (2,), (0, 1, 2)], [(), ("--threaded",)]):
            with self.subTest(closed=closed, mode=mode):
                self.serve_without(closed, mode)

    def test_mistake_without_stderr(self) -> None:
        """A server that cannot say why it does not start says so nowhere else."""
        command = [sys.executable, str(ROOT / "run_server.py"), "--logfile", "/does/not/exist"]
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" 2>&-', "sh", *command],
            stdout=subprocess.PIPE, text=True, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def serve_without(self, closed: Sequence[int], mode: Sequence[str]) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        port = free_port()
        closing = " ".join(f"{number}>&-" for number in closed)
        command = [sys.executable, str(ROOT / "run_server.py"), "--host", "127.0.0.1",
                   "-p", str(port), "--logfile", os.devnull,
                   "--data", str(Path(folder, "game.db")), *mode]  # fmt: skip
        with subprocess.Popen(
            ["sh", "-c", f'exec "$@" {closing}', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                wait_until(lambda: process.poll() is not None or answers(port), COMMAND_SECONDS)
                for number in closed if has_proc else ():
                    opened = os.readlink(f"/proc/{process.pid}/fd/{number}")
                    self.assertEqual(opened, os.devnull)
            finally:
                process.terminate()
            output, errors = process.communicate(timeout=COMMAND_SECONDS)
        self.assertEqual((process.returncode, errors), (0, ""))
        self.assertEqual(output.count("listening on"), 0 if 1 in closed else 1)

    def test_logfile_is_a_stream(self) -> None:
        """The log goes to the standard output for `-`, and wherever /dev/stderr goes."""
        for path, at in (("-", 0), ("/dev/stdout", 0), ("/dev/stderr", 1)):
            with self.subTest(path=path):
                command = [sys.executable, str(ROOT / "run_server.py"), "-p", "0", "--logfile"]
                with subprocess.Popen(
                    [*command, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
                ) as process:
                    assert process.stdout
                    self.assertTrue(any("listening on" in line for line in process.stdout))
                    process.terminate()
                    written = process.communicate(timeout=COMMAND_SECONDS)
                self.assertEqual(process.returncode, 0)
                self.assertRegex(written[at], r"INFO \[[0-9]+\] stopped\n\Z")

    def test_port_again(self) -> None:
        """A port can be used again right after a stop, though clients were connected."""
        port = free_port()
        flags = ("--threaded", "--host", "127.0.0.1", "-p", str(port))
        for _ in range(2):
            with ServerProcess(*flags) as server, server.client() as client:
                self.assertEqual(server.address[1], port)
                client.ask(LIST)


class DefaultLogTest(unittest.TestCase):
    """The log in a folder that everybody can write to, where nobody has asked for it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, "default.log")

    def start(self) -> ServerProcess:
        constants = {"gameserver.command.DEFAULT_LOG": str(self.path)}
        flags = ("--threaded", "--logfile", str(self.path))
        server = ServerProcess(*flags, constants=constants)
        self.addCleanup(server.kill)
        return server

    def test_own_file(self) -> None:
        """A regular file of one's own is used, and nothing is said."""
        for _ in range(2):
            self.start().stop()
        self.assertEqual(self.path.read_text().count("listening on"), 2)

    def test_goes_to_stderr(self) -> None:
        """In the place of anything else the log goes to stderr, where one line says so first."""
        target = self.path.with_name("target")
        target.touch()
        for reason, make in (
            ("it is a link", lambda: self.path.symlink_to(target)),
            ("it is a FIFO or a socket", lambda: os.mkfifo(self.path)),
            ("Is a directory", self.path.mkdir),
            ("it has another name as well", lambda: os.link(target, self.path)),
        ):
            with self.subTest(reason=reason):
                make()
                server = self.start()
                server.send_signal(signal.SIGTERM)
                self.assertEqual(server.exit_code(), 0)
                said, *log = server.stderr().splitlines()
                self.assertEqual(
                    said,
                    f"-c: cannot write the log file '{self.path}': {reason};"
                    " the log goes to stderr",
                )
                self.assertIn("INFO", log[0])
                self.assertIn("stopped", log[-1])
                self.assertEqual(target.read_text(), "")
                server.kill()
                self.path.rmdir() if self.path.is_dir() else self.path.unlink()


class OldPythonTest(unittest.TestCase):
    """A Python that cannot run the server says so."""

    COMMANDS = (["run_server.py"], ["-m", "gameserver"], ["-m", "gameserver.admin"])
    SIMULATED = (
        "import runpy, sys; sys.version_info = (3, 10, 13, 'final', 0);"
        "sys.argv.pop(0) if sys.argv[1] == '-m' else None; name = sys.argv[1];"
        "run = runpy.run_path if name.endswith('.py') else runpy.run_module;"
        "run(name, run_name='__main__')"
    )

    def test_one_line(self) -> None:
        """Each command says which Python this is, and which one it takes."""
        for command in self.COMMANDS:
            with self.subTest(command=command):
                done = subprocess.run(
                    [sys.executable, "-c", self.SIMULATED, *command],
                    cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_SECONDS,
                )  # fmt: skip
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(
                    done.stderr, "gameserver: Python 3.11 or newer is needed, and this is 3.10\n"
                )

    def test_can_be_parsed(self) -> None:
        """The modules that run before that are written as Python has always been."""
        for name in ("run_server.py", "gameserver/__init__.py", "gameserver/__main__.py"):
            text = (ROOT / name).read_bytes().decode("ascii")
            ast.parse(text, name, feature_version=(3, 0))
            self.assertNotIn("from __future__", text)


class MistakeTest(unittest.TestCase):
    """Servers that cannot start: exit code 2, one line on stderr, nothing on stdout."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def assert_mistake(self, pattern: str, *flags: str) -> None:
        for mode in ((), ("--threaded",)):
            arguments = ["-p", "0", "--logfile", str(self.folder / "log"), *flags, *mode]
            code, output, errors = start_and_fail(arguments)
            self.assertEqual((code, output), (2, ""), errors)
            self.assertRegex(errors, rf"\Arun_server\.py: [ -~]*{pattern}[ -~]*\n\Z")

    def test_port_in_use(self) -> None:
        """A port that is in use."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            self.assert_mistake(f"port {port}: Address already in use", "-p", port)

    def test_port_of_another_server(self) -> None:
        """The port of another game server."""
        with ServerProcess("--threaded") as server:
            self.assert_mistake("already in use", "-p", str(server.address[1]))

    def test_bad_flags(self) -> None:
        """Flags that are not there, and values that are none."""
        for flags in (["-p", "65536"], ["--nothing"]):
            self.assert_mistake("", *flags)

    def test_hosts(self) -> None:
        """Host names that do not resolve, and addresses of somebody else."""
        self.assert_mistake("cannot resolve the host 'host.invalid'", "--host", "host.invalid")
        self.assert_mistake("cannot listen on 192.0.2.1", "--host", "192.0.2.1")

    def test_logfiles(self) -> None:
        """Log files that cannot be written."""
        missing = self.folder / "none" / "log"
        self.assert_mistake("No such file or directory", "--logfile", str(missing))
        self.assert_mistake("Is a directory", "--logfile", str(self.folder))

    def test_folder_for_temporary_files(self) -> None:
        """A folder for temporary files whose path is too long for a socket, or that is missing."""
        folder = self.folder / ("x" * 120)
        folder.mkdir()
        self.assert_not_started(self.run_code("sys.platform = 'other'", TMPDIR=str(folder)))
        self.assertEqual(os.listdir(folder), [])
        missing = f"sys.platform = 'other'; import tempfile; tempfile.tempdir = '{folder}/none'"
        self.assert_not_started(self.run_code(missing))

    def test_nothing_temporary_is_left(self) -> None:
        """A server that is refused its data leaves no folder behind."""
        done = self.run_code(
            "sys.platform = 'other'", "--data", f"{self.folder}/none/game.db",
            TMPDIR=str(self.folder),
        )  # fmt: skip
        self.assert_not_started(done)
        self.assertEqual(os.listdir(self.folder), ["log"])

    def run_code(
        self, code: str, *flags: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs the command after some code, which makes the system a different one."""
        code = (
            f"import os, sys; {code}; sys.argv[0] = 'run_server.py';"
            "from gameserver.command import main; sys.exit(main())"
        )
        return subprocess.run(
            [sys.executable, "-c", code, "-p", "0", "--logfile", f"{self.folder}/log", *flags],
            cwd=ROOT, capture_output=True, text=True, timeout=COMMAND_SECONDS,
            env={**os.environ, **environment},
        )  # fmt: skip

    def assert_not_started(self, done: subprocess.CompletedProcess[str]) -> None:
        """It ends with one line for the operator."""
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Arun_server\.py: [ -~]+\n\Z")

    def test_data_files(self) -> None:
        """An empty path, a folder, and a file in a folder that is not there."""
        self.assert_mistake("--data: a path cannot be empty", "--data", "")
        folder = self.folder
        self.assert_mistake(f"{folder} is a folder, not a data file", "--data", str(folder))
        folder /= "none"
        self.assert_mistake(f"there is no folder {folder}", "--data", str(folder / "game.db"))
        self.assertFalse(folder.exists())

    def test_replay_folders(self) -> None:
        """A folder in a folder that is not there, and a file."""
        folder = self.folder / "none"
        self.assert_mistake(f"there is no folder {folder}", "--replays", str(folder / "replays"))
        self.assertFalse(folder.exists())
        self.assert_mistake("log: Not a directory", "--replays", str(self.folder / "log"))

    def test_bad_places_for_the_log(self) -> None:
        """A link that dangles, and a FIFO, at which it does not wait."""
        link, fifo = self.folder / "link", self.folder / "fifo"
        link.symlink_to("nowhere")
        os.mkfifo(fifo)
        self.assert_mistake("it is a link to a file that is not there", "--logfile", str(link))
        self.assert_mistake("it is a FIFO or a socket", "--logfile", str(fifo))

    def test_no_fork(self) -> None:
        """A system without fork, unless the server is threaded."""
        done = self.run_code("del os.fork")
        self.assert_not_started(done)
        self.assertIn("--threaded", done.stderr)

    def test_nothing_is_left(self) -> None:
        """A server that did not start leaves no file behind."""
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = str(other.getsockname()[1])
            start_and_fail(
                ["-p", port, "--logfile", str(self.folder / "log")], TMPDIR=str(self.folder)
            )
        self.assertEqual(os.listdir(self.folder), ["log"])
        self.assertFalse(re.search("Traceback", (self.folder / "log").read_text()))


if __name__ == "__main__":
    unittest.main()
