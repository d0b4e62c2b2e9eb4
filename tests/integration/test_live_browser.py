"""Live boards in a real browser: its EventSource, on a page of another origin."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from tests.browser import LONG, Browser, needs_browser
from tests.raw_client import Client, request_bytes
from tests.servers import ServerProcess
from tests.support import free_port, wait_until

PAGE = b"""\
<!doctype html>
<title>watching</title>
<script>
const seen = {opens: 0, boards: [], ids: [], failed: false};
function watch(url) {
    const live = new EventSource(url);
    live.onopen = () => { seen.opens += 1; };
    live.onerror = () => { seen.failed = live.readyState == EventSource.CLOSED; };
    live.addEventListener("board", event => {
        seen.boards.push(JSON.parse(event.data));
        seen.ids.push(event.lastEventId);
    });
}
</script>
"""

RETRY_SECONDS = 30
"""A browser comes back after 5 s at most, on a machine that has nothing else to do."""


class Page(BaseHTTPRequestHandler):
    """A site of its own."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: nobody reads it."""


@needs_browser
class BrowserTest(unittest.TestCase):
    browser: ClassVar[Browser]
    site: ClassVar[ThreadingHTTPServer]

    @classmethod
    def setUpClass(cls) -> None:
        cls.site = ThreadingHTTPServer(("127.0.0.1", 0), Page)
        cls.addClassCleanup(cls.site.server_close)
        threading.Thread(target=cls.site.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.site.shutdown)
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def start(self, *flags: str) -> ServerProcess:
        server = ServerProcess(*flags)
        self.addCleanup(server.kill)
        return server

    def watch(self, server: ServerProcess, levels: str) -> None:
        """Opens the page, which is another site's than the server."""
        self.browser.open(f"http://127.0.0.1:{self.site.server_address[1]}/", is_ready=False)
        self.run_script("watch(arguments[0])", f"{server.url}api/live?levels={levels}")

    def run_script(self, script: str, *arguments: object) -> Any:
        return self.browser.run(script, *arguments)

    def seen(self, name: str) -> Any:
        return self.run_script(f"return seen.{name}")

    def scores(self) -> list[int]:
        """The best score of each board that has come, in turn; 0 where there is none."""
        return [max([e["score"] for e in board["entries"]], default=0)
                for board in self.seen("boards")]  # fmt: skip

    def play(self, server: ServerProcess, score: int, level_id: int = 7) -> None:
        with Client(server.address) as client:
            key = client.ask(request_bytes("GET", "/1/login")).body.decode()
            target = f"/{level_id}/score?sessionkey={key}"
            reply = client.ask(request_bytes("POST", target, b"%d" % score))
            self.assertEqual(reply.status, 200)

    def assert_scores(self, *expected: int) -> None:
        """These come in the end, and nothing else."""
        wait_until(lambda: len(self.scores()) >= len(expected), RETRY_SECONDS)
        self.assertEqual(self.scores(), list(expected))
        self.assertFalse(self.seen("failed"))

    def test_watch(self) -> None:
        """A page of another site sees the board at once and each change."""
        server = self.start("--threaded")
        self.watch(server, "7")
        self.assert_scores(0)
        self.play(server, 5)
        self.assert_scores(0, 5)
        self.play(server, 6)
        self.assert_scores(0, 5, 6)
        self.assertEqual(len(set(self.seen("ids"))), 3)

    def test_restart(self) -> None:
        """The browser comes back to the next server on the same port by itself."""
        with tempfile.TemporaryDirectory() as folder:
            flags = ("--threaded", "--data", str(Path(folder, "game.db")), "-p", str(free_port()))
            server = self.start(*flags)
            self.watch(server, "7")
            self.assert_scores(0)
            self.play(server, 5)
            self.assert_scores(0, 5)
            server.stop()
            server = self.start(*flags)
            wait_until(lambda: self.seen("opens") == 2, RETRY_SECONDS)
            self.assert_scores(0, 5, 5)
            self.play(server, 6)
            self.assert_scores(0, 5, 5, 6)

    def test_resume(self) -> None:
        """When its connection breaks it comes back with its id, and gets nothing twice."""
        server = self.start("--max_proc", "1")
        self.watch(server, "7,8")
        self.assert_scores(0, 0)
        self.play(server, 5)
        self.assert_scores(0, 0, 5)
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: self.seen("opens") == 2, RETRY_SECONDS)
        self.play(server, 6, 8)
        self.assert_scores(0, 0, 5, 6)

    def test_chosen_origins(self) -> None:
        """With --cors_origin only pages of these sites may watch."""
        site = f"http://127.0.0.1:{self.site.server_address[1]}"
        self.watch(self.start("--threaded", "--cors_origin", site), "7")
        self.assert_scores(0)
        self.watch(self.start("--threaded", "--cors_origin", "https://a.example"), "7")
        wait_until(lambda: self.seen("failed"), LONG)
        self.assertEqual(self.scores(), [])


if __name__ == "__main__":
    unittest.main()
