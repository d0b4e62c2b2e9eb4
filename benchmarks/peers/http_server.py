"""The game API on the standard library's `http.server`: a thread per connection, keep-alive.

Usage: `http_server.py PORT`
"""

from __future__ import annotations

import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from game import InvalidKeyError, InvalidNumberError, MemoryGame, number

ROUTE = re.compile(r"/([0-9]+)/(login|score|highscorelist)")
VERBS = {"login": "GET", "score": "POST", "highscorelist": "GET"}
MAX_BODY = 1024


class Server(ThreadingHTTPServer):
    """All connections share one game."""

    request_queue_size = 1024

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.game = MemoryGame()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one send; two would wait for a delayed ACK
    server: Server

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        if length > MAX_BODY:
            self.close_connection = True
            return self.reply(413)
        body = self.rfile.read(length).decode("latin-1")
        url = urlsplit(self.path)
        route = ROUTE.fullmatch(url.path)
        if route is None:
            return self.reply(404)
        if VERBS[route[2]] != self.command:
            return self.reply(405)
        try:
            self.reply(200, self.play(number(route[1]), route[2], url.query, body))
        except InvalidNumberError:
            self.reply(400)
        except InvalidKeyError:
            self.reply(401)

    def play(self, target: int, action: str, query: str, body: str) -> str:
        game = self.server.game
        if action == "login":
            return game.login(target)
        if action == "highscorelist":
            return game.high_score_list(target)
        key = parse_qs(query).get("sessionkey", [""])[0]
        game.submit(key, target, number(body))
        return ""

    def reply(self, status: int, text: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """No access log, as with the other servers."""


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
