"""People who claim users, use runs up and have games' tokens, and who know what was acknowledged.

They ask through a function, so that the same questions go to a server and to a file that it left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from gameserver.app import App
from gameserver.assembly import make_services
from gameserver.settings import DEFAULTS
from gameserver.storage.engine import open_engine
from tests.hard.moderator import BIG, TOKEN
from tests.raw_client import Client, request_bytes
from tests.support import make_request, router

LEVEL, OPEN_LEVEL = BIG + 1, BIG + 2
"""One that takes scores with runs only, and one that takes all. Nobody else plays there."""
FIRST_USER = 2 * BIG
REFUSALS = (429, 503)
"""After which nothing may have changed."""

Ask = Callable[[str, str, Any, str], tuple[int, bytes]]
"""Method, target, body (JSON unless it is bytes or None) and token; status and body, or OSError or
AssertionError if there is no answer."""


def server_of(client: Client) -> Ask:
    """Asks a server over one connection."""

    def ask(method: str, target: str, body: Any, token: str) -> tuple[int, bytes]:
        fields = [f"Authorization: Bearer {token}"] if token else []
        reply = client.ask(request_bytes(method, target, _sent(body), *fields))
        return reply.status, reply.body

    return ask


@contextmanager
def file_of(path: str) -> Iterator[Ask]:
    """Asks an application of this process that runs on a data file, with the admin's token."""
    engine = open_engine(path)
    try:
        with_admin = replace(DEFAULTS, admin_token_file=f"{path.rpartition('/')[0]}/admin-token")
        app = App(router, make_services(engine, with_admin), engine)

        def ask(method: str, target: str, body: Any, token: str) -> tuple[int, bytes]:
            fields = {"authorization": f"Bearer {token}"} if token else {}
            request = make_request(method, target, _sent(body) or b"", **fields)
            (response,) = app.handle([request])
            return response.status, response.body

        yield ask
    finally:
        engine.close()


def _sent(body: Any) -> bytes | None:
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


def _no() -> set[bool]:
    return {False}


@dataclass
class Person:
    """One user, and what may be true of them, as far as is known."""

    user_id: int
    secret: str
    stolen: str = ""
    """A session key from before the claim."""
    run: str = ""
    token: str = ""
    is_claimed: set[bool] = field(default_factory=_no)
    has_used: set[bool] = field(default_factory=_no)
    """Whether the run is used up."""
    is_shown: set[bool] = field(default_factory=_no)
    """Whether the score of the run is on the board."""
    was_removed: bool = False
    """Whether the admin may have taken that away."""
    has_token: set[bool] = field(default_factory=_no)

    @property
    def name(self) -> str:
        """That of the token."""
        return f"t{self.user_id}"


class People:
    """One person after another. What is answered 200 is so; what is refused is not; else either."""

    def __init__(self) -> None:
        self.persons: list[Person] = []
        self.refused = 0
        self.wrong: list[str] = []
        self._is_ready = False
        self._score = 5
        """The last one. The same post again would get its first answer."""

    def count(self, what: str) -> int:
        """Of how many persons something, a field, is known to be true."""
        return sum(getattr(person, what) == {True} for person in self.persons)

    @property
    def ended(self) -> int:
        """How many tokens were ended."""
        return sum(bool(each.token) and each.has_token == {False} for each in self.persons)

    def live(self, ask: Ask) -> None:
        """One more person does everything that there is to do."""
        self._is_ready |= ask("PUT", f"/api/levels/{LEVEL}", {"runs": True}, TOKEN)[0] == 200
        user_id = FIRST_USER + len(self.persons)
        person = Person(user_id, f"a-secret-of-user-{user_id}")
        self.persons.append(person)
        person.stolen = ask("GET", f"/{user_id}/login", None, "")[1].decode()
        self._claim(ask, person)
        if self._is_ready:
            self._use_run(ask, person)
        if person.is_shown == {True}:
            self._remove(ask, person)
        self._have_token(ask, person)

    def _claim(self, ask: Ask, person: Person) -> None:
        target, secret = f"/api/users/{person.user_id}/claim", {"secret": person.secret}
        if person.user_id % 2:  # there are too many to claim users all by themselves
            self._try(ask, person.is_claimed, True, "POST", target, secret, TOKEN)
        else:
            target, text = f"/{person.user_id}/login", person.secret.encode()
            self._try(ask, person.is_claimed, True, "POST", target, text)

    def _use_run(self, ask: Ask, person: Person) -> None:
        key = self._key(ask, person)
        target = f"/api/levels/{LEVEL}/runs?sessionkey={key}"
        person.run = json.loads(ask("POST", target, {}, "")[1])["run"]
        person.is_shown.add(True)
        body = {"score": 5, "run": person.run}
        target = f"/api/levels/{LEVEL}/scores?sessionkey={key}"
        self._try(ask, person.has_used, True, "POST", target, body)
        person.is_shown = set(person.has_used)

    def _remove(self, ask: Ask, person: Person) -> None:
        """The admin takes the score away, and mostly undoes it."""
        target = f"/api/levels/{LEVEL}/users/{person.user_id}"
        person.was_removed = True
        answer = self._try(ask, person.is_shown, False, "DELETE", target, None, TOKEN)
        if answer and person.user_id % 3:
            target = f"/api/audit/{json.loads(answer)['undo']}/undo"
            self._try(ask, person.is_shown, True, "POST", target, {}, TOKEN)

    def _have_token(self, ask: Ask, person: Person) -> None:
        """A game gets a token, which mostly is ended."""
        body = {"name": person.name}
        made = self._try(ask, person.has_token, True, "POST", "/api/tokens", body, TOKEN)
        if made:
            person.token = json.loads(made)["token"]
            # There may be 100.
            if person.user_id % 4 or self.count("has_token") > 90:
                target = f"/api/tokens/{person.name}"
                self._try(ask, person.has_token, False, "DELETE", target, None, TOKEN)

    def _try(
        self,
        ask: Ask,
        possible: set[bool],
        after: bool,
        method: str,
        target: str,
        body: Any,
        token: str = "",
    ) -> bytes | None:
        """Does something after which one thing is true alone; the answer, unless it is refused."""
        before = set(possible)
        possible.add(after)
        status, answer = ask(method, target, body, token)
        possible.clear()
        if status in REFUSALS:
            self.refused += 1
            possible |= before
            return None
        possible.add(after)
        self._expect(status in (200, 204), f"{method} {target.partition('?')[0]}: {status}")
        return answer

    def _key(self, ask: Ask, person: Person) -> str:
        if person.is_claimed == {False}:
            return person.stolen
        login = ask("POST", f"/{person.user_id}/login", person.secret.encode(), "")
        self._expect(login[0] == 200, f"user {person.user_id} is shut out: {login}")
        return login[1].decode()

    # Afterwards

    def check(self, ask: Ask, persons: Iterable[Person] | None = None) -> None:
        """Finds out what is true now, and whether that may be; `wrong` has what may not."""
        tokens = json.loads(ask("GET", "/api/tokens", None, TOKEN)[1])["tokens"]
        names = {token["name"] for token in tokens}
        for person in list(self.persons if persons is None else persons):
            self._check_claim(ask, person)
            if person.run:
                self._check_run(ask, person)
            self._see(person, "has_token", person.name in names)
            if person.token:
                body = {"score": 6, "user": FIRST_USER - 1}
                status, _ = ask("POST", f"/api/levels/{OPEN_LEVEL}/scores", body, person.token)
                self._expect(status == (200 if person.has_token == {True} else 401), "token")

    def _check_claim(self, ask: Ask, person: Person) -> None:
        """Nobody logs in without the secret, the owner does, and no older key is valid."""
        status, _ = ask("GET", f"/{person.user_id}/login", None, "")
        self._see(person, "is_claimed", status == 401)
        if person.is_claimed == {True}:
            self._key(ask, person)
            target = f"/{OPEN_LEVEL}/score?sessionkey={person.stolen}"
            self._expect(ask("POST", target, b"9", "")[0] == 401, "an older key is valid")

    def _check_run(self, ask: Ask, person: Person) -> None:
        """The run is used up if its score was taken, and else it is good for one."""
        target = f"/api/levels/{LEVEL}/users/{person.user_id}"
        is_shown = ask("GET", target, None, "")[0] == 200
        self._see(person, "is_shown", is_shown)
        key = person.stolen
        if person.is_claimed == {True}:
            key = self._key(ask, person)
        self._score += 1
        target = f"/api/levels/{LEVEL}/scores?sessionkey={key}"
        status, answer = ask("POST", target, {"score": self._score, "run": person.run}, "")
        has_used = status == 403 and b'"run_used"' in answer
        self._expect(has_used or status == 200, f"run: {status} {answer!r}")
        self._see(person, "has_used", has_used)
        self._expect(has_used or not is_shown, "a score whose run is not used up")
        self._expect(is_shown or not has_used or person.was_removed, "a run without its score")
        person.has_used, person.is_shown = {True}, {is_shown or not has_used}

    def _see(self, person: Person, what: str, found: bool) -> None:
        possible = getattr(person, what)
        self._expect(found in possible, f"user {person.user_id}: {what} is {found}")
        setattr(person, what, {found})

    def _expect(self, is_so: bool, what: str) -> None:
        if not is_so:
            self.wrong.append(what)
