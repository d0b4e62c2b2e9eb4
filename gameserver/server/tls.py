"""TLS inside the loop: a socket that shakes hands and encrypts without ever waiting."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from gameserver.errors import StartError


class TLSSocket:
    """A connected socket that speaks TLS, with the methods that a `Connection` needs.

    The handshake happens as its bytes arrive, within the deadline of the first request. Where
    TLS has to wait for the other side it raises BlockingIOError like any other socket.
    """

    __slots__ = ("_established", "_socket")

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        self._socket = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._established = False

    def fileno(self) -> int:
        return self._socket.fileno()

    def recv(self, size: int) -> bytes:
        """At most `size` bytes; never leaves a part of a TLS record behind if that is 16 KiB."""
        try:
            if not self._established:
                self._socket.do_handshake()
                self._established = True
            return self._socket.recv(size)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def send(self, data: bytes) -> int:
        try:
            return self._socket.send(data)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def shutdown(self, how: int) -> None:
        """Says goodbye in TLS as well (RFC 8446 section 6.1), as far as that goes at once."""
        with suppress(OSError, ValueError):
            self._socket.unwrap()
        self._socket.shutdown(how)

    def setsockopt(self, level: int, name: int, value: int | bytes) -> None:
        self._socket.setsockopt(level, name, value)

    def close(self) -> None:
        self._socket.close()


class TLS:
    """TLS 1.2 or newer, with a certificate that can be read again while the server runs."""

    def __init__(self, certfile: str, keyfile: str = "") -> None:
        """The paths of PEM files; without `keyfile` the key is in `certfile` as well."""
        self._certfile = certfile
        self._keyfile = keyfile
        self.load()

    def load(self) -> None:
        """Reads the files. StartError if they do not fit; then the old ones stay in use."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        files = " and ".join(filter(None, (self._certfile, self._keyfile)))
        try:
            context.load_cert_chain(self._certfile, self._keyfile or None, _no_password)
        except OSError as error:
            not_pem = isinstance(error, ssl.SSLError)
            reason = "not a certificate and its key" if not_pem else error.strerror
            raise StartError(f"cannot use {files} for TLS: {reason}") from None
        self._context = context

    def wrap(self, sock: socket.socket) -> TLSSocket:
        return TLSSocket(sock, self._context)


def _no_password() -> str:
    """Without this a key with a password would make the server ask for it on the terminal."""
    raise StartError("the key has a password; the server needs one without")
