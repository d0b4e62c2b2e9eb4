"""The command: reads the settings, runs the server, and says in one line what went wrong."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from gameserver.assembly import make_server
from gameserver.errors import StartError, StorageFailed
from gameserver.monitoring.logs import open_log
from gameserver.monitoring.streams import open_missing_streams, say
from gameserver.processes.signals import obey_signals
from gameserver.settings import DEFAULT_LOG, Settings, parse_settings

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the server that a command line asks for; returns the exit code."""
    open_missing_streams()
    program = os.path.basename(sys.argv[0])
    if program == "__main__.py":
        program = "python -m gameserver"
    settings = parse_settings(sys.argv[1:] if arguments is None else arguments, program)
    try:
        start_log(settings.logfile, program)
        server = make_server(settings)
        obey_signals(server)
        server.start()
        announcement = f"listening on {url(server.port, settings)}"
        log.info("%s, %s", announcement, settings.mode)
        say(f"{program}: {announcement} ({settings.mode})")
        server.serve_forever()
    except StartError as error:
        say(f"{program}: {error}", "stderr")
        return 2
    except StorageFailed as error:
        log.critical("the server ends: %s", error)
        return StorageFailed.EXIT_CODE
    server.server_close()
    log.info("stopped")
    return 0


def start_log(path: str, program: str) -> None:
    """Sends the log where the operator wants it; StartError if that is not possible.

    Nobody has chosen the default, and others can write beside it: only a file of this user's is
    taken there, and the log goes to stderr if there is none.
    """
    if path != DEFAULT_LOG:
        open_log(path)
        return
    try:
        open_log(path, private=True)
    except StartError as error:
        open_log("/dev/stderr")
        say(f"{program}: {error}; the log goes to stderr", "stderr")


def url(port: int, settings: Settings) -> str:
    """Where the server is to be found."""
    host = settings.host.strip("[]")
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.certfile else "http"
    return f"{scheme}://{host}:{port}/"
