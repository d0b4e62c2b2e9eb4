"""What operators use, against real servers of both modes: health, metrics, limits, TLS."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
import tempfile
import time
import unittest
import warnings
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import ClassVar

import requests

from gameserver import __version__
from tests.integration.contract import FrontEndTestCase
from tests.procfs import has_proc
from tests.raw_client import Client, Reply, request_bytes
from tests.servers import ServerProcess, start_and_fail
from tests.support import ROOT, wait_until

CERTIFICATE = ROOT / "tests" / "localhost.pem"


class MetricsContract(FrontEndTestCase):
    def test_health(self) -> None:
        """A server that works says so."""
        self.assertEqual(self.get("/healthz")[::2], (200, b"ok\n"))

    def test_counts_requests_scores_and_refusals(self) -> None:
        """Within a second the figures show what was asked, kept and refused."""
        key = self.log_in(1)
        self.submit(1, key, 5)
        self.submit(2, key, 5)
        self.connect().ask(b"nonsense\r\n\r\n")
        self.assertEqual(self.get("/nowhere").status, 404)

        def there() -> bool:
            text = self.get("/metrics").body.decode()
            return all(
                line in text.splitlines()
                for line in (
                    'gameserver_requests_total{route="/<level_id>/score",status="200"} 2',
                    'gameserver_requests_total{route="none",status="404"} 1',
                    'gameserver_refused_total{status="400"} 1',
                    "gameserver_levels 2",
                    "gameserver_scores 2",
                    "gameserver_sessions 1",
                )
            )

        wait_until(there)


    def figures(self) -> dict[str, float]:
        """The metrics that have one sample, without a label."""
        lines = self.get("/metrics").body.decode().splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines)
            if not name.startswith("#") and "{" not in name
        }

    def test_says_what_runs(self) -> None:
        """The version, the Python and the mode are labels of a metric."""
        python = ".".join(map(str, sys.version_info[:3]))
        line = (
            f'gameserver_build_info{{version="{__version__}",python="{python}",'
            f'mode="{self.server.mode}"}} 1'
        )
        self.assertIn(line, self.get("/metrics").body.decode().splitlines())

    @unittest.skipUnless(has_proc, "the system does not say")
    def test_what_all_processes_use(self) -> None:
        """Memory and processor time are those of every process that serves, each counted once."""

        def is_right() -> bool:
            # All of the workers may not have been there when the server said that it listens.
            serving = {*self.server.workers(), self.server.owner() or self.server.pid}
            processes = [each for each in self.server.processes() if each.pid in serving]
            memory, cpu = sum(each.rss for each in processes), sum(each.cpu for each in processes)
            figures = self.figures()
            self.assertLess(figures["gameserver_cpu_seconds_total"], cpu + 0.5)
            return (
                abs(figures["gameserver_resident_memory_bytes"] - memory) < memory / 5
                and figures["gameserver_cpu_seconds_total"] > cpu / 2
            )

        wait_until(is_right)

    def test_operators_calls_have_one_spelling(self) -> None:
        """A proxy that closes `/metrics` closes the figures: no other path leads to them."""
        for target in ("/metrics/", "/healthz/", "/metrics//", "/Metrics"):
            self.assertEqual(self.get(target).status, 404)


class ThreadedMetricsTest(MetricsContract):
    flags = ("--threaded",)


class ForkedMetricsTest(MetricsContract):
    pass


class RateLimitContract(FrontEndTestCase):
    RATE = 20

    def ask_from(self, client: str, count: int) -> list[int]:
        target = request_bytes("GET", "/1/highscorelist", None, f"X-Forwarded-For: {client}")
        return [self.client.ask(target).status for _ in range(count)]

    def ask_beyond(self, client: str, *targets: str) -> list[Reply]:
        """The replies to requests that are sent at once, again and again until one is refused.

        A machine that stands still for a while allows more.
        """
        forwarded = f"X-Forwarded-For: {client}"
        data = b"".join(request_bytes("GET", target, None, forwarded) for target in targets)
        replies: list[Reply] = []

        def is_refused() -> bool:
            self.client.send(data * (3 * self.RATE // len(targets)))
            replies.extend(self.client.reply() for _ in range(3 * self.RATE))
            return 429 in {reply.status for reply in replies}

        wait_until(is_refused)
        return replies

    def test_answers_429_beyond_the_limit(self) -> None:
        """A burst of twice the rate passes, then 429 with Retry-After; others are not affected."""
        replies = self.ask_beyond("203.0.113.1", "/1/highscorelist")
        statuses = [reply.status for reply in replies]
        self.assertEqual(statuses[: 2 * self.RATE], [200] * 2 * self.RATE)
        self.assertEqual(self.ask_from("203.0.113.2", 5), [200] * 5)

    def test_limit_is_one_for_all_connections(self) -> None:
        """More connections, whichever process they reach, do not make the limit larger."""
        target = request_bytes("GET", "/1/highscorelist", None, "X-Forwarded-For: 203.0.113.3")
        started = time.monotonic()
        statuses = [self.connect().ask(target).status for _ in range(5 * self.RATE)]
        allowed = 2 * self.RATE + (time.monotonic() - started) * self.RATE + 1
        self.assertLessEqual(statuses.count(200), allowed)

    def test_says_when_to_come_back(self) -> None:
        """The refusal carries Retry-After, and the connection stays open."""
        replies = self.ask_beyond("203.0.113.4", "/1/highscorelist")
        refused = next(reply for reply in replies if reply.status == 429)
        self.assertEqual(refused.headers["retry-after"], "1")
        self.assertNotIn("connection", refused.headers)


    def test_operators_are_not_limited(self) -> None:
        """Health and metrics are always answered, and use nothing of what the client may ask."""
        forwarded = "X-Forwarded-For: 203.0.113.5"
        for target in ("/healthz", "/metrics"):
            for method in ("GET", "HEAD", "OPTIONS", "POST"):
                for _ in range(self.RATE):
                    body = b"" if method == "POST" else None
                    reply = self.client.ask(request_bytes(method, target, body, forwarded))
                    self.assertEqual(reply.status, 405 if method == "POST" else 200)
        statuses = self.ask_from("203.0.113.5", 2 * self.RATE)
        self.assertEqual(statuses, [200] * 2 * self.RATE)

    def test_all_others_are_limited(self) -> None:
        """What is answered without a view counts as well."""
        replies = self.ask_beyond("203.0.113.6", "/", "/none", "/metrics/", "/x/login")
        statuses = [reply.status for reply in replies]
        self.assertEqual(statuses[: 2 * self.RATE], [200, 404, 404, 400] * (self.RATE // 2))


class ThreadedRateLimitTest(RateLimitContract):
    flags = ("--threaded", "--rate_limit", "20", "--trusted_proxy", "127.0.0.1")


class ForkedRateLimitTest(RateLimitContract):
    flags = ("--rate_limit", "20", "--trusted_proxy", "127.0.0.1", "--max_proc", "2")


class SpoofingTest(FrontEndTestCase):
    flags = ("--threaded", "--rate_limit", "5")

    def test_nobody_believes_a_stranger(self) -> None:
        """Without --trusted_proxy another X-Forwarded-For for each request gains nothing."""
        names = (f"X-Forwarded-For: 203.0.113.{n % 250}" for n in count())
        target = "/1/highscorelist"
        wait_until(
            lambda: self.client.ask(request_bytes("GET", target, None, next(names))).status == 429
        )


class TLSContract(unittest.TestCase):
    flags: ClassVar[tuple[str, ...]] = ()

    def setUp(self) -> None:
        self.server = ServerProcess(*self.flags, "--certfile", str(CERTIFICATE))
        self.addCleanup(self.server.kill)

    def test_plays_over_https(self) -> None:
        """A client that checks the certificate plays the whole game on one connection."""
        with requests.Session() as session:
            session.verify = str(CERTIFICATE)
            session.trust_env = False
            key = session.get(f"{self.server.url}7/login", timeout=10).text
            url = f"{self.server.url}3/score?sessionkey={key}"
            self.assertEqual(session.post(url, data="12", timeout=10).status_code, 200)
            scores = session.get(f"{self.server.url}3/highscorelist", timeout=10)
            self.assertEqual(scores.text, "7=12")
        self.server.stop()

    def test_silent_clients_delay_nobody(self) -> None:
        """A hundred clients that connect and say nothing do not hold up another."""
        silent = [self.enterContext(Client(self.server.address)) for _ in range(100)]
        answer = requests.get(f"{self.server.url}healthz", verify=str(CERTIFICATE), timeout=10)
        self.assertEqual(answer.text, "ok\n")
        self.assertTrue(all(client.is_quiet() for client in silent), "nobody has been given up")

    def test_speaks_no_plain_http(self) -> None:
        """Plain HTTP on the TLS port ends the connection, and nothing else."""
        with Client(self.server.address) as client:
            client.send(request_bytes("GET", "/healthz"))
            with suppress(ConnectionResetError):
                self.assertFalse(client.socket.recv(4096).startswith(b"HTTP/"))
        answer = requests.get(f"{self.server.url}healthz", verify=str(CERTIFICATE), timeout=10)
        self.assertEqual(answer.status_code, 200)

    def test_refuses_old_versions(self) -> None:
        """TLS 1.1 is not spoken."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(self.server.address) as plain,
            self.assertRaises((ssl.SSLError, ConnectionError)),
        ):
            context.wrap_socket(plain)

    def test_large_pipelines_survive(self) -> None:
        """A thousand requests in one go over TLS are answered in order."""
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        with (
            socket.create_connection(self.server.address) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as tls,
        ):
            tls.sendall(request_bytes("GET", "/healthz") * 999)
            tls.sendall(request_bytes("GET", "/healthz", None, "Connection: close"))
            received = b"".join(iter(lambda: tls.recv(65536), b""))
        self.assertEqual(received.count(b"HTTP/1.1 200 OK\r\n"), 1000)
        self.assertEqual(received.count(b"\r\n\r\nok\n"), 1000)


    def connect(self, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """A client that does not take the mere end of a connection for that of TLS."""
        context = context or ssl.create_default_context(cafile=str(CERTIFICATE))
        plain = self.enterContext(socket.create_connection(self.server.address, timeout=10))
        return self.enterContext(
            context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
        )

    def test_says_goodbye(self) -> None:
        """Every end is announced, also behind an error and a stop: nobody else can have made it."""
        for data, status in (
            (request_bytes("GET", "/healthz", None, "Connection: close"), b"200"),
            (b"nonsense\r\n\r\n", b"400"),
            (request_bytes("POST", "/1/score", b"1" * 5000), b"413"),
        ):
            with self.subTest(data=data[:20]):
                tls = self.connect()
                tls.sendall(data)
                received = b"".join(iter(lambda tls=tls: tls.recv(65536), b""))
                self.assertTrue(received.startswith(b"HTTP/1.1 " + status), received)
        idle = self.connect()
        idle.sendall(request_bytes("GET", "/healthz"))
        self.assertTrue(idle.recv(65536))
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(idle.recv(65536), b"")

    def test_only_authenticated_ciphers(self) -> None:
        """TLS 1.2 is spoken with suites that encrypt and authenticate at once, and no others."""
        for ciphers, is_spoken in (("ECDHE+AESGCM", True), ("ECDHE+AES:!AESGCM", False)):
            context = ssl.create_default_context(cafile=str(CERTIFICATE))
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(ciphers)
            with self.subTest(ciphers=ciphers):
                if is_spoken:
                    self.assertEqual(self.connect(context).version(), "TLSv1.2")
                else:
                    self.assertRaises(ssl.SSLError, self.connect, context)

    def test_names_its_protocol(self) -> None:
        """Who asks (RFC 7301) hears that this is HTTP/1.1."""
        context = ssl.create_default_context(cafile=str(CERTIFICATE))
        context.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.connect(context).selected_alpn_protocol(), "http/1.1")

    def test_counts_failed_handshakes(self) -> None:
        """Plain HTTP and failed handshakes are counted; who only looks whether it is there is not.
        """
        for _ in range(3):
            socket.create_connection(self.server.address).close()
        with Client(self.server.address) as client, suppress(ConnectionError):
            client.send(request_bytes("GET", "/healthz"))
            client.socket.recv(4096)
        for _ in range(2):
            with self.assertRaises(ssl.SSLError):
                self.connect(ssl.create_default_context())  # which does not know the certificate

        def counted() -> bool:
            url = f"{self.server.url}metrics"
            text = requests.get(url, verify=str(CERTIFICATE), timeout=10).text
            return all(
                f'gameserver_tls_failures_total{{reason="{reason}"}} {count}\n' in text
                for reason, count in (("plain_http", 1), ("handshake", 2))
            )

        wait_until(counted)


class ThreadedTLSTest(TLSContract):
    flags = ("--threaded",)


class ForkedTLSTest(TLSContract):
    pass


del TLSContract


class ReloadTest(unittest.TestCase):
    def test_certificate_is_read_again(self) -> None:
        """SIGHUP reads the files again; if they are bad the old certificate stays in use."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "certificate.pem")
            path.write_bytes(CERTIFICATE.read_bytes())
            for flags in (["--threaded"], []):
                with ServerProcess(*flags, "--certfile", str(path)) as server:
                    server.send_signal(signal.SIGHUP)
                    wait_until(lambda server=server: "has been read again" in server.log())
                    os.replace(path, f"{path}.good")
                    server.send_signal(signal.SIGHUP)
                    wait_until(lambda server=server: "stays in use" in server.log())
                    os.replace(f"{path}.good", path)
                    answer = requests.get(
                        f"{server.url}healthz", verify=str(CERTIFICATE), timeout=10
                    )
                    self.assertEqual(answer.status_code, 200)


class MistakeTest(unittest.TestCase):
    def test_are_one_line(self) -> None:
        """A bad limit, proxy or certificate is one line on stderr and exit code 2."""
        for flags in (
            ["--rate_limit", "-1"],
            ["--rate_limit", "many"],
            ["--trusted_proxy", "localhost"],
            ["--certfile", "/does/not/exist"],
            ["--certfile", __file__],
            ["--keyfile", str(CERTIFICATE)],
        ):
            with self.subTest(flags=flags):
                code, output, errors = start_and_fail(["-p", "0", "--threaded", *flags])
                self.assertEqual((code, output, errors.count("\n")), (2, "", 1), errors)


del MetricsContract, RateLimitContract, FrontEndTestCase


if __name__ == "__main__":
    unittest.main()
