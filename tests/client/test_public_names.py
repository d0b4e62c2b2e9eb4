"""The documented names, signatures and defaults."""

from __future__ import annotations

import ast
import importlib
import inspect
import pathlib
import sys
import unittest

import scoreganizer_client_lib
from scoreganizer_client_lib import Scoreganizer
from scoreganizer_client_lib.score import Scores
from scoreganizer_client_lib.tournament import Tournament, Tournaments

PACKAGE = pathlib.Path(scoreganizer_client_lib.__file__).parent

SIGNATURES = {
    Scoreganizer: {
        "__init__": {
            "host": "scoreganizer.net",
            "port": 443,
            "https": True,
            "http_adapter": None,
            "auth_filename": None,
        },
        "login": {"username": ..., "password": ...},
        "set_auth_str": {"auth_str": ...},
        "token_status": {},
        "token_status_ok": {},
        "refresh_login": {},
        "refresh_login_if_stale": {},
        "register": {"username": ..., "password": ...},
    },
    Tournaments: {
        "all": {},
        "archive": {},
        "in_progress": {},
        "upcoming": {},
        "active": {},
        "my_active": {},
        "participate": {"tournament": ...},
        "player_confirm": {"tournament": ...},
        "gen_key": {"tournament": ..., "with_expiry": False},
        "get_key": {"tournament": ..., "with_expiry": False},
        "wait_key": {"tournament": ...},
        "detail": {"tournament": ...},
        "standings": {"tournament": ...},
        "create": {
            "name": ...,
            "mode": ...,
            "modeparams": ...,
            "start": ...,
            "end": ...,
            "location": "",
            "open_entry": True,
            "hide_results": False,
        },
        "invite": {"tournament": ..., "username": ...},
        "host_confirm": {"tournament": ..., "username": ...},
        "stop": {"tournament": ...},
    },
    Scores: {
        "upload_file": {
            "file": ...,
            "filename": ...,
            "ext": None,
            "mime_type": None,
            "tries": 10,
        },
        "upload_filename": {"filename": ..., "ext": None, "mime_type": None, "tries": 10},
    },
}
NEEDS = {"requests", "urllib3", PACKAGE.name}  # urllib3 comes with requests


def parameters(function):
    """The positional parameters after self, with their defaults (... where there is none)."""
    return {
        each.name: ... if each.default is each.empty else each.default
        for each in list(inspect.signature(function).parameters.values())[1:]
        if each.kind is each.POSITIONAL_OR_KEYWORD
    }


class NamesTest(unittest.TestCase):
    def test_signatures(self):
        """Every documented call has its documented parameters, in order, with defaults."""
        for owner, calls in SIGNATURES.items():
            for name, expected in calls.items():
                with self.subTest(f"{owner.__name__}.{name}"):
                    found = parameters(getattr(owner, name))
                    self.assertEqual(list(found.items()), list(expected.items()))

    def test_modules(self):
        """The documented modules export what is documented to be in them."""
        for module, name in (
            ("scoreganizer_client_lib", "Scoreganizer"),
            ("scoreganizer_client_lib.scoreganizer", "Scoreganizer"),
            ("scoreganizer_client_lib.tournament", "Tournaments"),
            ("scoreganizer_client_lib.tournament", "Tournament"),
            ("scoreganizer_client_lib.score", "Scores"),
        ):
            self.assertTrue(inspect.isclass(getattr(importlib.import_module(module), name)))

    def test_star_import_of_exceptions(self):
        """`from scoreganizer_client_lib.exceptions import *` brings names that exist."""
        module = importlib.import_module("scoreganizer_client_lib.exceptions")
        for name in module.__all__:
            self.assertTrue(issubclass(getattr(module, name), Exception))

    def test_namespaces(self):
        """The calls are reached over an instance; `tournament` is `tournaments`."""
        client = Scoreganizer()
        self.assertIsInstance(client.tournaments, Tournaments)
        self.assertIs(client.tournament, client.tournaments)
        self.assertIsInstance(client.scores, Scores)

    def test_defaults(self):
        """An instance without arguments is for scoreganizer.net, over HTTPS."""
        client = Scoreganizer()
        self.assertEqual((client.host, client.port, client.https), ("scoreganizer.net", 443, True))
        self.assertIsNone(client.username)

    def test_digest_authentication(self):
        """Both parts of it, as keywords, set up the session; one alone does not."""
        client = Scoreganizer(digest_auth_username="u", digest_auth_password="p")
        self.assertEqual(client.session.auth.username, "u")
        self.assertIsNone(Scoreganizer(digest_auth_username="u").session.auth)

    def test_tournament_is_a_value(self):
        """Equal fields make equal tournaments, which can be keys of a dictionary."""
        data = dict.fromkeys(Tournament.__dataclass_fields__, 1)
        data |= {"start": "2024-05-20", "end": "2024-05-21"}
        first, second = Tournament.deserialize(data), Tournament.deserialize(data)
        self.assertEqual({first: "same"}[second], "same")

    def test_typed(self):
        """The package says that its annotations are meant for others."""
        self.assertTrue((PACKAGE / "py.typed").exists())

    def test_version(self):
        """The package tells its version, in three numbers."""
        self.assertRegex(scoreganizer_client_lib.__version__, r"\A\d+\.\d+\.\d+\Z")

    def test_needs_only_requests(self):
        """Nothing but the standard library and requests is imported, and by its full name."""
        for path in PACKAGE.glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for name in imported(node):
                    with self.subTest(path.name, name=name):
                        self.assertIn(name, NEEDS | sys.stdlib_module_names)


def imported(node):
    """The top packages that a statement imports; a dot for a relative import."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." if node.level else str(node.module).partition(".")[0]]
    return []
