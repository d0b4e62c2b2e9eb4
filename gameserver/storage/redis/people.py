"""Accounts, tournaments, claims, tokens and secrets of a Redis as rows of tables, and back.

The tables are those of a data file (`storage/sqlite/schema.py`), by name.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gameserver.auth.account_store import DELETED
from gameserver.storage.redis.auth.secrets import SECRETS
from gameserver.storage.redis.link.keys import key
from gameserver.storage.redis.link.link import Command
from gameserver.storage.redis.link.questions import Read
from gameserver.storage.redis.tournaments.submissions import game_key
from gameserver.storage.redis.tournaments.tournament_values import tournament_key

Row = tuple[Any, ...]
Tables = Mapping[str, Sequence[Row]]


def read_people(read: Read) -> Tables:
    """All rows, by table."""
    accounts = list(_accounts(read))
    (ids,) = read([("ZRANGE", key("tournaments:changed"), 0, -1)])
    tournaments = {}
    for tournament_id in sorted(map(int, ids)):
        (found,) = read([("GET", tournament_key(tournament_id))])
        if found:
            tournaments[tournament_id] = tuple(json.loads(found))
    return {
        "secret": [(name.decode(), value) for name, value in _hash(read, SECRETS)],
        "game_token": [
            (name.decode(), packed.split(b" ", 1)[1], int(packed.split(b" ", 1)[0]))
            for name, packed in _hash(read, key("tokens"))
        ],
        "claim": [_claim(*each) for each in _hash(read, key("claims"))],
        "accounts": accounts,
        "tokens": [row for account in accounts for row in _tokens(read, account[0])],
        "tournaments": list(tournaments.values()),
        "entries": [
            (tournament_id, int(user), entry.decode())
            for tournament_id in tournaments
            for user, entry in _hash(read, tournament_key(tournament_id, "entries"))
        ],
        "tournament_keys": [
            (tournament_id, int(user), bytes.fromhex(secret), generated, expiry)
            for tournament_id in tournaments
            for user, drawn in _hash(read, tournament_key(tournament_id, "keys"))
            for secret, generated, expiry in [json.loads(drawn)]
        ],
        "tournament_scores": list(_submissions(read, tournaments)),
    }


def _hash(read: Read, name: str) -> list[tuple[bytes, bytes]]:
    (found,) = read([("HGETALL", name)])
    return sorted(zip(found[::2], found[1::2], strict=True))


def _claim(user: bytes, packed: bytes) -> Row:
    since, kept, secret = packed.split(b" ", 2)
    return int(user), secret or None, int(since), int(kept)


def _accounts(read: Read) -> Iterator[Row]:
    (count,) = read([("GET", key("accounts"))])
    for user_id in range(1, int(count or 0) + 1):
        (name,) = read([("GET", key("user", user_id))])
        (found,) = read([("GET", key("account", name.decode().lower()))])
        account = json.loads(found) if found else None
        if account and account[0] == user_id:
            yield (*account, 0)
        else:
            yield user_id, f"{DELETED}:{user_id}", "", 0


def _tokens(read: Read, user_id: int) -> Iterator[Row]:
    (digests,) = read([("LRANGE", key("tokens", user_id), 0, -1)])
    for digest in digests:
        (found,) = read([("GET", key("token", digest.hex()))])
        user, created, predecessor, used, replaced = json.loads(found)
        yield digest, user, created, predecessor and bytes.fromhex(predecessor), used, replaced


def _submissions(read: Read, tournaments: Mapping[int, Row]) -> Iterator[Row]:
    """Numbers are those of all tournaments together, in a data file."""
    number = 0
    for tournament_id in tournaments:
        rows = {
            int(at): json.loads(row)
            for at, row in _hash(read, tournament_key(tournament_id, "submissions"))
        }
        removals = {row[6] for row in rows.values()} - {None}
        numbers = {}
        for at in sorted({*rows, *removals}):
            number += 1
            numbers[at] = number
        for at, (user, category, value, digest, proven, moment, removed) in sorted(rows.items()):
            yield (
                numbers[at], tournament_id, user, category, value, bytes.fromhex(digest), proven,
                moment, numbers.get(removed),
            )  # fmt: skip


def write_people(tables: Tables) -> Iterator[Command]:
    """The commands that write all rows into an empty Redis."""
    for name, value in tables["secret"]:
        yield ("HSET", SECRETS, name, value)
    for name, digest, created in tables["game_token"]:
        yield ("HSET", key("tokens"), name, b"%d %b" % (created, digest))
    for user, secret, since, kept in tables["claim"]:
        yield ("HSET", key("claims"), user, b"%d %d %b" % (since, kept, secret or b""))
    for user_id, username, password, _ in tables["accounts"]:
        yield from _account(user_id, username, password)
    for digest, user_id, created, predecessor, used, replaced in sorted(
        tables["tokens"], key=lambda row: (row[1], row[2])
    ):
        values = [user_id, created, predecessor and predecessor.hex(), bool(used), replaced]
        yield ("SET", key("token", digest.hex()), json.dumps(values))
        yield ("RPUSH", key("tokens", user_id), digest)
    yield from _tournaments(tables)


def _account(user_id: int, username: str, password: str) -> Iterator[Command]:
    yield ("SET", key("accounts"), user_id)
    if username == f"{DELETED}:{user_id}":
        yield ("SET", key("user", user_id), DELETED)
    else:
        yield ("SET", key("user", user_id), username)
        account = json.dumps([user_id, username, password])
        yield ("SET", key("account", username.lower()), account)


def _tournaments(tables: Tables) -> Iterator[Command]:
    for number, row in enumerate(tables["tournaments"], 1):
        tournament_id, open_entry, hide_results = row[0], bool(row[8]), bool(row[9])
        packed = json.dumps([*row[:8], open_entry, hide_results])
        yield ("SET", tournament_key(tournament_id), packed)
        yield ("ZADD", key("tournaments:changed"), number, tournament_id)
        yield ("SET", key("tournaments"), number)
        yield ("SET", key("tournaments:ids"), tournament_id)
    for tournament_id, user_id, entry in tables["entries"]:
        yield ("HSET", tournament_key(tournament_id, "entries"), user_id, entry)
        yield ("HSET", key("entries", user_id), tournament_id, entry)
    for tournament_id, user_id, secret, generated, expiry in tables["tournament_keys"]:
        drawn = json.dumps([secret.hex(), generated, expiry])
        yield ("HSET", tournament_key(tournament_id, "keys"), user_id, drawn)
        yield ("SADD", key("keys", user_id), tournament_id)
    counting: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    newest: dict[int, int] = {}
    for number, tournament_id, user_id, category, value, digest, proven, moment, removed in tables[
        "tournament_scores"
    ]:
        values = [user_id, category, value, digest.hex(), bool(proven), moment, removed]
        yield ("HSET", tournament_key(tournament_id, "submissions"), number, json.dumps(values))
        is_removed = int(removed is not None)
        yield ("SET", game_key(digest), f"{tournament_id} {user_id} {is_removed}")
        newest[tournament_id] = max(newest.get(tournament_id, 0), number, removed or 0)
        if removed is None:
            counting[tournament_id, user_id].append(number)
    for tournament_id, number in newest.items():
        yield ("SET", tournament_key(tournament_id, "newest"), number)
    for (tournament_id, user_id), numbers in counting.items():
        yield ("HSET", tournament_key(tournament_id, "counting"), user_id, json.dumps(numbers))
