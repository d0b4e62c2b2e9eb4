"""The command: settings → stores → application → server."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gameserver.app import App, Game
from gameserver.clients import RateLimit, TrustedProxies
from gameserver.door import MAX_CONNECTIONS
from gameserver.errors import StartError, StorageFailed, StorageFull
from gameserver.listeners import open_listeners
from gameserver.logs import open_log
from gameserver.scores.memory import MemoryStore
from gameserver.scores.sessions import SignedSessions, StoredSessions
from gameserver.server import GameServer, obey_signals
from gameserver.settings import Settings, parse_settings
from gameserver.threaded import ThreadedServer

if TYPE_CHECKING:
    from gameserver.tls import TLS

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
        obey_signals(server)
        server.start()
        announcement = f"listening on {url(server, settings)}"
        log.info("%s, %s", announcement, settings.mode)
        print(f"{program}: {announcement} ({settings.mode})", flush=True)
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


def make_server(settings: Settings) -> GameServer:
    """The server that the settings ask for, listening; StartError says why there is none."""
    open_log(settings.logfile)
    if not settings.threaded and not hasattr(os, "fork"):
        raise StartError("this system cannot fork: use --threaded")
    listeners = open_listeners(settings.host, settings.port)
    connections = min(MAX_CONNECTIONS, _descriptors() - SPARE_DESCRIPTORS)
    if connections < 1:
        raise StartError(f"too few files may be open: ulimit -n {2 * SPARE_DESCRIPTORS} at least")
    options = {
        "max_connections": connections,
        "access_log": settings.access_log,
        "proxies": TrustedProxies(settings.trusted_proxy),
        "tls": make_tls(settings),
    }
    if settings.threaded:
        return ThreadedServer(make_app(settings), listeners, **options)
    from gameserver.forked import ForkedServer

    return ForkedServer(lambda: make_app(settings), listeners, settings.workers, **options)


def make_app(settings: Settings) -> App:
    """The application with its stores, in the process that owns the state."""
    if settings.data:
        return make_durable_app(settings)
    sessions = StoredSessions() if settings.store_tokens else SignedSessions()
    return App(Game(sessions, MemoryStore()), make_limit(settings))


def make_limit(settings: Settings) -> RateLimit | None:
    return RateLimit(settings.rate_limit) if settings.rate_limit else None


def make_tls(settings: Settings) -> TLS | None:
    """TLS, if there is a certificate; StartError if it cannot be used."""
    if not settings.certfile:
        if settings.keyfile:
            raise StartError("--keyfile needs --certfile")
        return None
    from gameserver.tls import TLS  # costs memory that a plain server can do without

    return TLS(settings.certfile, settings.keyfile)


def make_durable_app(settings: Settings) -> App:
    """The application whose state is in the data file; StartError if that cannot be used."""
    # Here, since SQLite costs time and memory that a server without a file can do without.
    from gameserver.database import Database
    from gameserver.durable import DurableApp
    from gameserver.scores.sqlite import SqliteStore
    from gameserver.scores.sqlite_sessions import SqliteSessions

    database = Database(settings.data)
    try:
        sessions = (
            SqliteSessions(database)
            if settings.store_tokens
            else SignedSessions(database.secret("session keys", 32))
        )
        return DurableApp(database, Game(sessions, SqliteStore(database)), make_limit(settings))
    except BaseException as error:
        database.close()
        if isinstance(error, StorageFull):
            raise StartError(f"there is no room for {settings.data}") from None
        raise


def url(server: GameServer, settings: Settings) -> str:
    """Where the server is to be found."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    scheme = "https" if settings.certfile else "http"
    return f"{scheme}://{host}:{server.server_address[1]}/"


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
