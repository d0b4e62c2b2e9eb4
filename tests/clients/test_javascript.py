"""clients/gameserver.js, in a browser, on a page from another origin than the server."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.browser import WHY_NONE, Browser
from tests.clients.proxy import Answered
from tests.clients.scenario import CLIENTS, DRIVERS, LONG, SUM, Scenario
from tests.support import wait_until

PAGE = '<meta charset="utf-8"><title>A game</title><script type="module" src="game.js"></script>'
FORBIDDEN = """
Object.defineProperty(window, "localStorage", { get() { throw new Error("forbidden"); } });
"""
DRIVER = 'import { run } from "./driver.js"; window.run = run;'

SPOKEN = "const lines = []; console.log = (...words) => { lines.push(words.join(' ')) };"


class Quiet(SimpleHTTPRequestHandler):
    """The site that the game is on."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Page:
    """A page that runs commands: a process of the client, as it were."""

    def __init__(self, browser: Any, url: str, commands: tuple[str, ...]) -> None:
        self._browser = browser
        wait_until(lambda: browser.execute_script("return Boolean(window.run)"), LONG)
        # When all is said the process has ended: a page that is still there sends nothing more.
        script = """
            const end = (said) => {
                window.fetch = () => new Promise(() => {});
                window.said = said;
            };
            window.run(...arguments).then(end, (error) => end([String(error)]));
        """
        browser.execute_script(script, url, commands)

    def lines(self) -> list[str]:
        return list(wait_until(lambda: self._browser.execute_script("return window.said"), LONG))


class JavaScriptTest(Scenario):
    """A new process of the client is a page that is loaded anew; its saves are localStorage."""

    language = "js"

    @classmethod
    def why_not(cls) -> str:
        return WHY_NONE

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.pages = cls.world / "pages"
        cls.pages.mkdir()
        (cls.pages / "index.html").write_text(PAGE)
        for file in (CLIENTS / "gameserver.js", DRIVERS / "driver.js"):
            shutil.copy(file, cls.pages)
        cls.site = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(cls.pages)))
        cls.addClassCleanup(cls.site.server_close)
        cls.addClassCleanup(cls.site.shutdown)
        threading.Thread(target=cls.site.serve_forever, args=(0.02,), daemon=True).start()
        browser = Browser()
        cls.addClassCleanup(browser.close)
        cls.browser = browser.driver

    def setUp(self) -> None:
        super().setUp()
        self.load("")
        self.browser.execute_script("localStorage.clear()")

    def tearDown(self) -> None:
        """The browser has not asked first whether it may ask."""
        super().tearDown()
        self.assertEqual([seen for seen in self.proxy.seen if seen.method == "OPTIONS"], [])

    def load(self, script: str) -> None:
        """Loads the page with this script."""
        (self.pages / "game.js").write_text(script)
        self.browser.get(f"http://127.0.0.1:{self.site.server_port}/")

    def test_without_storage(self) -> None:
        """Where the browser forbids localStorage, a game posts as long as its page is open."""
        self.plan_for_posts(Answered(503))
        self.load(f"{FORBIDDEN}{DRIVER}")
        page = Page(self.browser, self.proxy.url, (f"post:{SUM}:1", "drain"))
        said = ["post queued 1 of_the_proxy", "went 8 1 1", "flush queued 0"]
        self.assertEqual(self.end(page), said)

    def begin(self, *commands: str) -> Any:
        self.load(DRIVER)
        return Page(self.browser, self.proxy.url, commands)

    def end(self, process: Any) -> list[str]:
        return [line.rstrip() for line in process.lines()]

    def run_example(self, example: str) -> list[str]:
        self.load(f"{SPOKEN}{example}window.said = lines;")
        return list(wait_until(lambda: self.browser.execute_script("return window.said"), LONG))

    def abandon(self, process: Any) -> None:
        self.browser.get("about:blank")

    def damage(self) -> None:
        """A browser's storage keeps whole values; so this is what its user edited."""
        script = """
            const queue = JSON.parse(localStorage.getItem("gameserver-queue"));
            localStorage.setItem("gameserver-queue", JSON.stringify([queue[0], 5, null]));
        """
        self.browser.execute_script(script)


del Scenario  # it is abstract
