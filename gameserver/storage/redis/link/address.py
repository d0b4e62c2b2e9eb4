"""Where a Redis is: `redis://user:password@host:6379/0`, or `rediss://` with TLS."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

FORM = "redis://host:6379/0, or rediss:// for TLS"
_PORT = 6379


@dataclass(frozen=True, repr=False)
class Address:
    """Where a Redis is, and how to get in."""

    host: str
    port: int
    db: int
    username: str
    password: str
    tls: bool

    def __str__(self) -> str:
        """As it may be shown: without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'rediss' if self.tls else 'redis'}://{host}:{self.port}/{self.db}"

    __repr__ = __str__


def parse_address(text: str) -> Address:
    """The address that a text says; ValueError, which repeats nothing of it, if it is none."""
    problem = ValueError(f"a store is given as {FORM}")
    try:
        parts = urlsplit(text)
        port = parts.port or _PORT
    except ValueError:
        raise problem from None
    db = parts.path.strip("/") or "0"
    is_plain = not (parts.query or parts.fragment) and db.isascii() and db.isdecimal()
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or not is_plain:
        raise problem
    return Address(
        parts.hostname,
        port,
        int(db),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        parts.scheme == "rediss",
    )
