"""The one place where requests are sent: address, credentials, timeouts, retries.

Three kinds of failure, three answers:

- the connection fails, or the reply is 500, 502, 503 or 504 (a restart, a proxy without
  its server): the same request is sent again, at once and then after 1, 2, 4, 8, 16 and
  32 s, or after the time that a 503 names. Then `NetworkException`;
- the reply is an error of the API: raised at once, never sent again;
- nothing comes for `TIMEOUT`: like a failed connection.

A POST whose reply was lost may have been carried out. Sending it again is safe where the
second one changes nothing:

    obtain_token       makes one token more; the unseen one expires by itself
    participate, player_confirm,
    invite, host_confirm
                       say again what was said
    gen_key            answers "key_exists", and get_key has the key
    stop               answers "tournament_over", and it is
    scores/upload      the server does not count the same replay twice

Three calls are repeated only if the connection never came about:

    refresh_token      would answer "token_too_recent" and hide that there is a new token
    register           would answer "username_taken", as if somebody else had the name
    create             would make a second tournament
"""

from __future__ import annotations

from typing import Any

from requests import Response, Session
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from scoreganizer_client_lib.reply import checked

TIMEOUT = (10.0, 60.0)
"""Seconds to wait for a connection, and for each next byte of a reply."""

AUTH_HEADER = "X-Scoreganizer-Authorization"
UNREPEATABLE = ("refresh_token", "register", "tournaments/create")
RETRIES = 7
BACKOFF = 0.5  # in seconds; urllib3 doubles it before each retry, and skips it before the first
LONGEST_RETRY_AFTER = 60.0
PASSING_FAILURES = frozenset({500, 502, 503, 504})


class Patience(Retry):
    """urllib3's `Retry`, which obeys Retry-After on a 503 only, and not for ever.

    It would also obey one on 413 and 429, which are answers to the caller.
    """

    RETRY_AFTER_STATUS_CODES = frozenset({503})

    def get_retry_after(self, response: Any) -> float | None:
        """Seconds that the response asks to wait, None if it does not ask."""
        seconds = super().get_retry_after(response)
        return None if seconds is None else min(seconds, LONGEST_RETRY_AFTER)


def patient_adapter(*methods: str) -> HTTPAdapter:
    """An adapter that repeats requests with these methods; others when never sent."""
    return HTTPAdapter(
        max_retries=Patience(
            total=RETRIES,
            backoff_factor=BACKOFF,
            allowed_methods=frozenset(methods),
            status_forcelist=PASSING_FAILURES,
        )
    )


class Transport:
    """Sends requests to one server. `http_adapter` replaces the retry policy above."""

    def __init__(self, base_url: str, http_adapter: HTTPAdapter | None = None) -> None:
        self.base_url = base_url
        self.session = Session()
        if http_adapter is None:
            http_adapter = patient_adapter("GET", "POST")
            for path in UNREPEATABLE:
                self.session.mount(base_url + path, patient_adapter("GET"))
        self.session.mount("http://", http_adapter)
        self.session.mount("https://", http_adapter)

    def set_credentials(self, auth_str: str) -> None:
        """Sends `auth_str` with every further request; nothing if it is empty."""
        self.session.headers.pop(AUTH_HEADER, None)
        if auth_str:
            # Bytes, because a str would have to be Latin-1, and not every name is.
            self.session.headers[AUTH_HEADER] = auth_str.encode()

    def get(self, path: str) -> Response:
        """The successful response to GET `path`; an exception otherwise."""
        return self._send("GET", path)

    def post(self, path: str, **body: Any) -> Response:
        """The same for POST; `body` as in requests (data, files, json)."""
        return self._send("POST", path, **body)

    def _send(self, method: str, path: str, **body: Any) -> Response:
        url = self.base_url + path
        response = self.session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **body)
        return checked(response)
