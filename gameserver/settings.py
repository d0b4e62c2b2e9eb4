"""The settings of a server: one table for the command line, its help and the README."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NoReturn

from gameserver import __version__
from gameserver.numbers import parse_number
from gameserver.web.clients import Network, parse_networks
from gameserver.web.cors import parse_origins

DEFAULT_LOG = "/tmp/basic_test_server.log"
STORE_VARIABLE = "GAMESERVER_STORE"
"""The variable of the environment that may stand for `--store`."""
MODES = ("optional", "required", "off")
"""Of secrets: players may claim users, must, or cannot."""


def _number(what: str, lowest: int, highest: int) -> Callable[[str], int]:
    """Reads a number; `what` says in the error what the numbers mean."""

    def parse(text: str) -> int:
        try:
            return parse_number(text, lowest, highest)
        except ValueError:
            raise argparse.ArgumentTypeError(what) from None

    return parse


_port = _number("a port is a number from 0 (any free one) to 65535", 0, 65535)
_processes = _number("the number of processes goes from 1 to 1000", 1, 1000)
_limit = _number("a limit goes from 1 to 1000000 a second; 0: none", 0, 1_000_000)
_count = _number("a limit of levels or scores goes from 1 to 1000000000", 1, 1_000_000_000)
_replicas = _number("the number of replicas goes from 0 to 100", 0, 100)
_seasons = _number("the number of past seasons goes from 0 to 1000", 0, 1000)


def _origins(text: str) -> tuple[str, ...]:
    try:
        return parse_origins(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return parse_networks(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "a proxy is an address like 127.0.0.1 or a network like 10.0.0.0/8"
        ) from None


def parse_path(text: str) -> str:
    """The path; an empty one is a mistake, such as a variable of a shell that is not set."""
    if not text:
        raise argparse.ArgumentTypeError("a path cannot be empty")
    return text


def _store(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("a store cannot be empty")
    if "@" in text:
        raise argparse.ArgumentTypeError(
            f"everybody on the machine sees a password here: put the store into {STORE_VARIABLE}"
        )
    return text


def _mode(text: str) -> str:
    if text not in MODES:
        raise argparse.ArgumentTypeError(f"secrets are one of {', '.join(MODES)}")
    return text


def _option(
    default: Any, text: str, *short: str, parse: Callable[[str], Any] | None = None
) -> Any:
    return field(default=default, metadata={"help": text, "short": short, "parse": parse})


@dataclass(frozen=True)
class Settings:
    """The operator's choices. A field is a flag of the same name."""

    port: int = _option(8080, "port to listen on; 0 takes a free one", "-p", parse=_port)
    host: str = _option("localhost", "name or address to listen on, on all its addresses")
    max_proc: int = _option(
        60,
        "at most this many worker processes; by default one per core but one (forked server only)",
        parse=_processes,
    )
    threaded: bool = _option(
        False, "one process instead of several: the fastest way on one or two cores"
    )
    data: str = _option(
        "",
        "file to keep scores, accounts and tournaments in; without it they are lost when the"
        " server ends",
        parse=parse_path,
    )
    store: str = _option(
        "",
        "Redis to keep everything in, which any number of servers share: redis://host:6379/0, or"
        f" rediss:// for TLS; with a password it belongs in the variable {STORE_VARIABLE}",
        parse=_store,
    )
    redis_wait: int = _option(
        0, "answer when at least this many replicas of the Redis have it, too", parse=_replicas
    )
    logfile: str = _option(
        DEFAULT_LOG, "path of the log file; - is the standard output", parse=parse_path
    )
    store_tokens: bool = _option(
        False, "remember session keys: only the newest key of a user is valid"
    )
    replays: str = _option(
        "",
        "folder to keep the replays of tournaments in; without it only their results are kept",
        parse=parse_path,
    )
    max_levels: int = _option(
        100_000, "keep at most this many levels with scores or settings", parse=_count
    )
    max_scores: int = _option(
        20_000_000, "keep at most this many scores, some 40 bytes each", parse=_count
    )
    keep_seasons: int = _option(
        12, "keep this many past seasons of a level that is reset", parse=_seasons
    )
    access_log: bool = _option(False, "log every request as well")
    rate_limit: int = _option(
        0, "answer at most this many requests a second per client address; 0: all", parse=_limit
    )
    trusted_proxy: tuple[Network, ...] = _option(
        (),
        "believe X-Forwarded-For of these addresses or networks, separated by commas",
        parse=_networks,
    )
    admin_token_file: str = _option(
        "",
        "file with the admin's token, made if it is not there; without it there is no admin",
        parse=parse_path,
    )
    secrets: str = _option(
        MODES[0], "whether players may claim users with a secret: " + ", ".join(MODES), parse=_mode
    )
    cors_origin: tuple[str, ...] = _option(
        ("*",),
        "pages of these origins may read and play, separated by commas; *: any",
        parse=_origins,
    )
    blocked_names: str = _option(
        "", "file with what no name may have in it: a word or a /regex/ a line", parse=parse_path
    )
    certfile: str = _option("", "speak TLS with the certificate in this PEM file", parse=parse_path)
    keyfile: str = _option(
        "", "the certificate's key, if it is not in the same file", parse=parse_path
    )

    @property
    def mode(self) -> str:
        return "threaded" if self.threaded else "forked"

    @property
    def workers(self) -> int:
        """How many worker processes the forked server has.

        `max_proc` where there is a core for each of them. Else one for each core but one, which
        the owner of the scores needs for itself: with more, batches are smaller and a request
        costs more.
        """
        cores = os.cpu_count() or 1
        return self.max_proc if self.max_proc <= cores else max(1, cores - 1)


DEFAULTS = Settings()

_PASSWORD = re.compile("(?<=://)([^:@/]*):.*@", re.DOTALL)
_SECRET = re.compile("([?&][^=&#]*(?:password|secret|token)[^=&#]*=)[^&#]*", re.IGNORECASE)


def shown_settings(settings: Settings) -> dict[str, Any]:
    """All settings as values of JSON, by the names of their flags; no secret is in them.

    A password in an URL has three dots in its place.
    """
    names = [option.name for option in fields(settings)]
    return {name: _shown_value(getattr(settings, name)) for name in names}


def _shown_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_shown_value(str(each)) for each in value]
    if isinstance(value, str) and "://" in value:
        return _SECRET.sub(r"\1...", _PASSWORD.sub(r"\1:...@", value))
    return value


class Parser(argparse.ArgumentParser):
    """The parser of all commands."""

    def error(self, message: str) -> NoReturn:
        """A mistake on the command line is one line, without the usage in front."""
        self.exit(2, f"{self.prog}: {message} (-h for help)\n")


def _shown(default: object) -> object:
    """A default as the help shows it."""
    return ", ".join(default) or "none" if isinstance(default, tuple) else default or "none"


def parse_settings(arguments: Sequence[str], program: str) -> Settings:
    """The settings that a command line asks for; prints and exits for `-h` and for mistakes."""
    parser = Parser(
        prog=program,
        description="A game score server.",
        allow_abbrev=False,
        argument_default=argparse.SUPPRESS,  # the fields of `Settings` have them
    )
    parser.add_argument("--version", action="version", version=f"gameserver {__version__}")
    for option in fields(Settings):
        names = [*option.metadata["short"], f"--{option.name}"]
        text = option.metadata["help"]
        if option.type == "bool":
            parser.add_argument(*names, action="store_true", help=text)
        else:
            parser.add_argument(
                *names,
                type=option.metadata["parse"],
                metavar=option.name.upper(),
                help=f"{text} [default: {_shown(option.default)}]",
            )
    return Settings(**vars(parser.parse_args(arguments)))
