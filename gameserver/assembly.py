"""How a server is put together: settings → engine → services → application → server."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gameserver import __version__
from gameserver.app import App
from gameserver.auth.accounts import Accounts
from gameserver.auth.admin_token import admin_token
from gameserver.auth.claims import Claims
from gameserver.auth.game_tokens import GameTokens
from gameserver.errors import StartError
from gameserver.minesweeper.modes import MODES
from gameserver.minesweeper.replay_folder import ReplayFolder, check_folder
from gameserver.minesweeper.uploads import ReadGame, Uploads, read_here
from gameserver.monitoring.metrics import Metrics
from gameserver.monitoring.minutes import Minutes
from gameserver.monitoring.progress import Progress
from gameserver.monitoring.usage import tree_memory
from gameserver.scores.blocked_names import NONE_BLOCKED, read_blocked_names
from gameserver.scores.moderation import Moderation
from gameserver.scores.values import Limits
from gameserver.server.acceptor import MAX_CONNECTIONS
from gameserver.server.base import ServerOptions
from gameserver.server.listeners import open_listeners
from gameserver.server.threaded import ThreadedServer
from gameserver.server.turns import MAX_OWED
from gameserver.services import Services
from gameserver.settings import DEFAULTS, Settings
from gameserver.storage.engine import Engine, check_store, chosen_store, open_engine
from gameserver.times import Clock, server_clock
from gameserver.tournaments.levels import LEVELS, Levels, settled
from gameserver.tournaments.modes import Modes
from gameserver.tournaments.posts import KeyedPosts
from gameserver.tournaments.service import Tournaments
from gameserver.urls import error_formats, urlpatterns
from gameserver.views.pages import assets
from gameserver.web.clients import RateLimit, TrustedProxies
from gameserver.web.cors import ANYBODY, CrossOrigin
from gameserver.web.etags import Pages
from gameserver.web.routing import Router

if TYPE_CHECKING:
    from gameserver.processes.forked import ForkedServer
    from gameserver.processes.shared import SharedState
    from gameserver.server.tls import TLS

SPARE_DESCRIPTORS = 32
"""Open files beside the connections: listeners, log, pipes, data file, the way to the owner."""


def make_server(settings: Settings) -> ThreadedServer | ForkedServer:
    """The server that the settings ask for, listening; StartError says why there is none."""
    if not settings.threaded and not hasattr(os, "fork"):
        raise StartError("this system cannot fork: use --threaded")
    check_folder(settings.replays)
    tls = make_tls(settings)
    connections = min(MAX_CONNECTIONS, _descriptors() - SPARE_DESCRIPTORS)
    if connections < 1:
        raise StartError(f"too few files may be open: ulimit -n {2 * SPARE_DESCRIPTORS} at least")
    listeners = open_listeners(settings.host, settings.port)
    proxies = TrustedProxies(settings.trusted_proxy)
    processes = 1 if settings.threaded else settings.workers
    owed = MAX_OWED // processes
    options = ServerOptions(connections, settings.access_log, proxies, tls, owed)
    router = make_router(settings.cors_origin)
    if settings.threaded:
        return ThreadedServer(make_app(settings, router), listeners, options)
    from gameserver.processes.forked import ForkedServer  # there is none where there is no fork

    return ForkedServer(
        partial(make_app, settings, router),
        router,
        listeners,
        settings.workers,
        options,
        # A rate limit counts them too, and is the owner's.
        answers_known=not settings.rate_limit,
        shared=_shared_state(settings, router),
    )


def _shared_state(settings: Settings, router: Router) -> SharedState | None:
    """What processes have in common that share a store; None if one of them owns the state."""
    store = chosen_store(settings.store, settings.data, os.environ)
    if not store:
        return None
    from gameserver.processes.shared import SharedState

    metrics = make_metrics(settings, os.getpid())
    return SharedState(partial(check_store, store), partial(make_app, settings, router), metrics)


def make_router(cross_origin: Sequence[str] = (ANYBODY,)) -> Router:
    """The router of the whole API, which pages of these origins may use.

    The files of the server's own pages are read now, once for all processes.
    """
    assets()
    return Router(urlpatterns, error_formats, CrossOrigin(cross_origin))


def make_metrics(settings: Settings, root: int) -> Metrics:
    """The metrics of a server whose first process is `root`."""
    python = ".".join(map(str, sys.version_info[:3]))
    return Metrics(
        build={"version": __version__, "python": python, "mode": settings.mode},
        minutes=Minutes(measure_memory=partial(tree_memory, root)),
    )


def make_app(settings: Settings, router: Router, metrics: Metrics | None = None) -> App:
    """The application with everything that it keeps, in the process that owns the state.

    Where several have one they count in common `metrics`.
    """
    engine = _open_engine(settings)
    # What has been loaded stays: the garbage collector need not look through it again and again,
    # which would hold up everybody for a tenth of a second with 100,000 tournaments.
    gc.collect()
    gc.freeze()
    limit = RateLimit(settings.rate_limit) if settings.rate_limit else None
    # The first process of a forked server is the parent of the owner.
    root = os.getpid() if settings.threaded else os.getppid()
    metrics = metrics or make_metrics(settings, root)
    services = make_services(engine, settings, metrics, _reading())
    if engine.shared:
        from gameserver.shared_app import SharedApp  # costs memory that others can do without

        return SharedApp(router, services, engine, limit)
    return App(router, services, engine, limit)


def _open_engine(settings: Settings) -> Engine:
    return open_engine(
        settings.data,
        settings.store_tokens,
        Limits(settings.max_levels, settings.max_scores, settings.keep_seasons),
        _follow,
        store=chosen_store(settings.store, settings.data, os.environ),
        redis_wait=settings.redis_wait,
    )


def make_services(
    engine: Engine,
    settings: Settings = DEFAULTS,
    metrics: Metrics | None = None,
    read: ReadGame = read_here,
    clock: Clock = server_clock,
) -> Services:
    """The services, on what the engine keeps; StartError if a file of theirs cannot be used.

    `read` reads replays.
    """
    draw = engine.randomness
    tournaments = make_tournaments(engine, clock)
    moderation = Moderation(engine.scores, engine.batch, slice_batch=engine.unsynced_batch)
    moderation.finish()
    blocked = settings.blocked_names
    return Services(
        sessions=engine.sessions,
        scores=engine.scores,
        moderation=moderation,
        accounts=Accounts(engine.accounts, randomness=draw, throttle=engine.throttle),
        claims=Claims(engine.claims, engine.scores.is_known, settings.secrets, clock, draw),
        game_tokens=GameTokens(engine.game_tokens, clock, draw),
        tournaments=tournaments,
        keyed_posts=KeyedPosts(tournaments, clock, draw),
        uploads=Uploads(tournaments, ReplayFolder(settings.replays), read),
        metrics=metrics or Metrics(minutes=Minutes(clock)),
        settings=settings,
        # Versions of a shared store never come again, and all its servers name them alike.
        pages=Pages(bytes) if engine.shared else Pages(),
        admin=admin_token(settings.admin_token_file, os.environ),
        blocked_names=read_blocked_names(blocked) if blocked else NONE_BLOCKED,
    )


def make_tournaments(engine: Engine, clock: Clock = server_clock) -> Tournaments:
    """The tournaments: those of Minesweeper, and those on levels of the game."""

    def order_of(level_id: int) -> str:
        with engine.batch():
            return engine.scores.settings(level_id).order

    modes: Modes = {**MODES, LEVELS: Levels}
    settle = {LEVELS: partial(settled, order_of=order_of)}
    return Tournaments(engine.tournaments, modes, clock, engine.randomness, settle)


def _reading() -> ReadGame:
    """What reads replays: processes of their own, where a socket can be handed to them."""
    if os.name != "posix":
        return read_here
    from gameserver.minesweeper.readers import Readers

    return Readers().read


def _follow(label: str, total: int, chunks: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """Shows on a terminal how far loading is."""
    return Progress(label, total).follow(chunks)


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
