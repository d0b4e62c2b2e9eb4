"""The shapes of what the boards' calls take and answer, as JSON schemas (OpenAPI 3.1).

Members may be added to answers later, so none of these forbids others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gameserver.numbers import MAX_NUMBER
from gameserver.scores.names import LONGEST_NAME, LONGEST_TITLE
from gameserver.scores.seasons import LONGEST_OFFSET
from gameserver.scores.settings import LONGEST_RUN, MAX_RATE, MAX_TIERS

Schema = Mapping[str, Any]


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with these members."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _of(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _one_of(*texts: str) -> Schema:
    return {"type": "string", "enum": list(texts)}


def _whole(lowest: int, highest: int) -> Schema:
    return {"type": "integer", "minimum": lowest, "maximum": highest}


NUMBER = _whole(0, MAX_NUMBER)
COUNT: Schema = {"type": "integer", "minimum": 0}
RANK: Schema = {"type": "integer", "minimum": 1}
FLAG: Schema = {"type": "boolean"}
TEXT: Schema = {"type": "string"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
META: Schema = {"type": "object", "description": "at most 1,024 bytes as sent, and 8 deep"}
NAME: Schema = {
    "type": ["string", "null"],
    "minLength": 1,
    "maxLength": LONGEST_NAME,
    "description": "visible characters, without outer spaces; null: none",
}

SETTINGS: Mapping[str, Schema] = {
    "title": {**NAME, "maxLength": LONGEST_TITLE},
    "order": _one_of("desc", "asc"),
    "keep": _one_of("best", "last", "sum"),
    "reset": _one_of("never", "hourly", "daily", "weekly", "monthly"),
    "reset_offset": {
        **_whole(0, max(LONGEST_OFFSET.values())),
        "description": "minutes by which each season begins later; less than a season",
    },
    "min": NUMBER,
    "max": {**NUMBER, "description": "not below min"},
    "ties": _one_of("first", "shared"),
    "tiers": {
        "type": "array",
        "maxItems": MAX_TIERS,
        "items": {
            "type": "array",
            "items": {"type": ["string", "integer"]},
            "minItems": 2,
            "maxItems": 2,
        },
        "description": "names and percents of the players, in ascending order",
    },
    "times": FLAG,
    "format": _one_of("number", "time"),
    "decimals": _whole(0, 6),
    "rate_user": {**_whole(0, MAX_RATE), "description": "posts a minute; 0: any number"},
    "rate_level": {**_whole(0, MAX_RATE), "description": "posts a minute; 0: any number"},
    "writes": _one_of("players", "trusted"),
    "runs": {**FLAG, "description": "whether a post needs a run"},
    "min_seconds": {
        **_whole(0, LONGEST_RUN - 1),
        "description": "the least time from drawing a run to posting its score",
    },
}

_ENTRY = _object(
    {"rank": RANK, "user": NUMBER, "name": NAME, "score": NUMBER},
    {
        "meta": META,
        "at": MOMENT,
        "tier": TEXT,
        "display": TEXT,
        "place": {**RANK, "description": "among the users who were asked for"},
    },
)
_PERCENTILE: Schema = {"type": "number", "minimum": 0, "maximum": 100}
_RESET: Schema = {
    "next_reset": _or_null(MOMENT),
    "resets_in": {**_or_null(COUNT), "description": "seconds"},
}
_LEVEL: Schema = {
    "level": NUMBER,
    "title": SETTINGS["title"],
    "season": TEXT,
    "players": COUNT,
    **_RESET,
}
_UNDO: Schema = {**RANK, "description": "the audit's entry, for `undo`"}
_ANY_SETTINGS: Schema = {"type": "object", "properties": SETTINGS}

SCHEMAS: Mapping[str, Schema] = {
    "Problem": _object(
        {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "error": {**TEXT, "description": "a code, for programs"},
            "message": {**TEXT, "description": "the detail"},
        },
        {"errors": _list(_object({"field": TEXT, "detail": TEXT}))},
    ),
    "Entry": _ENTRY,
    "Levels": _object(
        {
            "levels": _list(
                _object({**_LEVEL, "best": _or_null(NUMBER), "settings": _ANY_SETTINGS})
            ),
            "total": COUNT,
            "offset": COUNT,
            "limit": RANK,
        }
    ),
    "Leaderboard": _object(
        {
            **_LEVEL,
            "offset": COUNT,
            "limit": RANK,
            "entries": _list(_of("Entry")),
            "next": {**_or_null(TEXT), "description": "for `after`; null at the end"},
        },
        {"missing": {**_list(NUMBER), "description": "who was asked for and has no score"}},
    ),
    "UserRank": _object(
        {
            "level": NUMBER,
            "season": TEXT,
            "user": NUMBER,
            "name": NAME,
            "rank": RANK,
            "score": NUMBER,
            "percentile": _PERCENTILE,
            "players": RANK,
            "entries": _list(_of("Entry")),
        },
        {"tier": TEXT},
    ),
    "Rank": _object({"rank": RANK}),
    "Seasons": _object(
        {
            "seasons": _list(
                _object(
                    {
                        "season": TEXT,
                        "start": _or_null(MOMENT),
                        "end": _or_null(MOMENT),
                        "players": COUNT,
                        "best": _or_null(NUMBER),
                    }
                )
            )
        }
    ),
    "Histogram": _object(
        {
            "buckets": _list(_object({"from": NUMBER, "to": NUMBER, "count": COUNT})),
            "percentiles": {"type": "object", "additionalProperties": NUMBER},
        },
        {"tiers": _list(_object({"name": TEXT, "percent": COUNT, "score": NUMBER}))},
    ),
    "Posted": _object(
        {
            "level": NUMBER,
            "season": TEXT,
            "user": NUMBER,
            "score": NUMBER,
            "best": {**NUMBER, "description": "what now stands on the board"},
            "rank": RANK,
            "previous_rank": _or_null(RANK),
            "improved": FLAG,
        }
    ),
    "AllPosted": _object({"results": _list(_of("Posted"))}),
    "LevelSettings": _object(SETTINGS),
    "User": _object({"user": NUMBER, "name": NAME}),
    "Users": _object({"users": _list(_of("User"))}),
    "UserData": _object(
        {
            "user": NUMBER,
            "name": NAME,
            "scores": _list(
                _object(
                    {
                        "level": NUMBER,
                        "title": SETTINGS["title"],
                        "season": TEXT,
                        "current": {**FLAG, "description": "whether the season is on"},
                        "rank": RANK,
                        "score": NUMBER,
                        "percentile": _PERCENTILE,
                        "players": RANK,
                    },
                    {"at": MOMENT, "tier": TEXT, "display": TEXT},
                )
            ),
            "tournaments": _list(COUNT),
        },
        {"state": {**_one_of("ok", "banned", "hidden"), "description": "only for the admin"}},
    ),
    "Removed": _object({"removed": COUNT, "undo": _UNDO}),
    "UserState": _object(
        {"user": NUMBER, "state": _one_of("ok", "banned", "hidden"), "undo": _UNDO}
    ),
    "Purged": _object({"count": COUNT}, {"undo": _UNDO}),
    "Restored": _object({"restored": COUNT}),
    "Audit": _object(
        {
            "entries": _list(
                _object(
                    {
                        "id": RANK,
                        "at": MOMENT,
                        "action": TEXT,
                        "what": {"type": "object"},
                        "from": {**TEXT, "description": "the client's address"},
                        "by": {**TEXT, "description": "the name of the token"},
                        "undone": FLAG,
                    }
                )
            )
        }
    ),
    "Run": _object({"run": TEXT, "not_before": MOMENT, "expires": MOMENT}),
    "DrawnUser": _object({"user": NUMBER, "secret": TEXT}),
    "Claimed": _object({"user": NUMBER, "claimed": FLAG}),
    "Token": _object({"name": TEXT, "token": {**TEXT, "description": "it is shown this once"}}),
    "Tokens": _object({"tokens": _list(_object({"name": TEXT, "created": MOMENT}))}),
    "OpenAPI": {"type": "object"},
}
"""By name; `Operation.answer` names one."""
