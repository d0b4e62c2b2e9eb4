"""Who a client is, and how much it may ask for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

BURST_SECONDS = 2
"""So much of a client's allowance may be used at once."""

MAX_CLIENTS = 65_536
"""Addresses that a limit remembers, those that asked last."""


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` is believed; nobody else's is."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = networks
        self._remembered = lru_cache(maxsize=4096)(self._client)

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def client(self, proxy: str, headers: Mapping[str, str]) -> str:
        """The client that a trusted proxy speaks for: the last address that is no such proxy.

        Whatever stands in front of that one the client may have written itself.
        """
        return self._remembered(proxy, headers.get("x-forwarded-for", ""))

    def _client(self, proxy: str, forwarded_for: str) -> str:
        for part in reversed(forwarded_for.split(",")):
            address = part.strip()
            try:
                ip_address(address)
            except ValueError:
                break
            if address not in self:
                return address
        return proxy


class RateLimit:
    """At most `rate` requests a second for each client, in bursts of twice as many.

    Instead of a bucket of tokens each client has the moment at which its bucket will be full
    (the generic cell rate algorithm): one number, and nothing to fill up as time passes. An
    IPv6 client is its /64 network, as it has all addresses in that. Constant cost and bounded
    memory: a client that is forgotten has a full bucket, which one that has not asked for so
    long has anyway. Thread-safe.
    """

    def __init__(self, rate: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / rate
        self._clock = clock
        self._lock = threading.Lock()
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def admits(self, client: str) -> bool:
        """Counts a request of the client; whether it is within the limit."""
        client = network_of(client)
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(client, now), now) + self._interval
            if full_at - now > BURST_SECONDS + self._interval / 2:
                return False
            self._full_at[client] = full_at
            self._full_at.move_to_end(client)
            if len(self._full_at) > MAX_CLIENTS:
                self._full_at.popitem(last=False)
            return True


def network_of(client: str) -> str:
    """What stands for a client in counts: an IPv6 client is its /64 network."""
    return _network(client) if ":" in client else client


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """The /64 network of an IPv6 address."""
    return ip_address(address.partition("%")[0]).packed[:8].hex()


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses or networks, separated by commas; ValueError if one is neither."""
    return tuple(ip_network(part.strip()) for part in text.split(","))
