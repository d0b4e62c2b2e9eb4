"""The scripts of the scores, as they are packed and as Redis reads them."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unittest
import zipfile
from dataclasses import replace
from pathlib import Path

from gameserver.numbers import MAX_NUMBER
from tests.redis_server import require_redis, shared_redis
from tests.support import ROOT

FOLDER = ROOT / "gameserver" / "storage" / "redis" / "scores" / "scripts"


class PackingTest(unittest.TestCase):
    """Scripts are data of the package."""

    def test_from_a_zip(self) -> None:
        """They can be read where the server is one zip file."""
        require_redis()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        archive = Path(folder, "server.zip")
        with zipfile.ZipFile(archive, "w") as packed:
            for path in (ROOT / "gameserver").rglob("*"):
                if path.suffix in (".py", ".lua"):
                    packed.write(path, path.relative_to(ROOT))
        code = (
            f"import sys; sys.path.insert(0, {str(archive)!r});"
            "from gameserver.storage.redis.scores.score_scripts import SCORE_SCRIPTS;"
            "import gameserver; print(gameserver.__file__, *(len(s.text) for s in SCORE_SCRIPTS))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, timeout=60
        )
        self.assertEqual(done.stderr, "")
        where, *sizes = done.stdout.split()
        self.assertIn("server.zip", where)
        self.assertGreater(min(map(int, sizes)), 500)


class TextTest(unittest.TestCase):
    """How scripts are written."""

    def test_width(self) -> None:
        """Lines are as short as those of Python."""
        for path in FOLDER.iterdir():
            widest = max(map(len, path.read_text().splitlines()))
            self.assertLessEqual(widest, 100, path.name)

    def test_keys(self) -> None:
        """Every key of a script is one that the table of keys names."""
        from gameserver.storage.redis.scores import score_keys

        named = set(re.findall(r"`([a-z:]+?):?(?:<.*?>|…)?`", score_keys.__doc__ or ""))
        for path in FOLDER.iterdir():
            for found in re.findall(r"tag \.\. '([a-z_]+)", path.read_text()):
                self.assertIn(found, named | {"rules"}, path.name)


class LoadedTest(unittest.TestCase):
    """Scripts on a real Redis."""

    def test_forgotten(self) -> None:
        """Scripts that Redis has forgotten are loaded again, and nobody notices."""
        redis = shared_redis()
        from tests.storage.redis.stores import open_server

        store = open_server(self, redis.url).scores
        for score in (5, 6, 7):
            store.submit(1, 7, score)
            redis.ask("SCRIPT", "FLUSH")
        self.assertEqual(store.high_scores(1), b"7=7")

    def test_edges(self) -> None:
        """Scores at all edges are read back exactly, the first to arrive and others."""
        redis = shared_redis()
        from tests.storage.redis.stores import open_server

        store = open_server(self, redis.url).scores
        store.configure(2, lambda old: replace(old, order="asc"))
        powers = (0, 1, 2, 8, 16, 24, 29, 30, 31)
        scores = sorted({min(2**n + d, MAX_NUMBER) for n in powers for d in (-1, 0, 1)})
        users = {score: 2 * at for at, score in enumerate(scores)}
        for arrival in range(2):
            for score, user in users.items():
                for level in (1, 2):
                    store.submit(level, user + arrival, score)
        for level, order in ((1, reversed(scores)), (2, iter(scores))):
            wanted = [(users[score] + n, score) for score in order for n in range(2)]
            text = b",".join(b"%d=%d" % each for each in wanted[:15])
            self.assertEqual(store.high_scores(level), text)
            while len(wanted) > 15:  # all of them, seen through the window of the first 15
                store.remove(level, wanted.pop(0)[0])
                text = b",".join(b"%d=%d" % each for each in wanted[:15])
                self.assertEqual(store.high_scores(level), text)


if __name__ == "__main__":
    unittest.main()
