"""The keys of the scores: one tag for all of a bucket, so that a script finds them in one slot.

| key, behind the tag | what it is |
|---|---|
| `layout` | in the bucket 0: the version of this layout, and how many buckets there are |
| `book` | a hash of counters: `changes`, `names`, `scores`, `withheld`, `era`, … |
| `settings`, `states` | *rules*: of levels, in JSON; the users who are banned or hidden |
| `b:<board>`, `t:<board>` | a board, user → place (`ordering.py`); the notes of its lines |
| `n` | by board, its changes, which are the arrivals as well; stays when lines may come back |
| `renumbered` | by board, how far its arrivals have been numbered anew, see `scripts/common.lua` |
| `s:<level>` | the boards of a level, but for that of a plain one, by the start of their season |
| `on`, `ends` | by level, the board of the season that is on; the end of the season |
| `busiest` | the levels, by their players below zero |
| `u:<user // 8>`, `large` | the levels of a user, of boards up to 4,096 players; the larger ones |
| `gone`, `gone:<board>` | boards that are gone, whose users are taken out of these, two at a time |
| `names`, `folded` | of users; what they are found by |
| `h:<user>`, `hu`, `hl` | lines that are kept back, by board; the users, and how many by level |
| `q:<user>`, `requests` | answers to requests that may be repeated; all of them by their time |
| `runs`, `r:<level>:<minute>` | runs that are used up; posts where there are rates |
| `p:<worker>`, `w:<worker>` | the last calls of a server's thread, and what was answered |
| `audit`, `audit:…`, `jobs`, `kept`, `k:<entry>` | see `audit.py` |
| `anew` | by level, the newest entry when it began to count in another way |
| `turn` | whose turn it is to moderate, see `turns.py` |

Users are four bytes, the highest first, where a key's members or fields are users; all else is
text. A board is called `<level>`, then `:<start of the season>` unless the level is never reset,
then `a` where the lowest stands first.

Every key but the tag is made in the scripts: on a cluster the tag alone says where they are, so
buckets of levels can have tags of their own.
"""

from __future__ import annotations

from struct import pack, unpack

from gameserver.scores.level import Level
from gameserver.scores.seasons import Season
from gameserver.scores.user_index import BoardId


def board_name(level_id: int, level: Level, season: Season) -> str:
    """What the board of a level in a season is called."""
    start = f":{season.start}" if season.start else ""
    return f"{level_id}{start}{'a' if level.is_ascending else ''}"


def level_in(board: str) -> int:
    """The level of a board."""
    return int(board.partition(":")[0].removesuffix("a"))


def start_in(board: str) -> int:
    """The start of the season of a board."""
    return int(board.partition(":")[2].removesuffix("a") or 0)


def member(user_id: int) -> bytes:
    """What a user is in boards and hashes."""
    return pack(">I", user_id)


def board_id(board: str) -> BoardId:
    """What a board is called in memory."""
    return level_in(board), start_in(board)


def read_place(text: bytes) -> tuple[str, float]:
    """The board and the place of a line in a set `k:<entry>`, behind the user."""
    size = text[0]
    (place,) = unpack(">d", text[1 + size : 9 + size])
    return text[1 : 1 + size].decode(), place
