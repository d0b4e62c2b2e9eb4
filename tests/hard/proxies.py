"""Behind nginx and haproxy: mutated requests never mix up the answers of others.

    python tests/hard/proxies.py [--requests 200000] [--proxy nginx|haproxy|both]

The proxy keeps its connections to the server and shares them among its clients. Attackers send
mutated requests (bytes deleted, inserted, replaced, headers doubled, cut, shuffled) with a login of
their own behind each; honest clients log in all the time. A session key begins with its user, so
each answer tells whose it is: a key that a client did not ask for, or an honest login that gets
anything else than its own key, is a desync.
"""

from __future__ import annotations

import random
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fuzz import mutated
from harness import Report, answers, arguments, connect, seconds_until, serving

from tests.raw_client import request_bytes

ATTACKERS, HONEST = 48, 8
PATIENCE = 0.3
"""Seconds after which an attacker gives up: the mutation made the proxy wait for more."""

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  keepalive_requests 1000000; underscores_in_headers on; ignore_invalid_headers off;
  upstream game {{ server 127.0.0.1:{upstream}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://game; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_next_upstream off; proxy_request_buffering {buffering};
    }}
  }}
}}
"""
HAPROXY = """
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  option http-keep-alive
  http-reuse always
  retries 0
frontend f
  bind 127.0.0.1:{port}
  default_backend b
backend b
  server s 127.0.0.1:{upstream} maxconn 16
"""
_KEY = re.compile(rb"\r\n\r\n([0-9a-f]{8})[0-9a-f]{32,52}(?![0-9a-f])")


def main() -> int:
    options = arguments(__doc__, requests=200_000, proxy="both", seconds=900.0)
    report = Report("behind proxies")
    proxies = ("nginx", "haproxy") if options.proxy == "both" else (options.proxy,)
    runs = [(mode, proxy) for mode in options.modes for proxy in proxies]
    for mode, proxy in runs:
        with serving(mode) as server, running(proxy, server.address[1]) as address:
            attack = Attack(address, options.requests // len(runs), options.seed)
            attack.run(options.seconds / len(runs))
            what = f"{mode} behind {proxy}"
            report.row(
                f"{what}: mutated requests",
                f"{attack.sent:,}",
                f"{attack.wanted:,}",
                attack.sent >= attack.wanted,
            )
            report.row(
                f"{what}: honest logins that went wrong",
                f"{attack.wrong} of {attack.right + attack.wrong:,}",
                0,
                not attack.wrong,
            )
            report.row(
                f"{what}: answers of others",
                f"{attack.foreign} of {attack.keys:,}",
                0,
                not attack.foreign,
            )
            for text in attack.examples[:4]:
                report.note(text)
            good = "Traceback" not in server.log() and not server.stderr()
            report.row(f"{what}: no traceback", good, True, good)
    return report.end()


@contextmanager
def running(proxy: str, upstream: int) -> Iterator[tuple[str, int]]:
    if not shutil.which(proxy):
        raise SystemExit(f"{proxy} is not installed")
    port = 20_000 + upstream % 10_000
    with tempfile.TemporaryDirectory(prefix="hard-") as folder:
        text = (NGINX if proxy == "nginx" else HAPROXY).format(
            folder=folder, port=port, upstream=upstream, buffering="off"
        )
        path = Path(folder, "conf")
        path.write_text(text)
        command = (
            ["nginx", "-p", folder, "-c", str(path)]
            if proxy == "nginx"
            else ["haproxy", "-f", str(path)]
        )
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if seconds_until(lambda: answers(("127.0.0.1", port)), 5) is None:
                raise SystemExit(f"{proxy} does not start")
            yield ("127.0.0.1", port)
        finally:
            process.terminate()
            process.wait()


class Client:
    def __init__(self, honest: bool) -> None:
        self.honest = honest
        self.socket = None
        self.data = b""
        self.asked = b""
        """All that was sent on this connection since it last was in step."""
        self.user = 0
        self.start = 0.0


class Attack:
    """All clients in one loop; `run` until as many mutated requests were sent."""

    def __init__(self, address: tuple[str, int], wanted: int, seed: int) -> None:
        self.address = address
        self.wanted = wanted
        self._chance = random.Random(seed)
        self._selector = selectors.DefaultSelector()
        self._next_user = 1
        self.sent = self.right = self.wrong = self.foreign = self.keys = 0
        self.examples: list[str] = []

    def run(self, seconds: float) -> None:
        clients = [Client(n < HONEST) for n in range(HONEST + ATTACKERS)]
        give_up = time.monotonic() + seconds
        for client in clients:
            self._ask(client)
        while self.sent < self.wanted and time.monotonic() < give_up:
            for key, _ in self._selector.select(0.05):
                self._read(key.data)
            now = time.monotonic()
            for client in clients:
                if now - client.start > (10 if client.honest else PATIENCE):
                    self._ended(client, "late")
        for client in clients:
            self._hang_up(client)
        self._selector.close()

    def _ask(self, client: Client) -> None:
        self._next_user += 1
        client.user = 1_000_000 + self._next_user
        data = request_bytes("GET", f"/{client.user}/login")
        if not client.honest:
            data = self._mutation() + data
            self.sent += 1
        if client.socket is None:
            client.socket = connect(self.address)
            client.socket.setblocking(False)
            client.asked = b""
            self._selector.register(client.socket, selectors.EVENT_READ, client)
        client.asked += data
        client.data = b""
        client.start = time.monotonic()
        with suppress(OSError):
            client.socket.send(data)

    def _mutation(self) -> bytes:
        self._next_user += 1
        user = 1_000_000 + self._next_user
        body = str(user).encode()
        seeds = (
            lambda: request_bytes("GET", f"/{user}/login"),
            lambda: request_bytes("POST", f"/{user}/login", body),
            lambda: request_bytes("POST", f"/{user}/score?sessionkey=00", body),
            lambda: (
                request_bytes("POST", "/none", None, "Transfer-Encoding: chunked")
                + b"7\r\n%b\r\n0\r\n\r\n" % body
            ),
            lambda: request_bytes("POST", "/1/score", request_bytes("GET", f"/{user}/login")),
            lambda: (
                request_bytes(
                    "POST", "/1/score", None, "Transfer-Encoding: chunked", "Content-Length: 4"
                )
                + b"0\r\n\r\n"
                + request_bytes("GET", f"/{user}/login")
            ),
            lambda: request_bytes(
                "GET",
                f"/{user}/login",
                request_bytes("GET", f"/{user}/login"),
                "Expect: 100-continue",
            ),
            lambda: request_bytes("HEAD", f"/{user}/login", b"x"),
            lambda: request_bytes(
                "OPTIONS", f"/{user}/score", None, "Connection: Content-Length, close"
            ),
        )
        return mutated(self._chance, self._chance.choice(seeds)())

    def _read(self, client: Client) -> None:
        if client.socket is None:
            return
        try:
            piece = client.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        client.data += piece
        users = [int(user, 16) for user in _KEY.findall(client.data)]
        if users and users[-1] == client.user:
            self._judge(client, users)
            self._ask(client)
        elif not piece or (client.honest and users):
            self._judge(client, users)
            self._ended(client, "ended")

    def _judge(self, client: Client, users: list[int]) -> None:
        self.keys += len(users)
        foreign = [user for user in users if str(user).encode() not in client.asked]
        self.foreign += len(foreign)
        if foreign:
            self.examples.append(f"{foreign} for {client.asked[-300:]!r}")
        if client.honest:
            right = users == [client.user] and client.data.startswith(b"HTTP/1.1 200 ")
            self.right += right
            self.wrong += not right
            if not right:
                self.examples.append(f"honest {client.user}: {client.data[:200]!r}")
        client.asked = b""

    def _ended(self, client: Client, how: str) -> None:
        if client.honest and how == "late":
            self.wrong += 1
            self.examples.append(f"honest {client.user}: late, {client.data[:200]!r}")
        self._hang_up(client)
        self._ask(client)

    def _hang_up(self, client: Client) -> None:
        if client.socket is not None:
            self._selector.unregister(client.socket)
            client.socket.close()
            client.socket = None


if __name__ == "__main__":
    sys.exit(main())
