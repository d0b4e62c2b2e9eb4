# A client of gameserver for games in Python 3.9 or newer. Copy this file; it needs nothing else.
# Copyright (c) 2026 the gameserver authors. SPDX-License-Identifier: MIT
"""A player's side of a gameserver: who the player is, posts that are never lost, lists.

    server = GameServer("https://scores.example.org", "folder/of/the/saves")
    answer = server.post(7, 1500)
    print(answer.get("rank", answer))

Every call returns a dict: the server's JSON, or an error as
`{"error": code, "message": text, "status": of HTTP or 0, "final": whether it would fail again}`.

The calls block, for 10 s at most if the server cannot be reached. In a game with frames call
`enqueue`, and `flush` in a thread every few seconds; several threads may use one `GameServer`.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
TIMEOUT = 10  # seconds, for each request
LONGEST_WAIT = 300  # seconds between two tries: a wrong secret is not tried too often, either
NOT_FINAL = (408, 425, 429)  # the errors 4xx that say nothing about the post itself


class GameServer:
    """A player on one server. `folder` is where the game keeps its saves.

    `on_post(post, answer)` is called once for each post that leaves the queue: with the server's
    answer, or with the error for which it was dropped.
    """

    def __init__(
        self,
        url: str,
        folder: str | Path,
        on_post: Callable[[Answer, Answer], object] | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.on_post = on_post or (lambda post, answer: None)
        self._user_file = Path(folder, "gameserver-user.json")
        self._queue_file = Path(folder, "gameserver-queue.json")
        self._user = next(iter(_read_lines(self._user_file, "secret")), {})
        self._queue = _read_lines(self._queue_file, "body")
        self._awaited: Answer = {}  # the answers to the posts that a call of `post` is about, by id
        self._key = ""
        self._failures = 0
        self._not_before = 0.0
        self._reason = ""
        self._changing = threading.Lock()  # the queue; held for as long as a file is written
        self._sending = threading.RLock()  # one conversation at a time

    # What a game calls

    def user(self) -> Answer:
        """The player's `user`: kept from the first call on, with the secret that proves it."""
        with self._sending:
            if not self._user:
                drawn = self._ask("POST", "/api/users", {})
                if "error" in drawn:
                    return drawn
                self._user = {"user": drawn["user"], "secret": drawn["secret"]}
                _write_lines(self._user_file, [self._user])
            return {"user": self._user["user"]}

    def rename(self, name: str) -> Answer:
        """Gives the player a name, 1 to 32 characters."""
        with self._sending:
            return self._ask_as_player("/api/users/{user}?_method=PUT", {"name": name})

    def post(self, level: int, score: int, **more: Any) -> Answer:
        """Posts a score: its `rank`, `best` …; `{"queued": n, "reason"}` if it has to wait.

        `more` are `meta`, `run` or `key`, as the server knows them.
        """
        post = _new_post(level, score, more)
        self._awaited[post["body"]["id"]] = {}
        self._add(post)
        self._send_queue()
        return self._awaited.pop(post["body"]["id"]) or self._waiting()

    def enqueue(self, level: int, score: int, **more: Any) -> None:
        """Puts a post into the queue and returns at once; `flush` sends it."""
        self._add(_new_post(level, score, more))

    def flush(self) -> Answer:
        """Sends what waits, in order; returns `queued`: how many posts still wait, and `reason`.

        Call it as often as you like: nothing is sent before a wait that the server asked for, or
        that follows a failure, is over.
        """
        self._send_queue()
        return self._waiting()

    def top(self, level: int, limit: int = 15) -> Answer:
        """The first `entries` of a level's list."""
        return self._ask("GET", f"/api/levels/{level}?limit={limit}")

    def around(self, level: int, around: int = 5) -> Answer:
        """The player's `rank`, and `entries` with as many neighbours on each side."""
        user = self.user()
        if "error" in user:
            return user
        return self._ask("GET", f"/api/levels/{level}/users/{user['user']}?around={around}")

    def watch(self, *levels: int) -> Iterator[Answer]:
        """The levels' lists, as `top` returns them: each at once and after every change.

        It never ends and waits in between, so give it a daemon thread of its own.
        """
        path = f"{self.url}/api/live?levels={','.join(map(str, levels))}"
        last: dict[str, str] = {}
        failures = 0
        while True:
            failures += 1
            wait = _wait(failures, 0)
            try:
                request = urllib.request.Request(path)
                request.add_header("Last-Event-ID", last.get("id", ""))
                with urllib.request.urlopen(request, timeout=4 * TIMEOUT) as stream:
                    for board in _events(stream, last):
                        failures, last = 0, board
                        yield json.loads(board["data"])
                # The server has stopped, and says after how many milliseconds to come back.
                wait = float(last.get("retry", 1000)) / 1000
            except urllib.error.HTTPError as error:
                wait = _wait(failures, _seconds(error.headers.get("Retry-After")))
                error.close()
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(wait)

    # The queue

    def _add(self, post: Answer) -> None:
        with self._changing:
            self._queue.append(post)
            _write_lines(self._queue_file, self._queue)

    def _send_queue(self) -> None:
        """Sends posts until one has to wait."""
        with self._sending:
            while self._queue and time.monotonic() >= self._not_before:
                post = self._queue[0]
                answer = self._ask_as_player(f"/api/levels/{post['level']}/scores", post["body"])
                if "error" in answer and not answer["final"]:
                    self._failures += 1
                    self._reason = answer["error"]
                    wait = _wait(self._failures, answer["retry_after"])
                    self._not_before = time.monotonic() + wait
                    break
                self._failures = 0
                with self._changing:
                    self._queue.remove(post)
                    _write_lines(self._queue_file, self._queue)
                if post["body"]["id"] in self._awaited:
                    self._awaited[post["body"]["id"]] = answer
                self.on_post(post, answer)

    def _waiting(self) -> Answer:
        count = len(self._queue)
        return {"queued": count, "reason": self._reason} if count else {"queued": 0}

    # Requests

    def _ask_as_player(self, path: str, body: Answer) -> Answer:
        """Asks with a session key; if the key has expired, once more with a new one."""
        answer: Answer = {}
        for _ in range(2):
            refused = {} if self._key else self._log_in()
            if refused:
                return {**refused, "final": False}  # it says nothing about what was to be asked
            path = path.replace("{user}", str(self._user["user"]))
            answer = self._ask("POST", path, {**body, "sessionkey": self._key})
            if answer.get("status") != 401:
                break
            self._key = ""
        return answer

    def _log_in(self) -> Answer:
        """Gets a session key; returns the error if there is none."""
        user = self.user()
        if "error" in user:
            return user
        status, wait, text = self._request("POST", f"/{user['user']}/login", self._user["secret"])
        if status == 200 and text.strip().isalnum():
            self._key = text.strip()
            return {}
        return _error(status, wait, text)

    def _ask(self, method: str, path: str, body: Answer | None = None) -> Answer:
        """A request with JSON, and its answer."""
        sent = None if body is None else json.dumps(body)
        status, wait, text = self._request(method, path, sent)
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and 200 <= status < 300:
            return answer
        return _error(status, wait, text, answer)

    def _request(self, method: str, path: str, body: str | None) -> tuple[int, float, str]:
        """The status, the seconds of Retry-After, and the body. 0 if there was no answer."""
        data = None if body is None else body.encode()
        request = urllib.request.Request(
            self.url + path, data, {"Content-Type": "text/plain"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                return response.status, 0, response.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
                return error.code, _seconds(error.headers.get("Retry-After")), text
        except (OSError, http.client.HTTPException) as error:
            return 0, 0, str(error)


def _new_post(level: int, score: int, more: Answer) -> Answer:
    return {"level": level, "body": {"id": uuid.uuid4().hex, "score": score, **more}}


def _error(status: int, wait: float, text: str, problem: object = None) -> Answer:
    """An error as a value. What no gameserver can have said (`no_answer`) is a network's page."""
    code = f"http_{status}" if status >= 300 else "no_answer" if status else "offline"
    said = problem if isinstance(problem, dict) and "error" in problem else {}
    final = 400 <= status < 500 and status not in NOT_FINAL
    first_line = text.strip().split("\n")[0][:200]
    error = {"error": code, "message": first_line, **said}
    return {**error, "status": status, "final": final, "retry_after": wait}


def _wait(failures: int, retry_after: float) -> float:
    """Seconds until the next try; at random, so that not all players come back at once."""
    if retry_after:
        return retry_after * random.uniform(1, 1.25)
    return min(LONGEST_WAIT, 2.0 ** min(failures - 1, 9)) * random.uniform(0.5, 1)


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 0


def _events(stream: Any, last: dict[str, str]) -> Iterator[dict[str, str]]:
    """The events of a stream that are boards; `id` and `retry` hold from one to the next."""
    event = dict(last)
    for line in stream:
        name, _, value = line.decode().rstrip("\r\n").partition(":")
        if name:
            event[name] = value.removeprefix(" ")
        elif event.pop("event", "") == "board":
            yield dict(event)


def _read_lines(file: Path, member: str) -> list[Answer]:
    """The objects in a file, one a line; a line that was not written to its end is left out."""
    objects = []
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        try:
            objects.append(json.loads(line))
        except ValueError:
            continue
    return [each for each in objects if isinstance(each, dict) and member in each]


def _write_lines(file: Path, objects: list[Answer]) -> None:
    """Replaces the file as a whole, readable by nobody else.

    A full disk does not stop the game: the objects are in memory, and go out as long as it runs.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write("".join(json.dumps(each) + "\n" for each in objects))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, file)
    except OSError:
        pass
