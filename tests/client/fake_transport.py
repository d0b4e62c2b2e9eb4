"""A transport without a network: replies from a list, requests into a list."""

from __future__ import annotations

import io
import json
import unittest
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from scoreganizer_client_lib import Scoreganizer

Reply = requests.Response | Exception


def reply(
    status: int = 200, content: Any = b"", headers: Iterable[tuple[str, str]] = ()
) -> requests.Response:
    """A response; `content` is its body, as bytes or as what JSON it holds."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    response.raw = io.BytesIO(body)
    return response


def error(code: str, status: int = 403, **more: Any) -> requests.Response:
    """An error as the API sends it."""
    return reply(status, {"error": code, **more})


def after(elapsed: float, response: requests.Response) -> requests.Response:
    """The response, as if it had come `elapsed` seconds after the request."""
    response.elapsed = timedelta(seconds=elapsed)
    return response


class FakeTransport(HTTPAdapter):
    """Answers with the replies in order; one that is an exception is raised instead."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = list(replies)
        self.requests: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        self.options.append(options)
        answer = self.replies.pop(0)
        if isinstance(answer, Exception):
            raise answer
        answer.request, answer.url = request, str(request.url)
        return answer

    @property
    def calls(self) -> list[str]:
        """What was sent, as "METHOD /path"."""
        return [f"{request.method} {request.path_url}" for request in self.requests]

    def header(self, name: str, index: int = -1) -> str | None:
        """A header of one of the requests, None if it was not sent."""
        value = self.requests[index].headers.get(name)
        return value.decode() if isinstance(value, bytes) else value

    def body(self, index: int = -1) -> bytes:
        """The body of one of the requests."""
        body = self.requests[index].body or b""
        return body.encode() if isinstance(body, str) else body


class ClientTest(unittest.TestCase):
    """A client whose replies the test names, and a fake transport to look at."""

    def client(self, *replies: Reply, **arguments: Any) -> Scoreganizer:
        self.transport = FakeTransport(*replies)
        return Scoreganizer(
            host="example.test", port=8000, https=False, http_adapter=self.transport, **arguments
        )
