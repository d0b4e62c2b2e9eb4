"""How a server is put together: settings → stores → application → server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gameserver.app import App, Game
from gameserver.auth.accounts import Accounts
from gameserver.auth.sessions import Sessions, SignedSessions, StoredSessions
from gameserver.durable import DurableApp
from gameserver.errors import StartError
from gameserver.minesweeper.replay_folder import ReplayFolder, check_folder
from gameserver.server.acceptor import MAX_CONNECTIONS
from gameserver.server.base import GameServer
from gameserver.server.listeners import open_listeners
from gameserver.server.threaded import ThreadedServer
from gameserver.settings import Settings
from gameserver.storage.memory.scores import MemoryStore
from gameserver.storage.sqlite.database import Database
from gameserver.storage.sqlite.scores import SqliteStore
from gameserver.storage.sqlite.sessions import SqliteSessions
from gameserver.tournaments.service import Tournaments
from gameserver.web.clients import RateLimit, TrustedProxies
from gameserver.web.errors import StorageFull

if TYPE_CHECKING:
    from gameserver.server.tls import TLS

SPARE_DESCRIPTORS = 32
"""Open files beside the connections: listeners, log, pipes, data file, the way to the owner."""


def make_server(settings: Settings) -> GameServer:
    """The server that the settings ask for, listening; StartError says why there is none."""
    if not settings.threaded and not hasattr(os, "fork"):
        raise StartError("this system cannot fork: use --threaded")
    check_folder(settings.replays)
    tls = make_tls(settings)
    connections = min(MAX_CONNECTIONS, _descriptors() - SPARE_DESCRIPTORS)
    if connections < 1:
        raise StartError(f"too few files may be open: ulimit -n {2 * SPARE_DESCRIPTORS} at least")
    listeners = open_listeners(settings.host, settings.port)
    options = {
        "max_connections": connections,
        "access_log": settings.access_log,
        "proxies": TrustedProxies(settings.trusted_proxy),
        "tls": tls,
    }
    if settings.threaded:
        return ThreadedServer(make_app(settings), listeners, **options)
    from gameserver.processes.forked import ForkedServer  # there is none where there is no fork

    return ForkedServer(lambda: make_app(settings), listeners, settings.workers, **options)


def make_app(settings: Settings) -> App:
    """The application with its stores, in the process that owns the state.

    Without `--data` nothing is written: scores and sessions are in memory, and the tables of
    tournaments in a database that is in memory as well.
    """
    database = Database(settings.data or None)
    try:
        game = make_game(settings, database)
    except BaseException as error:
        database.close()
        if isinstance(error, StorageFull):
            raise StartError(f"there is no room for {settings.data}") from None
        raise
    limit = RateLimit(settings.rate_limit) if settings.rate_limit else None
    return DurableApp(database, game, limit) if settings.data else App(game, limit)


def make_game(settings: Settings, database: Database) -> Game:
    """The services, with their state in memory or, with `--data`, in the file."""
    sessions: Sessions
    if settings.store_tokens:
        sessions = SqliteSessions(database) if settings.data else StoredSessions()
    else:
        sessions = SignedSessions(database.secret("session keys", 32) if settings.data else None)
    return Game(
        sessions=sessions,
        scores=SqliteStore(database) if settings.data else MemoryStore(),
        accounts=Accounts(database),
        tournaments=Tournaments(database, ReplayFolder(settings.replays)),
    )


def make_tls(settings: Settings) -> TLS | None:
    """TLS, if there is a certificate; StartError if it cannot be used."""
    if not settings.certfile:
        if settings.keyfile:
            raise StartError("--keyfile needs --certfile")
        return None
    from gameserver.server.tls import TLS  # costs memory that a plain server can do without

    return TLS(settings.certfile, settings.keyfile)


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
