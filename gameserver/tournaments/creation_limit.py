"""How many tournaments a host may make in an hour."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gameserver.errors import Refused
from gameserver.times import HOUR

MAX_PER_HOUR = 60

_REMEMBERED_HOSTS = 65_536
"""More than could register within an hour, so none is forgotten too early."""


class CreationLimit:
    """Counts in memory what each host makes, be it deleted later or not. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[int, deque[int]] = OrderedDict()
        """When each host made what of the last hour, who made one last at the end."""

    @contextmanager
    def place(self, host_id: int) -> Iterator[Callable[[int], None]]:
        """For `with`: gives a function that takes a place for what is made in it.

        That is called with the present moment, perhaps more than once, and refuses if the host
        has made too much. If it is not made after all the place is free again.
        """
        taken: list[int] = []

        def take(now: int) -> None:
            if not taken:
                self._count(host_id, now)
                taken.append(now)

        try:
            yield take
        except BaseException:
            if taken:
                self._forget(host_id, taken[0])
            raise

    def _count(self, host_id: int, now: int) -> None:
        with self._lock:
            made = self._made.setdefault(host_id, deque())
            self._made.move_to_end(host_id)
            while made and made[0] <= now - HOUR:
                made.popleft()
            if len(made) >= MAX_PER_HOUR:
                raise Refused("too_many_tournaments", wait=made[0] + HOUR - now)
            made.append(now)
            if len(self._made) > _REMEMBERED_HOSTS:
                self._made.popitem(last=False)

    def _forget(self, host_id: int, moment: int) -> None:
        with self._lock:
            made = self._made.get(host_id, deque())
            if moment in made:
                made.remove(moment)
