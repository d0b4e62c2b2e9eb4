"""A client that watches levels: it reads the stream strictly, byte by byte and event by event."""

from __future__ import annotations

import json
from http.client import parse_headers
from typing import Any, NamedTuple

from tests.raw_client import Client, request_bytes


class Event(NamedTuple):
    """An event as a browser would dispatch it."""

    id: str
    name: str
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Watcher:
    """One stream of `/api/live`, on a client's connection."""

    def __init__(self, client: Client) -> None:
        """The client has sent the request."""
        self.client = client
        self._stream = client._stream
        self.retry = 0
        self.comments = 0
        line = self._stream.readline()
        assert line == b"HTTP/1.1 200 OK\r\n", line
        # A proxy may have added fields of its own.
        self.headers = {k.lower(): v for k, v in parse_headers(self._stream).items()}
        self._chunked = self.headers.get("transfer-encoding") == "chunked"
        self._left = 0
        self.id = ""

    @classmethod
    def of(cls, client: Client, levels: str, *fields: str, version: str = "1.1") -> Watcher:
        """Watches `levels`, written as in the query; `fields` are more header fields."""
        data = request_bytes("GET", f"/api/live?levels={levels}", None, *fields)
        return cls(client.send(data.replace(b"HTTP/1.1", b"HTTP/" + version.encode())))

    def event(self) -> Event:
        """The next event; EOFError at the end of the stream, if it ends as it should."""
        name, data = "", []
        while line := self._line():
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                self.id = value
            elif field == "retry":
                self.retry = int(value)
            else:
                assert field == "", line
                self.comments += 1
        if data:
            return Event(self.id, name, "\n".join(data))
        return self.event()

    def comment(self) -> None:
        """Waits for the next comment; nothing else may come before."""
        assert (self._line(), self._line()) == (":", "")

    def _line(self) -> str:
        line = bytearray()
        while not line.endswith(b"\n"):
            line += self._byte()
        return line[:-1].decode()

    def _byte(self) -> bytes:
        if self._chunked and not self._left:
            self._left = int(self._stream.readline(), 16)
            if not self._left:
                assert self._stream.readline() == b"\r\n"
                assert self.client.at_end(), "something comes behind the last chunk"
                raise EOFError
        byte = self._stream.read(1)
        if not byte:
            assert not self._chunked, "the stream is cut off"
            raise EOFError
        self._left -= 1
        if self._chunked and not self._left:
            assert self._stream.read(2) == b"\r\n"
        return byte
