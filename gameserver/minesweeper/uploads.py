"""Uploaded replays, and how they become submissions to tournaments."""

from __future__ import annotations

from collections.abc import Callable

from gameserver.errors import Refused
from gameserver.minesweeper.games import Game, read_game
from gameserver.minesweeper.key_search import keys_in
from gameserver.minesweeper.replay_folder import ReplayFolder
from gameserver.minesweeper.replays import InvalidReplay
from gameserver.tournaments.keys import Key, parse_key
from gameserver.tournaments.service import Tournaments
from gameserver.tournaments.tournament import Submission

ReadGame = Callable[[bytes, int], Game]
"""Reads the game in a replay for a user, or raises InvalidReplay; `Refused` if it cannot now."""


def read_here(data: bytes, user_id: int) -> Game:
    """Reads a replay in this process."""
    return read_game(data)


class Uploads:
    """Counts games for the players whose keys are in their replays."""

    def __init__(
        self,
        tournaments: Tournaments,
        folder: ReplayFolder | None = None,
        read: ReadGame = read_here,
    ) -> None:
        self._tournaments = tournaments
        self._folder = folder or ReplayFolder()
        self._read = read

    def upload(self, data: bytes, arrived: float = 0) -> None:
        """Counts the game in a replay, which arrived then; 0: now. Reading it takes a while.

        A game that counts already for the same player changes nothing.
        """
        likely = self._likely_key(data, arrived)
        try:
            game = self._read(data, likely.user_id)
        except InvalidReplay as error:
            raise Refused("invalid_data", str(error)) from None
        key = parse_key(game.key)
        if key is None:
            raise Refused("invalid_data", "the replay holds no tournament key")
        name = f"{key.tournament_id}-{key.user_id}-{game.digest.hex()}.{game.suffix}"
        with self._folder.staged(data) as staged:
            self._tournaments.submit(
                key, _submission(key, game), lambda: staged.keep(name), arrived
            )

    def _likely_key(self, data: bytes, arrived: float) -> Key:
        """A key in the replay that is good; without one the replay is not worth reading."""
        refusal = Refused("invalid_data", "the replay holds no tournament key")
        for key in keys_in(data):
            try:
                self._tournaments.check_key(key, arrived)
            except Refused as error:
                refusal = error
            else:
                return key
        raise refusal


def _submission(key: Key, game: Game) -> Submission:
    return Submission(
        user_id=key.user_id,
        category=game.category,
        value=game.value,
        digest=game.digest,
        proven=game.proven,
        violation=game.violation,
    )
