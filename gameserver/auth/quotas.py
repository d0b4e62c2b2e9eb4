"""How often an address may do something within an hour."""

from __future__ import annotations

from collections import OrderedDict, deque

from gameserver.times import HOUR

REMEMBERED_ADDRESSES = 65_536
"""Those that did it last."""


class Quota:
    """At most so many times in any hour, for each address. For use inside a batch only.

    Constant cost and bounded memory: some 40 bytes for each time, of the addresses remembered.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._times: OrderedDict[str, deque[int]] = OrderedDict()
        """The moments of the last hour, the oldest first."""

    def wait(self, address: str, now: int) -> int:
        """Microseconds until the address may do it once more; 0: now."""
        times = self._times.get(address)
        if times is None:
            return 0
        while times and times[0] <= now - HOUR:
            times.popleft()
        return times[0] + HOUR - now if len(times) >= self._most else 0

    def count(self, address: str, now: int) -> None:
        """The address has done it."""
        self._times.setdefault(address, deque(maxlen=self._most)).append(now)
        self._times.move_to_end(address)
        if len(self._times) > REMEMBERED_ADDRESSES:
            self._times.popitem(last=False)
