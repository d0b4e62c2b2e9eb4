"""The command: settings → stores → application → server."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

from gameserver.app import App, Game
from gameserver.database import Database
from gameserver.errors import StartError
from gameserver.listeners import open_listeners
from gameserver.logs import open_log
from gameserver.scores.memory import MemoryStore
from gameserver.scores.sessions import SignedSessions, StoredSessions
from gameserver.server import MAX_CONNECTIONS, GameServer, stop_on_signals
from gameserver.settings import Settings, parse_settings
from gameserver.threaded import ThreadedServer
from gameserver.tournaments.accounts import Accounts
from gameserver.tournaments.replay_folder import ReplayFolder, check_folder
from gameserver.tournaments.service import Tournaments

log = logging.getLogger(__name__)

SPARE_DESCRIPTORS = 32
"""Open files beside the connections: listeners, logs, pipes, the way to the owner."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the server that a command line asks for; returns the exit code."""
    program = os.path.basename(sys.argv[0])
    if program == "__main__.py":
        program = "python -m gameserver"
    settings = parse_settings(sys.argv[1:] if arguments is None else arguments, program)
    try:
        server = make_server(settings)
        stop_on_signals(server)
        announcement = f"listening on {url(server, settings)}"
        log.info("%s, %s", announcement, settings.mode)
        print(f"{program}: {announcement} ({settings.mode})", flush=True)
        server.serve_forever()
    except StartError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    server.server_close()
    log.info("stopped")
    return 0


def make_server(settings: Settings) -> GameServer:
    """The server that the settings ask for, listening; StartError says why there is none."""
    open_log(settings.logfile)
    if not settings.threaded and not hasattr(os, "fork"):
        raise StartError("this system cannot fork: use --threaded")
    check_folder(settings.replays)
    listeners = open_listeners(settings.host, settings.port)
    connections = min(MAX_CONNECTIONS, _descriptors() - SPARE_DESCRIPTORS)
    options = {"max_connections": connections, "access_log": settings.access_log}
    if settings.threaded:
        return ThreadedServer(make_app(settings), listeners, **options)
    from gameserver.forked import ForkedServer

    return ForkedServer(lambda: make_app(settings), listeners, settings.workers, **options)


def make_app(settings: Settings) -> App:
    """The application with its stores, in the process that owns the state."""
    sessions = StoredSessions() if settings.store_tokens else SignedSessions()
    database = Database(None)
    tournaments = Tournaments(database, ReplayFolder(settings.replays))
    return App(Game(sessions, MemoryStore(), Accounts(database), tournaments))


def url(server: GameServer, settings: Settings) -> str:
    """Where the server is to be found."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{server.server_address[1]}/"


def _descriptors() -> int:
    """How many files this process may have open, after asking for as many as it may."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_CONNECTIONS + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + SPARE_DESCRIPTORS
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
