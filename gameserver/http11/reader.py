"""The bytes of one connection, turned into requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gameserver.http11.body import Body, ChunkedBody, SizedBody
from gameserver.http11.fields import NO_FIELDS
from gameserver.http11.head import LineCheck
from gameserver.http11.head_reader import Head, HeadReader
from gameserver.web.errors import ContentTooLarge, HTTPError, LengthRequired
from gameserver.web.messages import Request

IDLE, IN_HEAD, IN_BODY, BLOCKED, CLOSED = range(5)
"""What a reader does: it waits for a new request, for the rest of a head or of a body; it keeps
what comes until those that it has returned are answered; it ignores what comes, for good."""

UNLIMITED = 1 << 30

FindClient = Callable[[Mapping[str, str]], str]
"""The address of the client for which a proxy sends a request with these header fields."""


class RequestReader:
    """Takes the bytes of one connection as they come and returns the requests in them.

    IDLE ⇄ IN_HEAD, IN_BODY    as a request arrives
    IDLE ⇄ BLOCKED             from a request that stands alone, or the end of the connection's
                               share, until `resume`
    … → CLOSED                 after the connection's last request, `stop`, or an `error`
    """

    __slots__ = (
        "_body", "_check", "_find_client", "_head", "_peer", "_query", "_read_head", "_rest",
        "_start", "connection", "error", "head_only", "owes_continue", "state", "unread",
    )  # fmt: skip

    def __init__(
        self, heads: HeadReader, peer: str = "", find_client: FindClient | None = None
    ) -> None:
        """`heads` judges heads; `peer` is the other end's address.

        `find_client` is given if the peer is a proxy that is trusted to speak for its clients.
        """
        self._read_head = heads.read
        self._peer = peer
        self._find_client = find_client
        self._rest = b""
        self._head: Head | None = None
        self._query = ""
        self._body: Body | None = None
        self._start = 0
        """Where the newest head begins in what is being fed."""
        self.state = IDLE
        self.connection = ""
        """What the reply to the newest request says in `Connection`."""
        self.error: HTTPError | None = None
        """What the bytes deserve that are no request: the last reply."""
        self.head_only = False
        """The error answers a HEAD."""
        self.unread = False
        """The client may have sent, or be sending, what nobody will read."""
        self.owes_continue = False
        """The client waits for `100 Continue` before it sends the body."""

    @property
    def error_format(self) -> str:
        """The format of the error, by the route that its request was for."""
        return self._head.match.error_format if self._head else "text"

    @property
    def body_limit(self) -> int:
        """The size that the body being read has at most, in bytes."""
        return self._body.limit if self._body else 0

    @property
    def behind(self) -> bool:
        """Something has come behind the requests that were returned."""
        return bool(self._rest)

    def feed(self, data: bytes, share: int = UNLIMITED) -> list[Request]:
        """The requests that are complete with `data`, in order.

        Only those that begin in the first `share` bytes; the others wait for `resume`.
        """
        requests: list[Request] = []
        if self.state == CLOSED:
            return requests
        if self._rest:
            data = self._rest + data
            self._rest = b""
        try:
            position = self._read(data, requests, share)
        except HTTPError as error:
            self.fail(error)
            if not self._head:
                self.head_only = data[self._start :].lstrip(b"\r\n").startswith(b"HEAD ")
            return requests
        if position < len(data):
            self._rest = data[position:]
            self.unread = self.state == CLOSED
            if self.state == IDLE:
                self.state = BLOCKED
        return requests

    def resume(self, share: int = UNLIMITED) -> list[Request]:
        """What was returned is answered; returns the requests that arrived behind that."""
        if self.state == BLOCKED:
            self.state = IDLE
        return self.feed(b"", share) if self._rest else []

    def fail(self, error: HTTPError) -> None:
        """Reads nothing any more; the error is the last reply."""
        # Its traceback would keep the frames alive, and with them all that was being read.
        self.error = error.with_traceback(None)
        self.head_only = self._head is not None and self._head.method == "HEAD"
        self.stop()

    def stop(self) -> None:
        """Reads nothing any more; the newest request was the last, though more may be coming."""
        self.state = CLOSED
        self.connection = "close"
        self.unread = True

    def continued(self) -> None:
        """The client has been told to go on with the body."""
        self.owes_continue = False

    def _read(self, data: bytes, requests: list[Request], share: int) -> int:
        """Appends the complete requests; returns where they end."""
        size = len(data)
        position = self._read_body(data, requests) if self._body else 0
        stop = size if size < share else share
        while position < stop and self.state <= IN_HEAD:
            end = data.find(b"\r\n\r\n", position)
            self._start = position
            if end < 0:
                self._check_incomplete(data[position:])
                break
            head, query = self._read_head(data, position, end)
            fields, match = head.fields, head.match
            length = fields.content_length
            position = end + 4
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
                position = self._begin_body(head, query, data, position, requests)
                continue
            requests.append(self._completed(head, query, body))
        return position

    def _check_incomplete(self, head: bytes) -> None:
        """Raises if no further byte can make this a valid head."""
        if self.state != IN_HEAD:
            self.state = IN_HEAD
            self._check = LineCheck()
        # One character for each byte.
        self._check.check(head.decode("latin-1"))

    def _completed(self, head: Head, query: str, body: bytes) -> Request:
        fields, match = head.fields, head.match
        self.connection = connection = fields.connection
        if connection == "close":
            self.state = CLOSED
        else:
            self.state = BLOCKED if match.alone else IDLE
        return Request(
            head.method,
            head.path,
            query,
            fields.select(match.wants) if match.wants else NO_FIELDS,
            body,
            self._find_client(fields.by_name) if self._find_client else self._peer,
            match,
        )

    def _begin_body(
        self, head: Head, query: str, data: bytes, position: int, requests: list[Request]
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
            requests.append(self._completed(head, query, b""))
            self.stop()
            return position
        self._query = query
        self._body = ChunkedBody(match.body_limit) if length is None else SizedBody(length)
        self.owes_continue = fields.expects_continue and position == len(data)
        self.state = IN_BODY
        return self._read_body(data, requests, position)

    def _read_body(self, data: bytes, requests: list[Request], position: int = 0) -> int:
        assert self._body is not None and self._head is not None
        position = self._body.feed(data, position)
        if self._body.complete:
            requests.append(self._completed(self._head, self._query, bytes(self._body.data)))
            self._head = self._body = None
            self.owes_continue = False
        return position
