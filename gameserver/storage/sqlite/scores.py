"""The scores of all levels in memory, and every line of every board in the data file.

Boards are read from memory. A score that changes one enters memory at once, where nobody else
sees it before the batch ends; then all that the batch has changed goes to the file together. If
it cannot, what was changed is read from the file again.

Ties: the file keeps each score's rank key, which has the number of its arrival in it, so the
order in which equal scores were reached outlives the process.

The rows of a season that is kept no longer are removed a few at a time, at the end of later
batches. A process that ends before finds them again when it loads the file.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence

from gameserver.errors import StartError, StorageFull
from gameserver.scores.board import Board
from gameserver.scores.rank_key import Line
from gameserver.scores.runs import Runs
from gameserver.scores.seasons import CURRENT
from gameserver.scores.settings import LevelSettings
from gameserver.scores.user_index import BoardId
from gameserver.scores.user_names import UserNames
from gameserver.scores.values import NORMAL, Limits, Outcome, Post, RequestId
from gameserver.scores.withheld import State
from gameserver.storage.memory.moderation import ModeratedScores
from gameserver.storage.progress import Follow, without_progress
from gameserver.storage.sqlite import score_rows, withheld_rows
from gameserver.storage.sqlite.audit import SqliteAudit
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.requests import SqliteRequests
from gameserver.storage.sqlite.score_rows import chunks, read_boards, read_settings, write_lines
from gameserver.storage.sqlite.used_runs import SqliteUsedRuns
from gameserver.times import Clock, server_clock

SLICE = 500
"""How many rows of an outdated board a batch removes."""


class SqliteScores(ModeratedScores):
    """A `ModeratedScores` whose state is in the data file as well: a `ScoreStore`."""

    def __init__(
        self,
        database: Database,
        limits: Limits = NORMAL,
        follow: Follow = without_progress,
        clock: Clock = server_clock,
    ) -> None:
        """Loads everything; StartError if it is damaged. `follow` sees how far it is."""
        super().__init__(limits, clock, SqliteAudit(database))
        self._database = database
        self._requests = SqliteRequests(database)
        self._runs = Runs(SqliteUsedRuns(database), database.secret("runs", 32))
        self._lines: defaultdict[BoardId, set[int]] = defaultdict(set)
        """The users whose lines this batch has changed."""
        self._configured: set[int] = set()
        self._renamed: set[int] = set()
        self._states_put: set[int] = set()
        """The users whose state it has changed."""
        self._withheld_put: set[withheld_rows.Place] = set()
        """Whose lines it has kept back, or keeps back no longer, and from where."""
        self._dropped: list[BoardId] = []
        """The boards that it has dropped, with scores on them."""
        self._outdated: dict[BoardId, None] = {}
        """Boards that were dropped before, whose rows are still in the file."""
        self._removed: list[BoardId] = []
        """Those of them whose last rows this batch removes."""
        with database.batch() as connection:
            try:
                self._load(connection, follow)
            except score_rows.DAMAGES as error:
                raise StartError(f"the scores in the data file are damaged: {error}") from None
        database.join(self)

    # Writing needs room

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        if self._database.full:
            raise StorageFull
        return ModeratedScores.submit(self, level_id, user_id, score)  # quicker than by super()

    def post(
        self,
        user_id: int,
        posts: Sequence[Post],
        answer: Callable[[Sequence[Outcome]], bytes],
        request: RequestId | None = None,
        also: Callable[[], object] | None = None,
    ) -> bytes:
        self._database.require_room()
        return super().post(user_id, posts, answer, request, also)

    def configure(
        self, level_id: int, rule: Callable[[LevelSettings], LevelSettings]
    ) -> LevelSettings:
        self._database.require_room()
        settings = super().configure(level_id, rule)
        self._configured.add(level_id)
        return settings

    def remove(self, level_id: int, user_id: int, season: str = CURRENT) -> bool:
        self._database.require_room()
        return super().remove(level_id, user_id, season)

    def rename(self, user_id: int, name: str | None) -> None:
        self._database.require_room()
        super().rename(user_id, name)
        self._renamed.add(user_id)

    def forget(self, user_id: int) -> None:
        self._database.require_room()
        super().forget(user_id)

    def put_state(self, user_id: int, state: State) -> None:
        self._database.require_room()
        super().put_state(user_id, state)
        self._states_put.add(user_id)

    # What a batch has changed

    def _changed(self, board_id: BoardId, board: Board, user_id: int, players: int) -> None:
        super()._changed(board_id, board, user_id, players)
        self._lines[board_id].add(user_id)

    def _drop(self, board_id: BoardId, board: Board) -> None:
        super()._drop(board_id, board)
        if board:
            self._dropped.append(board_id)

    def _put_withheld(self, board_id: BoardId, user_id: int, line: Line | None) -> None:
        super()._put_withheld(board_id, user_id, line)
        self._withheld_put.add((user_id, board_id))

    def _put_settings(self, level_id: int, settings: LevelSettings | None) -> None:
        super()._put_settings(level_id, settings)
        self._configured.add(level_id)

    # As a member of the database

    def write(self, connection: sqlite3.Connection) -> None:
        self._removed.clear()
        if self._outdated:
            self._remove_outdated(connection)
        for board_id, users in self._lines.items():
            board = self._board(board_id)
            changed = users
            if board is not None and board.numberings:
                changed = {user_id for user_id, _ in board}.union(users)
            write_lines(connection, board_id, board, changed)
        if self._configured or self._renamed:
            self._write_settings_and_names(connection)
        if self._states_put or self._withheld_put:
            withheld_rows.write(connection, self._withheld, self._states_put, self._withheld_put)

    def committed(self) -> None:
        for board_id in self._lines:
            board = self._board(board_id)
            if board is not None:
                board.numberings = 0
        for board_id in self._removed:
            del self._outdated[board_id]
        self._removed.clear()
        self._outdated.update(dict.fromkeys(self._dropped))
        self._forget_changes()

    def restore(self, connection: sqlite3.Connection) -> None:
        withheld_rows.restore(connection, self._withheld, self._states_put, self._withheld_put)
        self._plain = self._levels.plain
        boards = {*self._lines, *self._dropped}
        for level_id in self._configured:
            settings = read_settings(connection.execute(score_rows.SETTINGS_OF, (level_id,)))
            self._levels.put_settings(level_id, settings.get(level_id))
            seasons = connection.execute(score_rows.SEASONS, (level_id,))
            boards.update((level_id, start) for (start,) in seasons)
        for board_id in boards:
            self._restore_board(connection, board_id)
        for user_id in self._renamed:
            row = connection.execute(score_rows.NAME_OF, (user_id,)).fetchone()
            self._names.put(user_id, row and row[0])
        if boards or self._configured or self._withheld_put:
            self._count_all({*self._configured, *(level_id for level_id, _ in boards)})
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._lines.clear()
        self._configured.clear()
        self._renamed.clear()
        self._states_put.clear()
        self._withheld_put.clear()
        self._dropped.clear()

    def _remove_outdated(self, connection: sqlite3.Connection) -> None:
        """Removes some rows of the next outdated board, and all of one that begins anew."""
        begun = [board_id for board_id in self._lines if board_id in self._outdated]
        oldest = next(iter(self._outdated))
        for board_id, count in (*((board_id, -1) for board_id in begun), (oldest, SLICE)):
            removed = connection.execute(score_rows.REMOVE_SOME, (*board_id, count)).rowcount
            if removed < SLICE or count < 0:
                self._removed.append(board_id)

    def _write_settings_and_names(self, connection: sqlite3.Connection) -> None:
        for level_id in self._configured:
            if level_id in self._levels.configured:
                text = score_rows.settings_text(self.settings(level_id))
                connection.execute(score_rows.KEEP_SETTINGS, (level_id, text))
            else:
                connection.execute(score_rows.REMOVE_SETTINGS, (level_id,))
        for user_id in self._renamed:
            name = self.name(user_id)
            if name is None:
                connection.execute(score_rows.REMOVE_NAME, (user_id,))
            else:
                connection.execute(score_rows.KEEP_NAME, (user_id, name))

    # Reading the file

    def _load(self, connection: sqlite3.Connection, follow: Follow) -> None:
        settings = read_settings(connection.execute(score_rows.SETTINGS))
        for level_id, of_level in settings.items():
            self._levels.put_settings(level_id, of_level)
        (count,) = connection.execute("SELECT count(*) FROM score").fetchone()
        rows = follow("loading scores", count, chunks(connection.execute(score_rows.IN_ORDER)))
        for board_id, board in read_boards(rows, settings):
            self._levels.put_board(board_id, board)
        self._names = UserNames(connection.execute(score_rows.NAMES))
        withheld_rows.load(connection, self._withheld)
        self._reserve_arrivals()
        levels = {*self._levels.plain, *self._levels.configured}
        for level_id in levels:
            self._drop_outdated(level_id, self._now())
        self._users.load(self._levels.boards())
        self._count_all(levels)

    def _restore_board(self, connection: sqlite3.Connection, board_id: BoardId) -> None:
        """Reads a board from the file again."""
        rows = connection.execute(score_rows.OF_BOARD, board_id)
        settings = {board_id[0]: self.settings(board_id[0])}
        _, board = next(read_boards(rows, settings), (board_id, None))
        self._levels.put_board(board_id, board)
        if board is not None:
            board.reserve(self._arrivals.get(board_id, 0))
            self._users.restore(board_id, board)

    def _count_all(self, levels: set[int]) -> None:
        """Counts all scores, and the players of some levels."""
        now = self._now()
        for level_id in levels:
            self._levels.count(level_id, now)
        self._count = len(self._withheld) + sum(len(board) for _, board in self._levels.boards())
