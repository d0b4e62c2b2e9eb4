"""The command: reads the settings, runs the server, and says in one line what went wrong."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from gameserver.assembly import make_server
from gameserver.errors import StartError, StorageFailed
from gameserver.monitoring.logs import open_log
from gameserver.processes.signals import obey_signals
from gameserver.settings import Settings, parse_settings

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the server that a command line asks for; returns the exit code."""
    program = os.path.basename(sys.argv[0])
    if program == "__main__.py":
        program = "python -m gameserver"
    settings = parse_settings(sys.argv[1:] if arguments is None else arguments, program)
    try:
        open_log(settings.logfile)
        server = make_server(settings)
        obey_signals(server)
        server.start()
        announcement = f"listening on {url(server.port, settings)}"
        log.info("%s, %s", announcement, settings.mode)
        announce(f"{program}: {announcement} ({settings.mode})")
        server.serve_forever()
    except StartError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    except StorageFailed as error:
        log.critical("the server ends: %s", error)
        return StorageFailed.EXIT_CODE
    server.server_close()
    log.info("stopped")
    return 0


def announce(line: str) -> None:
    """Prints a line, if anybody is there to read it."""
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until the end)


def url(port: int, settings: Settings) -> str:
    """Where the server is to be found."""
    host = settings.host.strip("[]")
    host = f"[{host}]" if ":" in host else host
    scheme = "https" if settings.certfile else "http"
    return f"{scheme}://{host}:{port}/"
