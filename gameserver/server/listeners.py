"""The listening sockets: one for each address that the host name resolves to."""

from __future__ import annotations

import errno
import socket
import struct
import sys
import time
from array import array
from collections.abc import Sequence
from contextlib import suppress

from gameserver.errors import StartError

BACKLOG = 1024

HANDSHAKE_SECONDS = 0.02
"""Left, at the stop, to clients that are connecting at that moment."""

_ATTEMPTS = 20
_SO_ATTACH_FILTER = 26


def open_listeners(host: str, port: int) -> list[socket.socket]:
    """Listens on every address of `host`, on one port; port 0 takes a free one.

    An IPv6 address may be written as in a URL: `[::1]`. `::` is every address of both families.
    Raises StartError with what is wrong. No name is ever looked up backwards, as
    `HTTPServer.server_bind` does: that can take half a minute.
    """
    addresses = _resolve(host.removeprefix("[").removesuffix("]"), port)
    for _ in range(_ATTEMPTS):
        try:
            return _open_all(addresses, port)
        except OSError as error:
            # The port that was free on the first address may be taken on the next one.
            if port or error.errno != errno.EADDRINUSE:
                reason = f"cannot listen on {host}, port {port}: {error.strerror}"
                raise StartError(reason) from None
    raise StartError(f"there is no port that is free on all addresses of {host}")


def turn_away(listeners: Sequence[socket.socket]) -> None:
    """Lets nobody else connect to the sockets; clients that have connected can be accepted.

    Closing one resets every client that connected after the last accept. So before that a filter
    (Linux, socket(7), SO_ATTACH_FILTER) drops every TCP segment with the SYN flag. The client
    sends it again after a second, and is refused. Elsewhere nothing happens. It holds for all
    processes that share the sockets, and for good.
    """
    if sys.platform != "linux":
        return
    # ldb [13] (the TCP flags); jset #2 (SYN), drop, accept; ret #0; ret #-1
    steps = ((0x30, 0, 0, 13), (0x45, 0, 1, 2), (6, 0, 0, 0), (6, 0, 0, 0xFFFFFFFF))
    code = array("B", b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), code.buffer_info()[0])
    for sock in listeners:
        with suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    time.sleep(HANDSHAKE_SECONDS)


def _resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid name"
        raise StartError(f"cannot resolve the host {host!r}: {reason}") from None
    addresses = dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found)
    if (socket.AF_INET6, "::") in addresses:
        addresses[socket.AF_INET, "0.0.0.0"] = None
    return list(addresses)


def _open_all(
    addresses: list[tuple[socket.AddressFamily, str]], port: int
) -> list[socket.socket]:
    listeners: list[socket.socket] = []
    try:
        for family, address in addresses:
            try:
                listeners.append(_open(family, address, port))
            except OSError as error:
                # A name may have an address of a family that this machine does without.
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                missing = error
            else:
                port = listeners[0].getsockname()[1]
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    if not listeners:
        raise missing
    return listeners


def _open(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted sockets inherit it: a reply never waits for the client's acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
