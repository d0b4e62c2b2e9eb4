"""One connection to Redis, over the low-level connection of the `redis` package.

The package would connect again, and send again, on its own, which is never what is wanted here: a
link that has failed is closed for good, and only who has sent something knows whether it may be
sent twice. `Links` (`links.py`) opens others.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import sha1
from typing import Any, NamedTuple

from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    ConnectionError,
    InvalidResponse,
    MovedError,
    NoPermissionError,
    NoScriptError,
    RedisError,
    ResponseError,
    TimeoutError,
)
from redis.retry import Retry

from gameserver.errors import Refused
from gameserver.storage.redis.link.address import Address
from gameserver.times import SECOND

pack_command: Any
try:
    from hiredis import pack_command  # by way of the package it costs four times as much
except ImportError:
    pack_command = None

CONNECT_SECONDS = 0.4
"""For each step of opening a link."""
ANSWER_SECONDS = 0.4
"""For the replies to what is sent at once, or in one transaction, and for opening a link to it."""

_PRECISION = 0.02

PAUSE_SECONDS = 1.0
"""A link that was not used for so long may have been closed."""

Command = Sequence[bytes | str | int | float]
"""A command and its arguments."""


class Unavailable(Refused):
    """Redis cannot be asked at the moment, or cannot keep anything: 503 with `Retry-After`."""

    def __init__(self, message: str = "the scores are not available: try again later") -> None:
        super().__init__("overloaded", message, wait=SECOND)


class LinkLost(Exception):
    """A link has failed: it is not known how much of what was sent was done."""


class LinkTimedOut(LinkLost):
    """A link was given up, as Redis took too long."""


class Script(NamedTuple):
    """A script in Lua, which every link has loaded. `name` is for people."""

    name: str
    text: str
    sha: str

    def call(self, keys: Sequence[bytes | str], *arguments: bytes | str | int | float) -> Command:
        """The command that runs it; all keys that it uses have to be named."""
        return ("EVALSHA", self.sha, len(keys), *keys, *arguments)


def make_script(name: str, text: str) -> Script:
    return Script(name, text, sha1(text.encode()).hexdigest())


class Link:
    """One connection, for one thread at a time. After an error it is closed."""

    def __init__(
        self, address: Address, scripts: Sequence[Script] = (), greeting: Sequence[Command] = ()
    ) -> None:
        """Connects, loads the scripts and sends the greeting, whose replies nobody needs.

        LinkLost if that cannot be, if it is a replica, or a node of a cluster that has not the keys
        of the greeting; AuthenticationError or NoPermissionError
        if Redis lets nobody in so.
        """
        kind: Any = SSLConnection if address.tls else Connection  # their methods have no types
        self._connection = kind(
            host=address.host,
            port=address.port,
            db=address.db,
            username=address.username or None,
            password=address.password or None,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._scripts = scripts
        self.left: float | None = None
        """Seconds that may pass until all that is sent is answered; None: `ANSWER_SECONDS` each."""
        self._patience = ANSWER_SECONDS
        self._used_at = time.monotonic()
        self._is_closed = False
        try:
            self._connection.connect()
        except (AuthenticationError, NoPermissionError):
            raise
        except (RedisError, OSError) as error:
            raise LinkLost(_said(error)) from None
        self.load_scripts()
        self._check_role()
        if greeting:
            self._greet(greeting)

    def send(self, commands: Sequence[Command]) -> list[Any]:
        """One pipeline: a reply for each command, or a `ResponseError` as a value.

        Replies are those of RESP2, and not decoded: a float is text. LinkLost if the link fails.
        What calls a script may be sent twice, with all that stands around it: where Redis has
        forgotten a script it is loaded.
        """
        replies = self._send(commands)
        if any(type(reply) is NoScriptError for reply in replies):
            self.load_scripts()
            replies = self._send(commands)
        return replies

    def is_late(self) -> bool:
        """Whether it is too late to begin something that may take as long as what was done."""
        return self.left is not None and self.left < ANSWER_SECONDS / 2

    def is_stale(self) -> bool:
        """Whether Redis has closed it, or something in between: looked at after a pause only."""
        if time.monotonic() < self._used_at + PAUSE_SECONDS:
            return False
        self._patience = ANSWER_SECONDS  # which the package goes back to
        try:
            return bool(self._connection.can_read(0))  # nothing is owed
        except (RedisError, OSError):
            return True

    def close(self) -> None:
        """May be called again."""
        self._is_closed = True
        self._connection.disconnect()

    def load_scripts(self) -> None:
        if self._scripts:
            self._send([("SCRIPT", "LOAD", script.text) for script in self._scripts])

    def _check_role(self) -> None:
        (role,) = self._send([("ROLE",)])
        if isinstance(role, list) and role[0] != b"master":
            self.close()
            raise LinkLost("it is a replica: take the primary, which can be written to")

    def _greet(self, greeting: Sequence[Command]) -> None:
        for reply in self._send(greeting):
            if isinstance(reply, ResponseError) and is_not_there(reply):
                self.close()
                raise LinkLost(f"it lacks a part of the cluster's keys: {_said(reply)}")

    def _send(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connection
        if self._is_closed:
            raise LinkLost("the link is closed")  # sending would open it again
        self._used_at = time.monotonic()
        give_up = self._used_at + (ANSWER_SECONDS if self.left is None else self.left)
        try:
            self._be_patient(give_up - self._used_at)
            connection.send_packed_command(self._packed(commands), False)
            return [self._reply(give_up) for _ in commands]
        except TimeoutError:
            self.close()
            raise LinkTimedOut("it takes too long") from None
        except (RedisError, OSError) as error:
            self.close()
            raise LinkLost(_said(error)) from None
        except BaseException:
            self.close()  # some replies are still to come
            raise
        finally:
            if self.left is not None:
                self.left = give_up - time.monotonic()

    def _be_patient(self, seconds: float) -> None:
        """Waits for so long for data; TimeoutError if that is no time at all."""
        if seconds <= 0:
            raise TimeoutError
        if abs(seconds - self._patience) > _PRECISION:
            self._connection._sock.settimeout(seconds)
            self._patience = seconds

    def _packed(self, commands: Sequence[Command]) -> Sequence[bytes]:
        if pack_command:
            return [b"".join([pack_command(tuple(command)) for command in commands])]
        packed: Sequence[bytes] = self._connection.pack_commands(commands)
        return packed

    def _reply(self, give_up: float) -> Any:
        """The next reply; TimeoutError if all together take too long."""
        try:
            reply = self._connection.read_response(True)
        except ConnectionError:
            raise
        except ResponseError as error:
            reply = error
        if time.monotonic() > give_up:
            raise TimeoutError
        return reply


def is_not_there(error: ResponseError) -> bool:
    """Whether a node of a cluster has not the keys that it was asked for."""
    if isinstance(error, (ClusterDownError, MovedError)):
        return True
    return str(error).startswith(("CLUSTERDOWN ", "MOVED "))  # as version 5 of the package has it


def _said(error: Exception) -> str:
    """An error as one line for people."""
    if isinstance(error, InvalidResponse):
        return "what answers there is no Redis"
    return " ".join(str(error).split()) or "it takes too long"
