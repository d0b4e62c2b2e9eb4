"""What people copy from docs/operations.md works: the unit of systemd, the settings of proxies.

All of it is taken out of the document. Only what is another machine's is replaced: ports,
folders, the domain.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import ClassVar

from gameserver.server.connection import COMMENT_SECONDS
from tests.raw_client import Client, refuses, request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import COMMAND_SECONDS, PATIENCE, ROOT, free_port, wait_until
from tests.watcher import Watcher

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The one block of code in the document that is in this language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) == 1, f"{len(blocks)} blocks of {language}"
    return str(blocks[0])


def replaced(text: str, *swaps: tuple[str, str]) -> str:
    """The text with each of the old strings, which it has exactly once, replaced."""
    for old, new in swaps:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


# The unit

INTERPRETER, PROGRAM = "/usr/bin/python3", "/opt/gameserver/run_server.py"


def setting(name: str) -> str:
    """The value of a setting that the unit has once, on one line."""
    values = re.findall(rf"^{name}=(.*)$", block("ini").replace("\\\n", " "), re.M)
    assert len(values) == 1, f"{name}: {values}"
    return " ".join(values[0].split())


class UnitTests(unittest.TestCase):
    """The unit's command, run without systemd as it would run it."""

    def command(self, state: str, logs: str) -> list[str]:
        """The flags of the unit's command, with these folders in the place of its own."""
        interpreter, program, *flags = replaced(
            setting("ExecStart"),
            (f"/var/lib/{setting('StateDirectory')}/", f"{state}/"),
            (f"/var/log/{setting('LogsDirectory')}/", f"{logs}/"),
        ).split()
        self.assertEqual((interpreter, program), (INTERPRETER, PROGRAM))
        self.assertTrue((ROOT / Path(program).name).is_file())
        return flags

    def test_keeps_scores(self) -> None:
        """Scores are there again after a restart, and the log is where the unit puts it."""
        with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as logs:
            flags = self.command(state, logs)
            with ServerProcess(*flags) as server, server.client() as client:
                key = client.ask(request_bytes("GET", "/4711/login")).body.decode()
                target = f"/2/score?sessionkey={key}"
                self.assertEqual(client.ask(request_bytes("POST", target, b"1500")).status, 200)
            with ServerProcess(*flags) as server, server.client() as client:
                scores = client.ask(request_bytes("GET", "/2/highscorelist")).body
            self.assertEqual(scores, b"4711=1500")
            self.assertEqual(len(os.listdir(logs)), 1)

    def test_reloads(self) -> None:
        """The signal of ExecReload leaves the server as it is."""
        self.assertEqual(setting("ExecReload"), "/bin/kill -HUP $MAINPID")
        with (
            tempfile.TemporaryDirectory() as folder,
            ServerProcess(*self.command(folder, folder)) as server,
        ):
            server.send_signal(signal.SIGHUP)
            with server.client() as client:
                self.assertEqual(client.ask(request_bytes("GET", "/healthz")).status, 200)

    def test_does_not_restart_in_vain(self) -> None:
        """A bad data file ends with a code that prevents a restart; so does a failed disk."""
        final = setting("RestartPreventExitStatus").split()
        with tempfile.TemporaryDirectory() as folder:
            flags = self.command(folder, folder)
            data = Path(flags[flags.index("--data") + 1])
            data.write_text("not a data file\n" * 100)
            code, _, errors = start_and_fail(["-p", "0", *flags])
        self.assertIn(str(code), final, errors)
        documented = re.search(r"ends with exit code ([0-9]+), the disk has failed", PAGE)
        assert documented
        self.assertIn(documented[1], final)

    def test_waits_for_the_stop(self) -> None:
        """systemd waits longer than a stop takes at most, as the document has it."""
        documented = re.search(r"at\s+the\s+latest\s+after\s+([0-9]+)\s+s", PAGE)
        assert documented
        self.assertGreater(int(setting("TimeoutStopSec")), int(documented[1]))


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class SystemdTests(unittest.TestCase):
    """What systemd says of the unit.

    `verify` looks for each program, but not at its arguments, so the interpreter is the one that
    runs this. That the arguments are right, `UnitTests` shows; that the server can do without
    all that the unit takes away, only a machine that runs systemd does.
    """

    UNIT = replaced(block("ini"), (INTERPRETER, sys.executable))

    def analyze(self, unit: str, *command: str) -> tuple[int, str]:
        """The exit code of `systemd-analyze` for the unit, and what it says."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "gameserver.service")
            path.write_text(unit)
            done = subprocess.run(
                ["systemd-analyze", "--no-pager", *command, str(path)],
                env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning", "LC_ALL": "C.UTF-8"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=COMMAND_SECONDS,
            )
        return done.returncode, done.stdout

    def complaints(self, unit: str) -> str:
        """What `verify` says of this unit; of the others on the machine it may say more."""
        code, text = self.analyze(unit, "verify")
        lines = [line for line in text.splitlines() if "gameserver.service" in line]
        return "\n".join(lines) or ("" if code == 0 else text)

    def test_verify(self) -> None:
        """systemd knows every setting and has nothing to say against their values."""
        self.assertEqual(self.complaints(self.UNIT), "")

    def test_verify_sees_mistakes(self) -> None:
        """An unknown setting, a bad value and a program that is not there would be noticed."""
        for old, new in (
            ("ProtectHome=", "ProtectHme="),
            ("Restart=on-failure", "Restart=sometimes"),
            (sys.executable, "/usr/bin/no-such-python"),
        ):
            with self.subTest(new=new):
                self.assertNotEqual(self.complaints(replaced(self.UNIT, (old, new))), "")

    def test_security(self) -> None:
        """The exposure is 2.5 at most; without the hardening it would not be."""
        command = ("security", "--offline=true", "--threshold=25")
        code, text = self.analyze(self.UNIT, *command)
        self.assertEqual(code, 0, text)
        self.assertIn("exposure level for gameserver.service", text)
        soft = re.sub(r"^(Protect|Private|Restrict[A-Z]|SystemCall).*\n", "", self.UNIT, flags=re.M)
        self.assertNotEqual(self.analyze(soft, *command)[0], 0)


# The proxies

FIRST_LEVEL = 1000


class ProxyContract(unittest.TestCase):
    """What the documented configuration of a proxy does, in front of a real server."""

    name: ClassVar[str]
    site: ClassVar[tuple[str, str]]
    """What the configuration says of where to listen, and what it is to say here."""
    frame: ClassVar[str] = "{block}"
    """The file around the block, as it is on the machine that the block is for."""
    command: ClassVar[tuple[str, ...]]
    closed: ClassVar[tuple[str, ...]] = ("/metrics", "/metrics/", "/metrics?a=b", "/metrics/x")
    timeouts: ClassVar[str] = ""
    """The pattern of the settings that may end a silent reply, in seconds; the default is 60."""
    levels: ClassVar[Iterator[int]] = count(FIRST_LEVEL)
    server: ClassVar[ServerProcess]
    address: ClassVar[tuple[str, int]]

    @classmethod
    def setUpClass(cls) -> None:
        if not shutil.which(cls.name):
            raise unittest.SkipTest(f"{cls.name} is not installed")
        cls.server = ServerProcess("--threaded", "--access_log", "--trusted_proxy", "127.0.0.1")
        cls.addClassCleanup(cls.server.stop)
        cls.address = ("127.0.0.1", free_port())
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)  # a proxy that root starts goes on as somebody else
        cls.start(folder.name)

    @classmethod
    def start(cls, folder: str) -> None:
        """Starts the proxy with its files in this folder; waits until it listens."""
        old, new = cls.site
        port = cls.address[1]
        snippet = replaced(
            block(cls.name),
            (old, new.format(port=port)),
            ("127.0.0.1:8080", f"127.0.0.1:{cls.server.address[1]}"),
        )
        path = Path(folder, "configuration")
        path.write_text(cls.frame.format(folder=folder, block=snippet))
        with open(Path(folder, "output"), "w+") as output:
            process = subprocess.Popen(
                [part.format(folder=folder, path=path) for part in cls.command],
                env={**os.environ, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder},
                stdout=output,
                stderr=output,
            )
        cls.addClassCleanup(process.wait, COMMAND_SECONDS)
        cls.addClassCleanup(process.terminate)
        wait_until(
            lambda: process.poll() is not None or not refuses(cls.address), COMMAND_SECONDS
        )
        assert process.poll() is None, Path(folder, "output").read_text()

    def connect(self, source: str = "127.0.0.1") -> HTTPConnection:
        """A connection to the proxy."""
        connection = HTTPConnection(*self.address, timeout=PATIENCE, source_address=(source, 0))
        self.addCleanup(connection.close)
        return connection

    def ask(
        self, connection: HTTPConnection, method: str, target: str, body: bytes | None = None
    ) -> tuple[int, str]:
        """The status and the body of the reply."""
        connection.request(method, target, body, {"X-Forwarded-For": "203.0.113.9"})
        with connection.getresponse() as response:
            return response.status, response.read().decode()

    def test_game(self) -> None:
        """A game is played through one connection."""
        connection = self.connect()
        status, key = self.ask(connection, "GET", "/4711/login")
        self.assertEqual(status, 200, key)
        kept = connection.sock
        target = f"/2/score?sessionkey={key}"
        self.assertEqual(self.ask(connection, "POST", target, b"1500"), (200, ""))
        self.assertEqual(self.ask(connection, "GET", "/2/highscorelist"), (200, "4711=1500"))
        self.assertTrue(kept)
        self.assertIs(connection.sock, kept)

    def test_keeps_its_connection_to_the_server(self) -> None:
        """When a reply has come the proxy's connection is there still."""
        self.ask(self.connect(), "GET", "/healthz")
        with self.server.client() as client:

            def connections() -> int:
                text = client.ask(request_bytes("GET", "/metrics")).body.decode()
                found = re.search(r"^gameserver_connections ([0-9]+)$", text, re.M)
                return int(found[1]) if found else 0

            wait_until(lambda: connections() > 1)  # one is the client's

    def test_says_who_the_client_is(self) -> None:
        """The server sees the client's address, and not what the client says it is."""
        target = "/1/highscorelist"
        self.ask(self.connect("127.0.0.2"), "GET", target)
        line = f"ACCESS 127.0.0.2 GET {target} 200"
        wait_until(lambda: line in self.server.log())

    def test_closes_metrics(self) -> None:
        """The figures are for those inside, however their path is spelled."""
        with self.server.client() as client:
            self.assertEqual(client.ask(request_bytes("GET", "/metrics")).status, 200)
        for target in self.closed:
            for method in ("GET", "HEAD"):
                with self.subTest(method=method, target=target):
                    status, body = self.ask(self.connect(), method, target)
                    self.assertEqual(status, 403)
                    self.assertNotIn("gameserver_", body)
        host, port = self.address
        for target in (
            f"http://{host}:{port}/metrics", "//metrics", "/%6detrics", "/metrics%2f", "/./metrics",
            "/1/../metrics", "/1/%2e%2e/metrics", "/%2fmetrics", "/metrics;x", "/METRICS",
        ):  # fmt: skip
            with self.subTest(target=target):
                status, body = self.ask(self.connect(), "GET", target)
                self.assertGreaterEqual(status, 400)
                self.assertNotIn("gameserver_", body)

    def test_lets_large_replays_through(self) -> None:
        """The largest upload gets the server's own answer."""
        status, body = self.ask(self.connect(), "POST", "/api/scores/upload", bytes(1024 * 1024))
        self.assertGreaterEqual(status, 400)
        self.assertIn('{"error": ', body)


    def test_live(self) -> None:
        """Who watches through the proxy has each change at once, and is not cut off."""
        level_id = next(self.levels)
        with Client(self.address) as client:
            watcher = Watcher.of(client, str(level_id))
            self.assertEqual(watcher.event().json["players"], 0)
            for score in (b"5", b"6"):
                key = self.ask(self.connect(), "GET", "/7/login")[1]
                target = f"/{level_id}/score?sessionkey={key}"
                self.assertEqual(self.ask(self.connect(), "POST", target, score)[0], 200)
                board = watcher.event().json
                self.assertEqual(board["entries"][0]["score"], int(score))

    def test_live_for_long(self) -> None:
        """A stream without news outlasts the proxy's time-outs: comments come before they do."""
        self.assertGreater(self.shortest_timeout(), COMMENT_SECONDS)

    def shortest_timeout(self) -> float:
        """The shortest time in seconds after which the proxy ends a silent reply."""
        found = re.findall(self.timeouts, block(self.name)) if self.timeouts else []
        return min(map(float, found), default=60)

    def test_live_that_is_left(self) -> None:
        """When a client goes, its place is free on the server, with the next news at the latest."""
        with Client(self.address) as client:
            Watcher.of(client, str(next(self.levels))).event()
            wait_until(lambda: self.watchers() > 0)
        scores = count(100)
        connection = self.connect()
        key = self.ask(connection, "GET", "/7/login")[1]

        def gone() -> bool:
            score = b"%d" % next(scores)
            for level_id in range(FIRST_LEVEL, next(self.levels)):  # other tests have left theirs
                self.ask(connection, "POST", f"/{level_id}/score?sessionkey={key}", score)
            return not self.watchers()

        wait_until(gone)

    def watchers(self) -> int:
        """How many the server has."""
        with self.server.client() as client:
            text = client.ask(request_bytes("GET", "/metrics")).body.decode()
        found = re.search(r"^gameserver_watchers ([0-9]+)$", text, re.M)
        return int(found[1]) if found else -1


class NginxTests(ProxyContract):
    name = "nginx"
    site = ("listen 80;", "listen 127.0.0.1:{port};")
    frame = """\
daemon off; pid {folder}/pid; error_log {folder}/errors;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
{block}}}
"""
    command = ("nginx", "-p", "{folder}", "-e", "{folder}/errors", "-c", "{path}")


class CaddyTests(ProxyContract):
    name = "caddy"
    site = ("scores.example.org {", "http://:{port} {{")
    frame = "{{\n    admin off\n    default_bind 127.0.0.1\n}}\n{block}"
    command = ("caddy", "run", "--adapter", "caddyfile", "--config", "{path}")


class HaproxyTests(ProxyContract):
    name = "haproxy"
    timeouts = r"timeout (?:client|server) ([0-9]+)s"
    site = ("bind :80", "bind 127.0.0.1:{port}")
    command = ("haproxy", "-db", "-f", "{path}")


del ProxyContract


if __name__ == "__main__":
    unittest.main()
