"""A Redis that cannot be used: one line says why."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import unittest

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.errors import StartError
from gameserver.storage.engine import chosen_store
from gameserver.storage.redis import check
from gameserver.storage.redis.link.address import parse_address
from gameserver.storage.redis.opening import check_redis
from tests.redis_server import CLIENT, RedisServer, require_redis, shared_redis
from tests.support import ROOT, free_port


class AddressTest(unittest.TestCase):
    def test_whole(self) -> None:
        """An address with everything in it; it is shown without user and password."""
        address = parse_address("rediss://us%40er:pass%2Fword@host:7000/3")
        self.assertEqual(
            (address.host, address.port, address.db, address.tls), ("host", 7000, 3, True)
        )
        self.assertEqual((address.username, address.password), ("us@er", "pass/word"))
        self.assertEqual((str(address), repr(address)), ("rediss://host:7000/3",) * 2)

    def test_short(self) -> None:
        """What is left out is what Redis has by default."""
        address = parse_address("redis://[::1]")
        self.assertEqual((address.host, address.port, address.db), ("::1", 6379, 0))
        self.assertEqual(str(address), "redis://[::1]:6379/0")

    def test_none(self) -> None:
        """What is no address is refused, and not repeated: it may have a password in it."""
        for text in ("", "secret", "http://secret", "redis://", "redis://h/secret", "redis://h:p",
                     "redis://h/0?secret=1", "redis://h:99999", "redis://:secret@"):  # fmt: skip
            with self.subTest(text=text), self.assertRaises(ValueError) as raised:
                parse_address(text)
            self.assertNotIn("secret", str(raised.exception))

    def test_choice(self) -> None:
        """The address is in a flag or in the environment, and nowhere with a data file."""
        given = {"GAMESERVER_STORE": "redis://b"}
        self.assertEqual(chosen_store("", "", {}), "")
        self.assertEqual(chosen_store("redis://a", "", {}), "redis://a")
        self.assertEqual(chosen_store("", "", given), "redis://b")
        for wrong in (("redis://a", "", given), ("redis://a", "file", {}), ("", "file", given)):
            with self.subTest(wrong=wrong), self.assertRaises(StartError):
                chosen_store(*wrong)


class CheckTest(unittest.TestCase):
    """What is said of each."""

    def setUp(self) -> None:
        self.redis = shared_redis()

    def problem(self, url: str = "") -> str:
        with self.assertRaises(StartError) as raised:
            check_redis(url or self.redis.url)
        self.assertNotIn("\n", str(raised.exception))
        return str(raised.exception)

    def configured(self, **settings: str) -> None:
        for name, value in settings.items():
            self.redis.ask("CONFIG", "SET", name.replace("_", "-"), value)

    def test_well(self) -> None:
        """Nothing is said of one that can be used, and nothing is left in it."""
        with self.assertNoLogs("gameserver"):
            check_redis(self.redis.url)
        self.assertEqual(self.redis.ask("DBSIZE"), b":0\r\n")

    def test_nowhere(self) -> None:
        """There is none, or no such host."""
        self.assertIn("Connection refused", self.problem("redis://127.0.0.1:1/0"))
        unknown = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        with mock.patch("socket.getaddrinfo", side_effect=unknown):  # as no network would say it
            self.assertIn("not known", self.problem("redis://nowhere.invalid"))

    def test_no_redis(self) -> None:
        """Something else answers, or nothing does."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
            self.assertIn("Timeout", self.problem(url))

            def serve() -> None:
                while True:
                    try:
                        client, _ = listener.accept()
                    except OSError:
                        return
                    with client:
                        client.recv(4096)
                        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            threading.Thread(target=serve, daemon=True).start()
            self.assertIn("no Redis", self.problem(url))
            listener.shutdown(socket.SHUT_RDWR)

    def test_password(self) -> None:
        """It wants a password, or another one; neither is shown."""
        self.configured(requirepass="right")
        self.addCleanup(self.unlock)
        self.assertIn("Authentication required", self.problem())
        wrong = self.redis.url.replace("//", "//:wrong@")
        self.assertIn("invalid", self.problem(wrong))
        self.assertNotIn("wrong@", self.problem(wrong))
        check_redis(self.redis.url.replace("//", "//:right@"))

    def unlock(self) -> None:
        subprocess.run(
            [CLIENT, "-p", str(self.redis.port), "-a", "right", "--no-auth-warning",
             "CONFIG", "SET", "requirepass", ""],
            stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip

    def test_replica(self) -> None:
        """It is a replica."""
        self.redis.ask("REPLICAOF", "127.0.0.1", "1")
        self.addCleanup(self.redis.ask, "REPLICAOF", "NO", "ONE")
        self.assertIn("replica", self.problem())

    def test_cluster(self) -> None:
        """It is a part of a cluster."""
        redis = RedisServer("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
        self.addCleanup(redis.close)
        self.assertIn("cluster", self.problem(redis.url))

    def test_old(self) -> None:
        """It is too old."""
        with mock.patch.object(check, "OLDEST", (99, 0)):
            self.assertIn("6.2", self.problem())

    def test_rounds(self) -> None:
        """It keeps fewer digits than it is given."""
        with mock.patch.object(check, "EDGES", (1.0, float("nan"))):
            self.assertTrue(self.problem())

    def test_full(self) -> None:
        """It takes nothing more."""
        self.configured(maxmemory="1")
        self.addCleanup(self.configured, maxmemory="0")
        self.assertIn("cannot be written to", self.problem())

    def test_warnings(self) -> None:
        """It may lose scores: the log says so, and what would be right."""
        self.configured(maxmemory_policy="allkeys-lru", appendonly="no")
        self.addCleanup(self.configured, maxmemory_policy="noeviction", appendonly="yes")
        with self.assertLogs("gameserver", "WARNING") as logged:
            check_redis(self.redis.url)
        self.assertIn("noeviction", logged.output[0])
        self.assertIn("appendonly yes", logged.output[1])

    def test_package(self) -> None:
        """The package is not there."""
        with mock.patch("gameserver.storage.redis.opening.find_spec", return_value=None):
            self.assertIn("pip install", self.problem())

    def test_old_package(self) -> None:
        """The package is older than all that the engine has been tried with."""
        with mock.patch("redis.__version__", "4.6.0"):
            self.assertIn("too old with its version 4.6.0: pip install", self.problem())


class ImportTest(unittest.TestCase):
    def test_plain_server(self) -> None:
        """A server without a store has not imported the package."""
        code = (
            "import sys; from gameserver.assembly import *; make_app(DEFAULTS, make_router());"
            "print(*{'redis', 'hiredis', 'gameserver.storage.redis'} & set(sys.modules))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout.strip(), "")


if __name__ == "__main__":
    require_redis()
    unittest.main()
