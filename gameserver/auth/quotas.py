"""How often an address may do something within an hour."""

from __future__ import annotations

from collections import OrderedDict

from gameserver.times import HOUR

REMEMBERED_ADDRESSES = 65_536
"""Those that did it last."""


class Quota:
    """At most so many times in any hour, for each address. For use inside a batch only.

    Bounded memory: some 350 bytes for each address, and 40 for each time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: OrderedDict[str, list[int]] = OrderedDict()
        """The moments of the last hour, the oldest first."""

    def wait(self, address: str, now: int) -> int:
        """Microseconds until the address may do it once more; 0: now."""
        times = self._times.get(address, [])
        while times and times[0] <= now - HOUR:
            times.pop(0)
        return times[0] + HOUR - now if len(times) >= self._most else 0

    def count(self, address: str, now: int) -> None:
        """The address has done it."""
        times = self._times.setdefault(address, [])
        times.append(now)
        del times[: -self._most]
        self._times.move_to_end(address)
        if len(self._times) > REMEMBERED_ADDRESSES:
            self._times.popitem(last=False)
