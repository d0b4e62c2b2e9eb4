"""A proxy in front of a server that can be told to do what networks do."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from tests.support import PATIENCE


class Seen(NamedTuple):
    """A request that has come, and the status that was answered; 0 where nothing was."""

    method: str
    target: str
    body: str
    status: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class CutOff(NamedTuple):
    """The server gets the request, and the client no answer."""


class Answered(NamedTuple):
    """The server does not get the request, and the client this answer."""

    status: int
    retry_after: str = ""
    body: str = '{"error": "of_the_proxy", "message": "not now"}'
    content_type: str = "application/problem+json"


class Moved(NamedTuple):
    """The request, and all that follow, go to another server."""

    address: tuple[str, int]


Fault = CutOff | Answered | Moved


class Proxy:
    """Listens on one port from its first `open` to its end, and passes requests on.

    While it is not open, a client that connects is refused at once.
    """

    def __init__(self) -> None:
        self.upstream = ("127.0.0.1", 0)
        self.seen: list[Seen] = []
        self._faults: list[tuple[re.Pattern[str], Fault]] = []
        # Nobody else is given the port while it is bound here; only one that listens is connected.
        self._holder = socket.socket()
        self._holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._holder.bind(("127.0.0.1", 0))
        self.port = self._holder.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: _Server | None = None

    def open(self, upstream: tuple[str, int]) -> None:
        self.upstream = upstream
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def shut(self) -> None:
        """Refuses whoever connects."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def close(self) -> None:
        self.shut()
        self._holder.close()

    def plan(self, pattern: str, *faults: Fault) -> None:
        """The next requests of a path that matches meet these, one each."""
        self._faults.extend((re.compile(pattern), fault) for fault in faults)

    def fault_for(self, path: str) -> Fault | None:
        for index, (pattern, fault) in enumerate(self._faults):
            if pattern.fullmatch(path):
                del self._faults[index]
                return fault
        return None

    def statuses(self, pattern: str) -> list[int]:
        """What the requests of a path that matches were answered, in their order."""
        return [seen.status for seen in self.seen if re.fullmatch(pattern, seen.path)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", proxy.port), _Handler)

    def handle_error(self, *_: object) -> None:
        """A client has gone in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = PATIENCE

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        proxy = self.server.proxy
        fault = proxy.fault_for(self.path.partition("?")[0])
        if isinstance(fault, Answered):
            self._saw(body, fault.status)
            self._refuse(fault)
            return
        if isinstance(fault, Moved):
            proxy.upstream = fault.address
        connection = http.client.HTTPConnection(*proxy.upstream, timeout=PATIENCE)
        try:
            self._pass_on(connection, body, isinstance(fault, CutOff))
        except (OSError, http.client.HTTPException):
            pass  # whichever of the two has gone, the other is told by the end of its connection
        finally:
            connection.close()

    do_GET = do_POST = do_OPTIONS = handle_request  # noqa: N815 (the names of the library)

    def _saw(self, body: bytes, status: int) -> None:
        self.server.proxy.seen.append(Seen(self.command, self.path, body.decode(), status))

    def _refuse(self, fault: Answered) -> None:
        body = fault.body.encode()
        self.send_response(fault.status)
        self.send_header("Content-Type", fault.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        if fault.retry_after:
            self.send_header("Access-Control-Expose-Headers", "Retry-After")
            self.send_header("Retry-After", fault.retry_after)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _pass_on(self, connection: http.client.HTTPConnection, body: bytes, cut: bool) -> None:
        kept = {name: value for name, value in self.headers.items() if name != "Connection"}
        connection.request(self.command, self.path, body or None, kept)
        response = connection.getresponse()
        if cut:
            response.read()
            self._saw(body, 0)
            return
        self._saw(body, response.status)
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name not in ("Connection", "Transfer-Encoding"):
                self.send_header(name, value)
        if response.status != 304:  # of which Godot 3.2 would read a body until the end
            self.send_header("Connection", "close")
        self.end_headers()
        with suppress(ValueError):  # the connection has been closed at the proxy's end
            while piece := response.read1(65536):
                self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        pass
