"""The keys and values of tournaments in Redis; submissions are in `submissions.py`.

`tournament:<id>` is a tournament, `…:entries` and `…:keys` are hashes by user. `entries:<user>`
has a user's entries by tournament, `keys:<user>` the tournaments that the user has keys for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from gameserver.errors import Refused
from gameserver.storage.redis.link.keys import key
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import Entry, Tournament


def tournament_key(tournament_id: int, *more: str) -> str:
    return key("tournament", tournament_id, *more)


def packed(tournament: Tournament) -> str:
    return json.dumps(astuple(tournament))


def unpacked(found: bytes) -> Tournament:
    return Tournament(*json.loads(found))


def entries_of(user_id: int) -> str:
    return key("entries", user_id)


def keys_of(user_id: int) -> str:
    return key("keys", user_id)


def existing(found: bytes | None) -> Tournament:
    if found is None:
        raise Refused("no_such_tournament")
    return unpacked(found)


def entry_in(found: bytes | None) -> Entry:
    return Entry(found.decode()) if found else Entry.NONE


def key_kept(issued: IssuedKey) -> str:
    return json.dumps([issued.key.secret.hex(), issued.generated, issued.expiry])


def issued_in(tournament_id: int, user_id: int, found: bytes | None) -> IssuedKey | None:
    if not found:
        return None
    secret, generated, expiry = json.loads(found)
    return IssuedKey(Key(user_id, tournament_id, bytes.fromhex(secret)), generated, expiry)


def pairs_in(found: Sequence[bytes]) -> Sequence[tuple[Any, Any]]:
    """The fields and values of a hash."""
    return list(zip(found[::2], found[1::2], strict=True))
