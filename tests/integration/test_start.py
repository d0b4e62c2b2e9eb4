"""Starting the server: what it prints, and what it says when it cannot start."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import PATIENCE, ROOT, wait_until

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
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
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
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
        arguments = ["--threaded", "--host", "127.0.0.1", "-p", str(port), "--logfile", os.devnull]
        with subprocess.Popen(
            [sys.executable, str(ROOT / "run_server.py"), *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
        ) as process:
            os.close(writer)
            try:
                wait_until(lambda: answers(port))
            finally:
                process.terminate()
            _, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual((process.returncode, errors), (0, b""))

    def test_port_again(self) -> None:
        """A port can be used again right after a stop, though clients were connected."""
        with ServerProcess("--threaded") as server, server.client() as client:
            client.ask(LIST)
            port = server.address[1]
        again = ServerProcess("--threaded", "-p", str(port))
        self.assertEqual(again.address[1], port)
        again.stop()


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
        """A folder for temporary files whose path is too long for a socket."""
        folder = self.folder / ("x" * 120)
        folder.mkdir()
        arguments = ["-p", "0", "--logfile", str(self.folder / "log")]
        code, _, errors = start_and_fail(arguments, TMPDIR=str(folder))
        self.assertEqual(code, 2)
        self.assertRegex(errors, r"\Arun_server\.py: [ -~]+\n\Z")
        self.assertEqual(os.listdir(folder), [])

    def test_no_fork(self) -> None:
        """A system without fork, unless the server is threaded."""
        code = (
            "import os, sys; del os.fork; sys.argv[0] = 'run_server.py';"
            "from gameserver.command import main; sys.exit(main())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, "-p", "0", "--logfile", str(self.folder / "log")],
            cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r"\Arun_server\.py: .*--threaded.*\n\Z")

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
