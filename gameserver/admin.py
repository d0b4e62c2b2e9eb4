"""`python -m gameserver.admin`: looks after a data file, or a store."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from gameserver.errors import Refused, StartError, StorageFull
from gameserver.monitoring.streams import open_missing_streams
from gameserver.settings import STORE_VARIABLE, Parser, parse_path
from gameserver.storage.redis.maintenance import new_secret
from gameserver.storage.redis.opening import require_package
from gameserver.storage.sqlite import maintenance, passwords, transfer
from gameserver.storage.sqlite.transfer import STANDARD_STREAM


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what a command line asks for; returns the exit code: 2 if it could not."""
    open_missing_streams()
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except StartError as error:
        problem = str(error)
    except StorageFull:
        problem = f"{options.file}: there is no room; nothing was changed"
    except Refused as error:
        problem = error.message
    except maintenance.DatabaseError as error:
        problem = f"{options.file}: {error}"
    except BrokenPipeError:  # of the export's reader
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    except OSError as error:
        problem = f"{error.filename or options.file}: {error.strerror}"
    print(f"gameserver.admin: {problem}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="python -m gameserver.admin",
        description="Looks after a data file, or a store. All but import and password work while"
        " a server runs on it.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, text, argument, argument_text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text)
        metavar, file_text = FIRST.get(name, ("FILE", "the data file"))
        command.add_argument("file", metavar=metavar, type=parse_path, help=file_text)
        if argument:
            other = command.add_argument(
                "other", metavar=argument, type=parse_path, help=argument_text
            )
            if name == "export":
                other.nargs, other.default = "?", STANDARD_STREAM
        command.set_defaults(run=run)
    return parser


def _backup(options: argparse.Namespace) -> int:
    maintenance.backup(options.file, options.other)
    return 0


def _check(options: argparse.Namespace) -> int:
    return 0 if maintenance.check(options.file) else 1


def _export(options: argparse.Namespace) -> int:
    transfer.export(options.file, options.other)
    return 0


def _import(options: argparse.Namespace) -> int:
    transfer.import_(options.file, options.other)
    return 0


def _password(options: argparse.Namespace) -> int:
    passwords.reset(options.file, options.other)
    return 0


def _new_secret(options: argparse.Namespace) -> int:
    new_secret(options.file)
    return 0


def _copy(options: argparse.Namespace) -> int:
    require_package()
    from gameserver.storage.redis.copying import copy

    copy(options.file, options.other)
    return 0


FIRST = {
    "copy": (
        "SOURCE",
        f"a data file, or the address of a Redis; - is the one in {STORE_VARIABLE}",
    ),
    "new-secret": (
        "STORE",
        f"the address of a Redis; - is the one in {STORE_VARIABLE}, which `ps` does not show",
    ),
}
"""The first argument of those commands that are not about a data file."""

COMMANDS = {
    "backup": (_backup, "copy the file as it is now", "COPY", "a file that is not there yet"),
    "check": (_check, "examine the whole file", "", ""),
    "export": (
        _export,
        f"write all settings, names, bans, scores and the audit as CSV: {transfer.HEADER}",
        "CSV",
        "a new file; - is the standard output [default: -]",
    ),
    "import": (
        _import,
        "take in settings, names, bans, audit and the better scores of a CSV file:"
        f" {transfer.HEADER}"
        f" or {transfer.OLD_HEADER}",
        "CSV",
        "the file; - is the standard input",
    ),
    "password": (
        _password,
        "give an account of the tournaments a new password, which is shown",
        "NAME",
        "the account's name",
    ),
    "copy": (
        _copy,
        "copy everything from a data file into an empty Redis, or back, and check it",
        "TARGET",
        "the other one: an empty Redis, or a file that is not there yet",
    ),
    "new-secret": (
        _new_secret,
        "sign session keys with a new secret; the keys of the last one stay valid",
        "",
        "",
    ),
}

if __name__ == "__main__":
    sys.exit(main())
