"""A client that says what it is told, byte by byte, and reads replies strictly."""

from __future__ import annotations

import re
import select
import socket
import struct
from typing import Any, NamedTuple

from tests.support import PATIENCE


class Reply(NamedTuple):
    """One response as a client sees it; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


_STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9]{2}) [A-Za-z' -]+\r\n")
_CHUNK_LINE = re.compile(rb"([0-9a-f]+)\r\n")
_FIELD_LINE = re.compile(rb"([A-Za-z-]+): ([!-~](?:[ -~]*[!-~])?)\r\n")


class Client:
    """A client that sends what it is told and reads replies one by one, with no mercy."""

    def __init__(
        self,
        address: tuple[Any, ...],
        source: str | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self._stream = self.socket.makefile("rb")
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        try:
            self.socket.connect(address[:2])
        except OSError:
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        self.socket.close()

    def send(self, *pieces: bytes) -> Client:
        for piece in pieces:
            self.socket.sendall(piece)
        return self

    def reply(self, to_head: bool = False) -> Reply:
        """The next response; `to_head`: to a HEAD request."""
        line = self._stream.readline()
        found = _STATUS_LINE.fullmatch(line)
        assert found, f"no status line: {line!r}"
        status, headers = int(found[1]), self._headers()
        bodiless = status < 200 or status in (204, 304)
        if headers.get("transfer-encoding") == "chunked":
            assert not bodiless and "content-length" not in headers, headers
            return Reply(status, headers, b"" if to_head else self._chunks())
        assert bodiless == ("content-length" not in headers), headers
        size = 0 if to_head or bodiless else int(headers["content-length"])
        body = self._stream.read(size)
        assert len(body) == size, "the body is cut off"
        return Reply(status, headers, body)

    def reply_to_end(self) -> Reply:
        """The next response, one that ends with the connection."""
        found = _STATUS_LINE.fullmatch(self._stream.readline())
        assert found
        headers = self._headers()
        assert headers["connection"] == "close", headers
        assert not headers.keys() & {"content-length", "transfer-encoding"}, headers
        return Reply(int(found[1]), headers, self._stream.read())

    def _chunks(self) -> bytes:
        """The body in chunks (RFC 9112 section 7.1), each of which must be there as a whole."""
        body = b""
        while True:
            line = self._stream.readline()
            found = _CHUNK_LINE.fullmatch(line)
            assert found, f"no chunk: {line!r}"
            size = int(found[1], 16)
            data = self._stream.read(size + 2)
            assert len(data) == size + 2 and data.endswith(b"\r\n"), "a chunk is cut off"
            if not size:
                return body
            body += data[:-2]

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while (line := self._stream.readline()) != b"\r\n":
            field = _FIELD_LINE.fullmatch(line)
            assert field, f"no header field: {line!r}"
            name = field[1].decode().lower()
            assert name not in headers, f"{name} is there twice"
            headers[name] = field[2].decode()
        return headers

    def reset_at_close(self) -> None:
        """From now on closing is a reset: what was sent may not even arrive."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def ask(self, data: bytes) -> Reply:
        """Sends one request and reads its reply."""
        return self.send(data).reply(data.startswith(b"HEAD "))

    def at_end(self) -> bool:
        """Waits for the server's end of the connection; whether nothing came before it."""
        return self._stream.read(1) == b""

    def is_quiet(self) -> bool:
        """Whether nothing has come, not even an end. What was read ahead does not count."""
        return not select.select([self.socket], [], [], 0)[0]


def refuses(address: tuple[Any, ...]) -> bool:
    """Whether nobody can connect any more."""
    return isinstance(_connection_error(address), (ConnectionRefusedError, TimeoutError))


def is_closed(address: tuple[Any, ...]) -> bool:
    """Whether no process has the listening socket any more.

    Before that a server that stops has the kernel drop whoever comes: the attempt times out.
    """
    return isinstance(_connection_error(address), ConnectionRefusedError)


def _connection_error(address: tuple[Any, ...]) -> OSError | None:
    """What comes of an attempt to connect; it is reset if it was let in at the very last moment."""
    try:
        socket.create_connection(address[:2], timeout=0.1).close()
    except (ConnectionRefusedError, ConnectionResetError, TimeoutError) as error:
        return error
    return None


def request_bytes(method: str, target: str, body: bytes | None = None, *fields: str) -> bytes:
    """A request as a browser would send it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")
