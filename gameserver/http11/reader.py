"""The bytes of one connection, turned into requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gameserver.http11.body import Body, ChunkedBody, SizedBody
from gameserver.http11.fields import Fields, read_fields
from gameserver.http11.head import METHODS, LineCheck, split_head
from gameserver.web.clients import TrustedProxies
from gameserver.web.errors import ContentTooLarge, HTTPError, LengthRequired, NotImplementedHere
from gameserver.web.messages import Match, Request

IDLE, IN_HEAD, IN_BODY = range(3)
"""What a reader waits for: a new request, the rest of a head, the rest of a body."""


class _Head(NamedTuple):
    """A request whose body is still to come."""

    method: str
    path: str
    query: str
    fields: Fields
    match: Match


class RequestReader:
    """Takes the bytes of one connection as they come and returns the requests in them.

    After the connection's last request `closing` is set, and after bytes that are not HTTP
    `error` as well: from then on everything is ignored. After a request that blocks it is
    `paused` and keeps what it is fed until `resume`.
    """

    __slots__ = (
        "_at", "_body", "_check", "_head", "_peer", "_proxies", "_resolve", "_rest",
        "closing", "connection", "error", "head_only", "owes_continue", "paused", "phase", "unread",
    )  # fmt: skip

    def __init__(
        self,
        resolve: Callable[[str, str], Match],
        peer: str = "",
        proxies: TrustedProxies | None = None,
    ) -> None:
        """`resolve` finds the match for a method and a path; `peer` is the other end's address.

        `proxies` is given if the peer is one of them: then it speaks for its clients.
        """
        self._resolve = resolve
        self._peer = peer
        self._proxies = proxies
        self._rest = b""
        self._head: _Head | None = None
        self._body: Body | None = None
        self.phase = IDLE
        self.connection = ""
        """What the reply to the newest request says in `Connection`."""
        self.closing = False
        self.error: HTTPError | None = None
        self.head_only = False
        """The error answers a HEAD."""
        self._at = 0
        """Where the newest head begins in what is being fed."""
        self.unread = False
        """The client may have sent, or be sending, what nobody will read."""
        self.owes_continue = False
        """The client waits for `100 Continue` before it sends the body."""
        self.paused = False

    @property
    def path(self) -> str:
        """The path of the request whose body is being read, or was refused; empty elsewhere."""
        return self._head.path if self._head else ""

    @property
    def body_limit(self) -> int:
        """The size that the body being read has at most, in bytes."""
        return self._body.limit if self._body else 0

    def feed(self, data: bytes) -> list[Request]:
        """The requests that are complete with `data`, in order."""
        requests: list[Request] = []
        if self.closing:
            return requests
        if self._rest:
            data = self._rest + data
            self._rest = b""
        try:
            position = self._read(data, requests)
            if position < len(data):
                self._rest = data[position:]
                self.unread = self.closing
        except HTTPError as error:
            self.fail(error)
            if not self._head:
                self.head_only = data[self._at :].lstrip(b"\r\n").startswith(b"HEAD ")
        return requests

    def resume(self) -> list[Request]:
        """The requests that arrived behind one that blocked."""
        self.paused = False
        return self.feed(b"")

    def fail(self, error: HTTPError) -> None:
        """Reads nothing any more; the error is the last reply."""
        # Its traceback would keep the frames alive, and with them all that was being read.
        self.error = error.with_traceback(None)
        self.head_only = self._head is not None and self._head.method == "HEAD"
        self.stop()

    def stop(self) -> None:
        """Reads nothing any more; the newest request was the last, though more may be coming."""
        self.phase = IDLE
        self.connection = "close"
        self.closing = self.unread = True

    def _read(self, data: bytes, requests: list[Request]) -> int:
        """Appends the complete requests; returns where they end."""
        size = len(data)
        position = self._read_body(data, 0, requests) if self._body else 0
        # One character for each byte, so that positions in `text` are positions in `data`.
        text = data.decode("latin-1")
        while position < size and not (self.closing or self.paused or self._body):
            self._at = position
            end = text.find("\r\n\r\n", position)
            if end < 0:
                self._check_incomplete(text[position:])
                break
            method, path, query, block = split_head(text, position, end)
            fields = read_fields(block)
            if method not in METHODS:
                raise NotImplementedHere("the server does not know this method")
            match = self._resolve(method, path)
            position = end + 4
            length = fields.content_length
            if length is None and not (match.takes_body or fields.chunked):
                body = b""
            elif (
                length
                and length <= match.body_limit
                and position + length <= size
                and (match.takes_body or not fields.expects_continue)
            ):
                body = data[position : position + length]
                position += length
            else:
                head = _Head(method, path, query, fields, match)
                position = self._begin_body(head, data, position, requests)
                continue
            client = self._peer if self._proxies is None else self._client(fields)
            requests.append(Request(method, path, query, fields.for_views, body, client, match))
            self._completed(fields.connection, match.blocking)
        return position

    def _check_incomplete(self, head: str) -> None:
        """Raises if no further byte can make this a valid head."""
        if self.phase != IN_HEAD:
            self.phase = IN_HEAD
            self._check = LineCheck()
        self._check.check(head)

    def _completed(self, connection: str, blocking: bool) -> None:
        self.phase = IDLE
        self.connection = connection
        self.closing = connection == "close"
        self.paused = blocking

    def _begin_body(
        self, head: _Head, data: bytes, position: int, requests: list[Request]
    ) -> int:
        """Decides about a body that is not there yet, before a byte of it is read."""
        fields, match = head.fields, head.match
        length = fields.content_length
        self._head = head
        if length is None and not fields.chunked:
            raise LengthRequired("the size of the body must be in Content-Length")
        if length is not None and length > match.body_limit:
            raise ContentTooLarge(f"the body may have at most {match.body_limit} bytes here")
        if fields.expects_continue and not match.takes_body:
            # Nobody wants this body: the request is answered without, as the connection's last.
            requests.append(self._request(head, b""))
            self.stop()
            return position
        self._body = ChunkedBody(match.body_limit) if length is None else SizedBody(length)
        self.owes_continue = fields.expects_continue and position == len(data)
        self.phase = IN_BODY
        return self._read_body(data, position, requests)

    def _read_body(self, data: bytes, position: int, requests: list[Request]) -> int:
        assert self._body is not None and self._head is not None
        position = self._body.feed(data, position)
        if self._body.complete:
            requests.append(self._request(self._head, bytes(self._body.data)))
            self._completed(self._head.fields.connection, self._head.match.blocking)
            self._head = self._body = None
            self.owes_continue = False
        return position

    def _request(self, head: _Head, body: bytes) -> Request:
        method, path, query, fields, match = head
        return Request(method, path, query, fields.for_views, body, self._client(fields), match)

    def _client(self, fields: Fields) -> str:
        """The address of the client, whom a trusted proxy may speak for."""
        if self._proxies is None:
            return self._peer
        return self._proxies.client(self._peer, fields.by_name)
