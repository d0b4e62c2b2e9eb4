"""Settings: what a command line means."""

from __future__ import annotations

import dataclasses
import io
import json
import unittest
from contextlib import redirect_stderr, redirect_stdout

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver import __version__
from gameserver.settings import Settings, parse_settings, shown_settings
from gameserver.web.clients import parse_networks


class SettingsTest(unittest.TestCase):
    """The settings of a command line that is right."""

    def test_defaults(self) -> None:
        """Without a flag the forked server listens on port 8080 of localhost."""
        settings = parse_settings([], "run_server.py")
        self.assertEqual(settings, Settings())
        self.assertEqual((settings.port, settings.host, settings.max_proc), (8080, "localhost", 60))
        self.assertEqual(settings.logfile, "/tmp/basic_test_server.log")
        self.assertFalse(settings.threaded or settings.store_tokens or settings.access_log)

    def test_flags(self) -> None:
        """Every flag sets the field of its name."""
        line = "-p 0 --host ::1 --max_proc 3 --threaded --logfile a --store_tokens --access_log"
        settings = parse_settings(line.split(), "run_server.py")
        expected = Settings(
            port=0, host="::1", max_proc=3, threaded=True, logfile="a", store_tokens=True,
            access_log=True,
        )  # fmt: skip
        self.assertEqual(settings, expected)

    def test_ports(self) -> None:
        """A port goes from 0 to 65535, with either flag."""
        for text in ("0", "1", "65535"):
            self.assertEqual(parse_settings(["-p", text], "").port, int(text))
            self.assertEqual(parse_settings([f"--port={text}"], "").port, int(text))

    def test_mode(self) -> None:
        """The mode has a name."""
        self.assertEqual(Settings().mode, "forked")
        self.assertEqual(Settings(threaded=True).mode, "threaded")

    def test_workers(self) -> None:
        """There is one worker per core but one, and never more than allowed."""
        for cores, max_proc, workers in [
            (4, 60, 3), (4, 4, 4), (4, 2, 2), (2, 60, 1), (2, 2, 2), (1, 60, 1), (128, 60, 60),
            (None, 60, 1),
        ]:  # fmt: skip
            with mock.patch("os.cpu_count", return_value=cores):
                self.assertEqual(Settings(max_proc=max_proc).workers, workers)

    def test_frozen(self) -> None:
        """Settings do not change."""
        with self.assertRaises(dataclasses.FrozenInstanceError):
            Settings().port = 1  # type: ignore[misc]


class MistakeTest(unittest.TestCase):
    """Command lines that are wrong, and the one that asks for help."""

    def run_parser(self, *arguments: str) -> tuple[object, str, str]:
        output, errors = io.StringIO(), io.StringIO()
        with (
            redirect_stdout(output),
            redirect_stderr(errors),
            self.assertRaises(SystemExit) as end,
        ):
            parse_settings(arguments, "run_server.py")
        return end.exception.code, output.getvalue(), errors.getvalue()

    def test_mistakes(self) -> None:
        """A mistake is one line on stderr and exit code 2."""
        for arguments in [
            ["-p", "65536"], ["-p", "-1"], ["-p", "abc"], ["-p", ""], ["-p", "1e3"],
            ["-p", "\u0663"], ["-p", "8_0"], ["-p", "9" * 5000], ["-p"], ["--port"],
            ["--max_proc", "0"], ["--max_proc", "-1"], ["--max_proc", "many"],
            ["--max_proc", "1001"], ["--nothing"], ["more"], ["--threaded=1"],
            ["--thread"], ["--host"], ["-x"], ["--version=1"],
        ]:  # fmt: skip
            code, output, errors = self.run_parser(*arguments)
            self.assertEqual((code, output), (2, ""), arguments)
            self.assertRegex(errors, r"\Arun_server\.py: .+\n\Z")

    def test_empty_paths(self) -> None:
        """An empty path is a mistake, and not the same as leaving the flag out."""
        for name in ("data", "logfile", "replays", "certfile", "keyfile"):
            code, output, errors = self.run_parser(f"--{name}", "")
            self.assertEqual((code, output), (2, ""))
            self.assertIn(f"--{name}: a path cannot be empty", errors)

    def test_version(self) -> None:
        """--version says what it is a version of, and which."""
        self.assertEqual(self.run_parser("--version"), (0, f"gameserver {__version__}\n", ""))

    def test_help(self) -> None:
        """-h says what each flag does and what it is without it."""
        for flag in ("-h", "--help"):
            code, output, errors = self.run_parser(flag)
            self.assertEqual((code, errors), (0, ""))
            for option in dataclasses.fields(Settings):
                self.assertIn(f"--{option.name}", output)
            for word in ("-p", "8080", "localhost", "60", "/tmp/basic_test_server.log"):
                self.assertIn(word, output)


class ShownTest(unittest.TestCase):
    """The settings as the admin sees them."""

    def test_all(self) -> None:
        """All settings are values of JSON, by the names of their flags."""
        settings = Settings(trusted_proxy=parse_networks("10.0.0.0/8"), data="/var/a://b.db")
        shown = shown_settings(settings)
        self.assertEqual(list(shown), [option.name for option in dataclasses.fields(Settings)])
        self.assertEqual(shown["trusted_proxy"], ["10.0.0.0/8"])
        self.assertEqual((shown["cors_origin"], shown["port"]), (["*"], 8080))
        self.assertEqual(shown["data"], "/var/a://b.db")
        self.assertEqual(json.loads(json.dumps(shown)), shown)

    def test_no_password(self) -> None:
        """A password in an URL is left out, however it is written; the rest is shown."""
        for url, expected in [
            ("redis://me:p4ss@host:6379/0", "redis://me:...@host:6379/0"),
            ("redis://:p4ss@host", "redis://:...@host"),
            ("redis://:p4s/s@p4ss@host", "redis://:...@host"),
            ("redis://me@host/0", "redis://me@host/0"),
            ("redis://host?password=p4ss&db=3", "redis://host?password=...&db=3"),
            ("redis://host/0?a=b&Auth_Token=p4ss", "redis://host/0?a=b&Auth_Token=..."),
        ]:
            with self.subTest(url=url):
                self.assertEqual(shown_settings(Settings(data=url))["data"], expected)


if __name__ == "__main__":
    unittest.main()
