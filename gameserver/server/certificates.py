"""How long a certificate is valid, which the standard library tells of a peer's only.

A certificate in DER is a tree of elements: a byte that says what it is, the length, the content
(X.690 section 8.1). The validity is the fifth field of what is signed (RFC 5280 section 4.1).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)

_VERSION = 0xA0
_UTC_TIME = 0x17


def expiry(pem: str) -> datetime:
    """When the first certificate of a PEM file, which is the server's own, expires.

    ValueError if there is none that can be read.
    """
    found = _PEM.search(pem)
    if not found:
        raise ValueError("there is no certificate")
    try:
        (_, certificate), *_ = _elements(ssl.PEM_cert_to_DER_cert(found[0]))
        (_, signed), *_ = _elements(certificate)
        # The version may be left out: serial number, algorithm, issuer, validity.
        fields = [content for kind, content in _elements(signed) if kind != _VERSION]
        _, (kind, text) = _elements(fields[3])
        return _moment(kind, text.decode("ascii"))
    except (IndexError, ValueError) as error:
        raise ValueError("the certificate cannot be read") from error


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind and the content of each element."""
    at = 0
    while at < len(data):
        kind, length, at = data[at], data[at + 1], at + 2
        if length > 0x7F:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        yield kind, data[at : at + length]
        at += length


def _moment(kind: int, text: str) -> datetime:
    """A time (RFC 5280 section 4.1.2.5): a year of two digits is one from 1950 to 2049."""
    if kind == _UTC_TIME:
        text = ("19" if text >= "5" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
