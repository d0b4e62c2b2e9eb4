"""A game on another origin, in a real browser."""

from __future__ import annotations

from gameserver.web.messages import HTML, Request, Response
from gameserver.web.routing import path
from tests.browser import BrowserCase
from tests.support import running

PLAY = """
const [server, done] = [arguments[0], arguments[1]];
(async () => {
  const key = await (await fetch(`${server}/42/login`)).text();
  await fetch(`${server}/3/score?sessionkey=${key}`, { method: "POST", body: "1500" });
  const posted = await (await fetch(`${server}/api/levels/3/scores?sessionkey=${key}`, {
    method: "POST", headers: { "Content-Type": "text/plain" },
    body: JSON.stringify({ score: 1600, meta: { car: "red" } }),
  })).json();
  const list = await (await fetch(`${server}/3/highscorelist`)).text();
  const board = await fetch(`${server}/api/levels/3`);
  const live = new EventSource(`${server}/api/live?levels=3`);
  live.addEventListener("board", ({ data }) => {
    live.close();
    done([posted.rank, list, board.headers.has("ETag"), JSON.parse(data).players]);
  });
})().catch((error) => done(`${error}`));
"""


def host(request: Request, services: object) -> Response:
    """A page of another site."""
    return Response(body=b"<!doctype html><link rel=icon href=data:,>", content_type=HTML)


class GameTest(BrowserCase):
    """Both front ends: the game's page comes from a third server."""

    def test_plays(self) -> None:
        """It logs in, posts by either API, reads the list and the ETag, and follows the board."""
        with running(path("/host", GET=host)) as site:
            self.browser.open(f"http://localhost:{site.port}/host", is_ready=False)
            server = self.server.url.rstrip("/")
            told = self.browser.driver.execute_async_script(PLAY, server)
            self.assertEqual(told, [1, "42=1600", True, 1])
            self.assert_no_complaints()


class ForkedGameTest(GameTest):
    flags = ("--max_proc", "2")
