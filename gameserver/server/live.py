"""Responses that wait for news, and how what is new gets to all who wait for it.

Four times a second the application is asked, with a request that is no client's, which of the
watched levels have changed; so no way is needed from it to here. What it answers is made into bytes
once for each audience, and sent to a few watchers at a time. One who has not taken the last news
yet is left out: it stays behind in its audience, and needs only the newest later.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from gameserver.server.acceptor import MAX_CONNECTIONS_PER_ADDRESS
from gameserver.server.audiences import Audience, Audiences
from gameserver.server.stream import News
from gameserver.web.clients import household
from gameserver.web.errors import Overloaded, error_response
from gameserver.web.event_stream import COMMENT, event_id, retry, shows_the_same, with_ids
from gameserver.web.messages import Request, Response

if TYPE_CHECKING:
    from gameserver.server.connection import Connection
    from gameserver.server.loop import Loop

log = logging.getLogger(__name__)

MAX_STREAMS_PER_ADDRESS = MAX_CONNECTIONS_PER_ADDRESS // 2
"""Half is left to play with."""

ROUND_SECONDS = 0.25
"""Shortest time from the beginning of a round of news to that of the next."""
LONGEST_PAUSE = 0.7
"""Seconds between two rounds that cost much: still everybody has the news within one."""
PAUSE_FOR_COST = 12
"""A round is followed by a pause of so many times the processor time that it took."""

LEVELS_AT_ONCE = 100
WATCHERS_AT_ONCE = 256
"""In one iteration of the loop: everybody else waits for one or two milliseconds."""

_COMMENT = News.of(COMMENT)

RETRY_MILLISECONDS = 1000, 5000
"""A client that has to come back waits for a time in between: not all come at once."""


class Change(NamedTuple):
    """The newest version of a level, and its event without an id.

    The event is empty where those who have the version before would see no difference.
    """

    level_id: int
    version: str
    event: bytes


class Watchers:
    """The connections that wait for news. For the loop's thread alone."""

    def __init__(
        self,
        loop: Loop,
        ask: Callable[[Request], Response],
        fail: Callable[[Connection], None],
        most: int,
        draw: Callable[[int, int], int] = random.randint,
    ) -> None:
        """`ask` has the application answer; `fail` ends a connection that raised an error.

        There are `most` watchers at most. `draw` draws a whole number from one to another.
        """
        self._loop = loop
        self._ask = ask
        self._fail = fail
        self._most = most
        self._draw = draw
        self.audiences = Audiences()
        self.watching = self.audiences.of
        """Empty while nobody waits: a look at it costs the loop next to nothing."""
        self._places: dict[Connection, str] = {}
        """Whose place a connection has."""
        self._taken: Counter[str] = Counter()
        self._silent: list[Connection] = []
        """Those that have to hear something, be it a comment."""
        self._question: Request | None = None
        self._round: Iterator[None] | None = None
        self._cost = 0.0
        self._next_round = 0.0

    # Coming and going

    def admit(self, connection: Connection, request: Request) -> None:
        """Takes a place for what may become a stream; where there is none it is refused."""
        origin = household(request.client)
        if self._taken[origin] >= MAX_STREAMS_PER_ADDRESS:
            error = Overloaded("there are too many live streams from this address")
        elif len(self._places) >= self._most:
            error = Overloaded("there are too many live streams")
        else:
            self._places[connection] = origin
            self._taken[origin] += 1
            return
        answer = error_response(error, request.match.error_format)
        request.match = replace(request.match, answer=answer)

    def open(
        self, connection: Connection, request: Request, response: Response
    ) -> tuple[bytes, bytes]:
        """A stream waits for news from now on; returns its first bytes, and its first events."""
        if self._question is None:
            match = replace(request.match, limited=False)
            self._question = replace(
                request, method="", query="", headers={}, client="", match=match
            )
        changes = list(_changes(response))
        first = [change for change in changes if change.event]
        versions = {change.level_id: change.version for change in changes if not change.event}
        events = with_ids(first, versions)
        versions = {change.level_id: change.version for change in changes}
        self.audiences.put(connection, event_id(versions), versions)
        return retry(self._draw(*RETRY_MILLISECONDS)), events

    def leave(self, connection: Connection) -> None:
        """The connection waits for nothing any more, or never did."""
        origin = self._places.pop(connection, None)
        if origin is None:
            return
        self.audiences.leave(connection)
        self._taken[origin] -= 1
        if not self._taken[origin]:
            del self._taken[origin]

    def silent(self, connection: Connection) -> None:
        """A watcher has heard nothing for long."""
        self._silent.append(connection)

    def end(self) -> None:
        """Ends all streams: their clients come back, to another server."""
        for connection in list(self.watching):
            try:
                connection.end_stream()
            except Exception:
                self._fail(connection)

    # Rounds of news

    def go_on(self) -> float:
        """Does a part of what is to be done; returns in how many seconds there is more."""
        now = self._loop.now
        if self._silent:
            self._comment()
            return 0.0
        if self._round is None:
            if now < self._next_round:
                return self._next_round - now
            self._round, self._cost = self._steps(), 0.0
            self._next_round = now + ROUND_SECONDS
        start = time.thread_time()
        try:
            next(self._round)
        except StopIteration:
            self._round = None
        except Exception:
            log.exception("a round of news failed")
            self._round = None
        self._cost += time.thread_time() - start
        if self._round:
            return 0.0
        pause = min(PAUSE_FOR_COST * self._cost, LONGEST_PAUSE)
        self._next_round = max(self._next_round, now + pause)
        return self._next_round - now

    def _comment(self) -> None:
        """Lets some of those hear something who have heard nothing for long."""
        some, self._silent = self._silent[:WATCHERS_AT_ONCE], self._silent[WATCHERS_AT_ONCE:]
        for connection in some:
            if connection in self.watching:
                self._inform(connection, _COMMENT)

    def _inform(self, connection: Connection, news: News) -> bool:
        """Sends a watcher something, if it has taken the last; whether it had, and is there."""
        try:
            return connection.tell(news) and connection in self.watching
        except Exception:
            self._fail(connection)
            return False

    def _steps(self) -> Iterator[None]:
        """A round, a part at a time."""
        present = self.audiences.all  # others may come meanwhile, and have newer versions
        news: dict[int, Change] = {}
        levels = iter(self.audiences.levels)
        while some := list(islice(levels, LEVELS_AT_ONCE)):
            news.update((change.level_id, change) for change in self._ask_for_changes(some))
            yield
        newest = {level_id: change.version for level_id, change in news.items()}
        told = 0
        for audience in self.audiences.behind(newest):
            if audience not in present:
                continue
            for _ in self._tell(audience, news):
                told += 1
                if told % WATCHERS_AT_ONCE == 0:
                    yield

    def _ask_for_changes(self, levels: Iterable[int]) -> Iterator[Change]:
        known: list[int | str] = []
        for level_id in levels:
            known += (level_id, self.audiences.known(level_id))
        assert self._question
        match = replace(self._question.match, captures=tuple(known))
        return _changes(self._ask(replace(self._question, match=match)))

    def _tell(self, audience: Audience, news: Mapping[int, Change]) -> Iterator[None]:
        """Tells the audience what it has not; yields after each of its members."""
        versions = dict(audience.versions)
        changes = [news[level_id] for level_id in versions if level_id in news]
        visible = [
            each for each in changes if not shows_the_same(each.version, versions[each.level_id])
        ]
        versions |= {each.level_id: each.version for each in changes if each not in visible}
        message = News.of(with_ids(visible, versions))
        name = event_id(versions)
        for connection in list(audience.members):
            if connection in self.watching and (
                not visible or self._inform(connection, message)
            ):
                self.audiences.put(connection, name, versions)
            yield


def _changes(response: Response) -> Iterator[Change]:
    """What the application has answered (`views/live.py`)."""
    if response.status != 200:
        return  # it is not available: it will be asked again
    at = 0
    more = iter(response.more)
    for level_id, version, size in zip(more, more, more, strict=True):
        assert isinstance(level_id, int) and isinstance(version, str) and isinstance(size, int)
        yield Change(level_id, version, response.body[at : at + size])
        at += size
