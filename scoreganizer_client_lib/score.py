"""The calls under `scores`: uploads of replays."""

from __future__ import annotations

import os
import time
from itertools import count
from typing import IO

from scoreganizer_client_lib.exceptions import ScoreganizerRetry
from scoreganizer_client_lib.transport import Transport

RMV = "application/x-viennasweeper"
MIME_TYPES = {"rmv": RMV, "avf": "application/x-minesweeper-arbiter"}
PAUSE = 0.3  # seconds between two tries


class Scores:
    """Uploads; an instance is `Scoreganizer().scores`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def upload_filename(
        self,
        filename: str | os.PathLike[str],
        ext: str | None = None,
        mime_type: str | None = None,
        tries: int = 10,
    ) -> None:
        """Uploads the replay at this path; otherwise as `upload_file`."""
        with open(filename, "rb") as file:
            self.upload_file(file, filename, ext=ext, mime_type=mime_type, tries=tries)

    def upload_file(
        self,
        file: IO[bytes],
        filename: str | os.PathLike[str],
        ext: str | None = None,
        mime_type: str | None = None,
        tries: int = 10,
    ) -> None:
        """Uploads the replay in an open binary file, from where it stands to its end.

        `mime_type` follows from `ext` ("rmv", "avf"), and `ext` from `filename`; a name
        that says neither is taken for an rmv. The server may ask for the same upload
        again; it gets it, up to `tries` times in all (at least once), then it is
        `ScoreganizerRetry`.

        `ScoreganizerInvalidData`, `ScoreganizerModeConstraintViolated` or
        `ScoreganizerTournamentOver`: the server does not accept the replay.
        """
        # Read once, so that each try sends all of it, also from a file without seek.
        video = (os.path.basename(filename), file.read())
        form = {"mime_type": mime_type or _mime_type(ext or _extension(filename))}
        for done in count(1):
            try:
                self._transport.post("scores/upload", data=form, files={"video": video})
                return
            except ScoreganizerRetry:
                if done >= tries:
                    raise
                time.sleep(PAUSE)


def _extension(filename: str | os.PathLike[str]) -> str:
    return os.path.splitext(filename)[1].removeprefix(".")


def _mime_type(ext: str) -> str:
    return MIME_TYPES.get(ext.lower(), RMV)
