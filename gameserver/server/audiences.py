"""Who watches which levels, and what they have of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gameserver.server.connection import Connection

Versions = Mapping[int, str]
"""What somebody has: the version of each level."""


class Audience:
    """Those who watch the same levels and have the same versions of them."""

    __slots__ = ("members", "name", "versions")

    def __init__(self, name: str, versions: Versions) -> None:
        self.name = name
        """The versions as text, as in the id of an event (`web/event_stream.py`)."""
        self.versions = versions
        self.members: set[Connection] = set()


class Audiences:
    """All watchers, each of whom is in one audience; none of these is empty."""

    def __init__(self) -> None:
        self.of: dict[Connection, Audience] = {}
        """The audience of each watcher."""
        self._by_name: dict[str, Audience] = {}
        self._by_level: dict[int, set[Audience]] = {}

    @property
    def levels(self) -> Sequence[int]:
        """Those that are watched, at this moment."""
        return list(self._by_level)

    @property
    def all(self) -> set[Audience]:
        """All audiences, at this moment."""
        return set(self._by_name.values())

    def put(self, connection: Connection, name: str, versions: Versions) -> None:
        """The watcher has these versions now, which `name` says as well."""
        self.leave(connection)
        audience = self._by_name.get(name)
        if audience is None:
            audience = self._by_name[name] = Audience(name, versions)
            for level_id in versions:
                self._by_level.setdefault(level_id, set()).add(audience)
        audience.members.add(connection)
        self.of[connection] = audience

    def leave(self, connection: Connection) -> None:
        """The connection watches nothing, if it ever did."""
        audience = self.of.pop(connection, None)
        if audience is None:
            return
        audience.members.discard(connection)
        if not audience.members:
            self._forget(audience)

    def _forget(self, audience: Audience) -> None:
        del self._by_name[audience.name]
        for level_id in audience.versions:
            others = self._by_level[level_id]
            others.discard(audience)
            if not others:
                del self._by_level[level_id]

    def known(self, level_id: int) -> str:
        """The version of a level that all who watch it have; empty if it is not the same."""
        versions = {audience.versions[level_id] for audience in self._by_level.get(level_id, ())}
        return versions.pop() if len(versions) == 1 else ""

    def behind(self, newest: Versions) -> Sequence[Audience]:
        """Those, at this moment, that have not the newest version of one of these levels."""
        found = {
            audience: None
            for level_id, version in newest.items()
            for audience in self._by_level.get(level_id, ())
            if audience.versions[level_id] != version
        }
        return list(found)
