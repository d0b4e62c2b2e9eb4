"""TLS inside the loop: a socket that shakes hands and encrypts without ever waiting."""

from __future__ import annotations

import logging
import socket
import ssl
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from gameserver.errors import StartError
from gameserver.server.certificates import expiry

log = logging.getLogger(__name__)

_AEAD = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""The suites of TLS 1.2 that are still recommended (RFC 9325 section 4.2); TLS 1.3 has no others.
"""


class TLSSocket:
    """A connected socket that speaks TLS, with the methods that a `Connection` needs.

    The handshake happens as its bytes arrive, within the deadline of the first request. Where
    TLS has to wait for the other side it raises BlockingIOError like any other socket.
    """

    RECORD_SIZE = 16384
    """Bytes that are encrypted as one (RFC 8446 section 5.1)."""

    __slots__ = ("_established", "_failure", "_failures", "_socket")

    def __init__(
        self, sock: socket.socket, context: ssl.SSLContext, failures: Counter[str]
    ) -> None:
        """`failures` counts the handshakes that fail, by the reason."""
        self._socket = context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._established = False
        self._failure = ""
        """Why the handshake will have failed if this is the end; nothing before its first byte."""
        self._failures = failures

    def fileno(self) -> int:
        return self._socket.fileno()

    def recv(self, size: int) -> bytes:
        """At most `size` bytes, or a TLS record: no part of one is left behind, unnoticed."""
        try:
            if not self._established:
                self._shake_hands()
            return self._socket.recv(max(size, self.RECORD_SIZE))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def send(self, data: bytes | memoryview) -> int:
        """How many bytes are on their way, in whole records.

        A record that did not fit is sent by the next call, which has to begin with the same bytes.
        OpenSSL would keep to itself how far it has come with more than one (SSL_write(3)).
        """
        sent = 0
        try:
            while sent < len(data):
                sent += self._socket.send(data[sent : sent + self.RECORD_SIZE])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            if not sent:
                raise BlockingIOError from None
        return sent

    def shutdown(self, how: int) -> None:
        """Says goodbye in TLS as well (RFC 8446 section 6.1), as far as that goes at once."""
        with suppress(OSError, ValueError):
            self._socket.unwrap()
        self._socket.shutdown(how)

    def setsockopt(self, level: int, name: int, value: int | bytes) -> None:
        self._socket.setsockopt(level, name, value)

    def close(self) -> None:
        """Says goodbye as well: else what came last could have been cut off by anybody."""
        if self._established:
            with suppress(OSError, ValueError):
                self._socket.unwrap()
        elif self._failure:
            self._failures[self._failure] += 1
        self._socket.close()

    def _shake_hands(self) -> None:
        try:
            self._socket.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._failure = "handshake"
            raise
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            # A client that connects and goes again, as monitors do, has tried nothing. (Which of
            # the two errors that is depends on the version of Python.)
            raise
        except ssl.SSLError as error:
            self._failure = "plain_http" if error.reason == "HTTP_REQUEST" else "handshake"
            raise
        self._established = True


class TLS:
    """TLS 1.2 or newer, with a certificate that can be read again while the server runs."""

    def __init__(self, certfile: str, keyfile: str = "") -> None:
        """The paths of PEM files; without `keyfile` the key is in `certfile` as well."""
        self._certfile = certfile
        self._keyfile = keyfile
        self.failures: Counter[str] = Counter()
        """Handshakes that have failed: `plain_http` of those that spoke that, or `handshake`."""
        self.load()

    def load(self) -> None:
        """Reads the files. StartError if they do not fit; then the old ones stay in use."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        context.set_ciphers(_AEAD)
        context.set_alpn_protocols(["http/1.1"])
        _load_files(context, self._certfile, self._keyfile or self._certfile)
        self._context = context
        _warn_if_expired(self._certfile)

    def wrap(self, sock: socket.socket) -> TLSSocket:
        return TLSSocket(sock, self._context, self.failures)


def _warn_if_expired(certfile: str) -> None:
    try:
        end = expiry(Path(certfile).read_text("latin-1"))
    except (OSError, ValueError) as error:
        log.warning("when the certificate in %s expires is not known: %s", certfile, error)
        return
    if end <= datetime.now(UTC):
        log.warning(
            "the certificate in %s has expired on %s: clients will refuse it",
            certfile, f"{end:%Y-%m-%d}",
        )  # fmt: skip


def _load_files(context: ssl.SSLContext, certfile: str, keyfile: str) -> None:
    """Loads a certificate and its key; StartError says which of the files is wrong, and how."""

    def no_password() -> str:
        # Without this, the server would ask for the password on the terminal.
        raise StartError(f"the key in {keyfile} has a password; the server needs one without")

    for path in (certfile, keyfile):
        try:
            open(path, "rb").close()
        except OSError as error:
            raise StartError(f"cannot read {path} for TLS: {error.strerror}") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(certfile)
    except ssl.SSLError:
        raise StartError(f"there is no certificate in {certfile}") from None
    try:
        context.load_cert_chain(certfile, keyfile, no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            problem = f"the key in {keyfile} is not that of the certificate in {certfile}"
        else:
            problem = f"there is no key in {keyfile} that can be used"
        raise StartError(problem) from None
