"""What every front end promises, to be run against real server processes.

A subclass names the flags of its server. Users and levels are taken from a counter, so that no
test sees what another one left.
"""

from __future__ import annotations

import itertools
import random
import re
import threading
import unittest
from typing import Any, ClassVar

import requests

from tests.http11.cases import ALL, CHUNKED, LIST, Case, chunks, head, list_with, score_with
from tests.raw_client import Client, Reply, request_bytes
from tests.servers import ServerProcess
from tests.support import COMMAND_SECONDS, run_together

CLIENTS = 64

_numbers = itertools.count(1000)


def new_number() -> int:
    """A level or a user that no test has used yet."""
    return next(_numbers)


class FrontEndTestCase(unittest.TestCase):
    """A test case with a server that runs for all of its tests."""

    flags: ClassVar[tuple[str, ...]] = ()
    constants: ClassVar[dict[str, Any]] = {}
    server: ClassVar[ServerProcess]

    @classmethod
    def setUpClass(cls) -> None:
        cls.server = ServerProcess(*cls.flags, constants=cls.constants)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def setUp(self) -> None:
        self.client = self.connect()

    def connect(self) -> Client:
        client = self.server.client()
        self.addCleanup(client.close)
        return client

    def get(self, target: str) -> Reply:
        return self.client.ask(request_bytes("GET", target))

    def log_in(self, user_id: int) -> str:
        return self.get(f"/{user_id}/login").body.decode()

    def submit(self, level_id: int, key: str, score: Any) -> int:
        target = f"/{level_id}/score?sessionkey={key}"
        return self.client.ask(request_bytes("POST", target, str(score).encode())).status

    def scores(self, level_id: int) -> bytes:
        return self.get(f"/{level_id}/highscorelist").body


class GameContract(FrontEndTestCase):
    """The API, as a game uses it."""

    def setUp(self) -> None:
        super().setUp()
        self.http = requests.Session()
        self.addCleanup(self.http.close)
        self.level_id = new_number()

    def url(self, target: str) -> str:
        return self.server.url + target.lstrip("/")

    def play(self, user_id: int, score: int) -> None:
        """A user logs in and posts a score to the level."""
        self.assertEqual(self.submit(self.level_id, self.log_in(user_id), score), 200)

    def test_secret(self) -> None:
        """A secret claims a user: from then on nobody else logs in, and older keys have ended."""
        user_id, secret = new_number(), b"a-secret-drawn-at-random"
        target = f"/{user_id}/login"
        stolen = self.log_in(user_id)
        own = self.client.ask(request_bytes("POST", target, secret)).body.decode()
        self.assertEqual(self.submit(self.level_id, own, 5), 200)
        self.assertEqual(self.submit(self.level_id, stolen, 9), 401)
        for wrong in (b"another-secret-of-mallory", b"short"):
            self.assertIn(self.client.ask(request_bytes("POST", target, wrong)).status, (400, 401))
        self.assertEqual(self.get(target).status, 401)
        self.assertEqual(self.get(f"{target}?secret={secret.decode()}").status, 200)
        self.assertEqual(self.scores(self.level_id), f"{user_id}=5".encode())

    def test_drawn_user(self) -> None:
        """The server draws a user; only its owner removes it."""
        drawn = self.http.post(self.url("api/users"), json={})
        self.assertEqual(drawn.status_code, 201)
        user_id, secret = drawn.json()["user"], drawn.json()["secret"]
        own = self.http.post(self.url(f"{user_id}/login"), data=secret).text
        other = self.log_in(new_number())
        self.assertEqual(self.submit(self.level_id, own, 5), 200)
        for key, status in ((other, 403), ("none", 401), (own, 204)):
            reply = self.http.delete(self.url(f"api/users/{user_id}"), params={"sessionkey": key})
            self.assertEqual(reply.status_code, status)
        self.assertEqual(self.scores(self.level_id), b"")

    def test_example(self) -> None:
        """The API's own example works as it is printed."""
        for user_id, score in [(4711, 1500), (131, 1220)]:
            key = self.http.get(self.url(f"/{user_id}/login")).text
            target = self.url(f"/{self.level_id}/score")
            response = self.http.post(target, params={"sessionkey": key}, data=str(score))
            self.assertEqual((response.status_code, response.content), (200, b""))
        response = self.http.get(self.url(f"/{self.level_id}/highscorelist"))
        self.assertEqual((response.status_code, response.text), (200, "4711=1500,131=1220"))

    def test_login(self) -> None:
        """A login answers with a key of letters and digits, as plain text, at three paths."""
        for target in ("/4711/login", "/4711/login/", "/4711/", "/4711/#"):
            response = self.http.get(self.url(target))
            self.assertEqual(response.status_code, 200)
            self.assertRegex(response.text, r"\A[A-Za-z0-9]+\Z")
            self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
            self.assertEqual(self.submit(self.level_id, response.text, 1), 200)

    def test_chunked_score(self) -> None:
        """A score may come in chunks."""
        url = self.url(f"/{self.level_id}/score?sessionkey={self.log_in(7)}")
        response = self.http.post(url, data=iter([b"15", b"00"]))
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self.scores(self.level_id), b"7=1500")

    def test_no_scores(self) -> None:
        """The list of a level without scores is empty."""
        reply = self.get(f"/{self.level_id}/highscorelist")
        self.assertEqual((reply.status, reply.body), (200, b""))

    def test_best_score_counts(self) -> None:
        """A user is listed once, with the best score."""
        for score in (10, 30, 20, 30):
            self.play(7, score)
        self.play(8, 25)
        self.assertEqual(self.scores(self.level_id), b"7=30,8=25")

    def test_ties(self) -> None:
        """Equal scores stand in the order in which they were reached."""
        for user_id, score in [(9, 10), (3, 10), (6, 10), (1, 5), (1, 10)]:
            self.play(user_id, score)
        self.assertEqual(self.scores(self.level_id), b"9=10,3=10,6=10,1=10")

    def test_sixteenth(self) -> None:
        """At most fifteen scores are listed; the sixteenth may come up later."""
        for user_id in range(16):
            self.play(user_id, 100 - user_id)
        expected = [b"%d=%d" % (user_id, 100 - user_id) for user_id in range(15)]
        self.assertEqual(self.scores(self.level_id).split(b","), expected)
        self.play(15, 100)
        expected[1:] = [b"15=100", *expected[1:-1]]
        self.assertEqual(self.scores(self.level_id).split(b","), expected)

    def test_edge_values(self) -> None:
        """0 and 2147483647 are a user, a level and a score."""
        for number in (0, 2147483647):
            self.assertEqual(self.submit(number, self.log_in(number), number), 200)
            self.assertEqual(self.scores(number), b"%d=%d" % (number, number))

    def test_not_numbers(self) -> None:
        """What is no number is refused with 400, and leaves no trace."""
        key = self.log_in(7)
        bad = ["2147483648", "-1", "+1", "1e3", "1_0", "0x10", "1.0", "9" * 400, "x", "%31"]
        for text in bad:
            for target in (f"/{text}/login", f"/{text}/highscorelist"):
                self.assert_refused(self.get(target), 400)
            # In the short form only digits can be a user: any other text is another path.
            self.assert_refused(self.get(f"/{text}/"), 400 if text.isdigit() else 404)
            target = f"/{text}/score?sessionkey={key}"
            self.assert_refused(self.client.ask(request_bytes("POST", target, b"1")), 400)
        for body in [*bad, "", " ", "1 2", "\u0661", "\uff11", "1\0", "score=1"]:
            target = f"/{self.level_id}/score?sessionkey={key}"
            data = request_bytes("POST", target, body.encode())
            self.assert_refused(self.client.ask(data), 400)
        self.assertEqual(self.scores(self.level_id), b"")

    def test_white_space(self) -> None:
        """White space around a score does not count."""
        self.assertEqual(self.submit(self.level_id, self.log_in(7), " \t15\r\n"), 200)
        self.assertEqual(self.scores(self.level_id), b"7=15")

    def test_bad_keys(self) -> None:
        """Without a valid key a score is refused with 401, and leaves no trace."""
        key = self.log_in(7)
        for query in ["", "?sessionkey=", "?sessionkey=none", f"?sessionkey={key[:-1]}",
                      f"?sessionkey={key}0", f"?sessionkey={key}&sessionkey={key}",
                      f"?key={key}"]:  # fmt: skip
            reply = self.client.ask(request_bytes("POST", f"/{self.level_id}/score{query}", b"1"))
            self.assert_refused(reply, 401)
        self.assertEqual(self.scores(self.level_id), b"")

    def test_forged_keys(self) -> None:
        """A key with any one bit flipped, and any random one, is refused."""
        key = self.log_in(7)
        forged = [
            key[:at] + chr(ord(key[at]) ^ 1 << bit) + key[at + 1 :]
            for at in range(len(key))
            for bit in range(7)
        ]
        chance = random.Random(7)
        forged += ["".join(chance.choices("0123456789abcdef", k=len(key))) for _ in range(1000)]
        forged = [text for text in forged if text.isalnum()]
        for start in range(0, len(forged), 100):
            batch = forged[start : start + 100]
            self.client.send(
                b"".join(
                    request_bytes("POST", f"/{self.level_id}/score?sessionkey={text}", b"1")
                    for text in batch
                )
            )
            self.assertEqual({self.client.reply().status for _ in batch}, {401})
        self.assertEqual(self.scores(self.level_id), b"")
        self.assertEqual(self.submit(self.level_id, key, 1), 200)

    def test_welcome(self) -> None:
        """The address that the server prints is a page, which names the first calls in its HTML."""
        reply = self.get("/")
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["content-type"], "text/html; charset=utf-8")
        text = reply.body.decode()
        for word in ("/login", "/score?sessionkey=", "/highscorelist", "/openapi.json"):
            self.assertIn(word, text)

    def test_json_ends_its_line(self) -> None:
        """JSON ends with a line end, errors as well, so that a prompt stands below it."""
        for target, status in (("/api/tournaments/all", 200), ("/api/none", 404)):
            reply = self.get(target)
            self.assertEqual((reply.status, reply.body[-1:], reply.body.count(b"\n")),
                             (status, b"\n", 1))  # fmt: skip

    def test_unknown_paths(self) -> None:
        """What is not there is answered 404."""
        for target in ["/7", "/7/nothing", "/7/login/x", "//7/login", "/7//login", "/login",
                       "/7/Login", "//example.com/..", "/7/highscorelist//"]:  # fmt: skip
            self.assert_refused(self.get(target), 404)

    def test_other_methods(self) -> None:
        """A method that a path does not take is answered 405 with those that it takes."""
        for method, target, allow in [
            ("PUT", "/7/login", "GET, HEAD, OPTIONS, POST"),
            ("POST", "/7/highscorelist", "GET, HEAD, OPTIONS"),
            ("DELETE", "/7/highscorelist", "GET, HEAD, OPTIONS"),
            ("GET", "/7/score", "OPTIONS, POST"),
            ("HEAD", "/7/score", "OPTIONS, POST"),
            ("PUT", "/7/score", "OPTIONS, POST"),
            ("TRACE", "/7/", "GET, HEAD, OPTIONS"),
        ]:
            reply = self.client.ask(request_bytes(method, target, b""))
            self.assertEqual((reply.status, reply.headers["allow"]), (405, allow))

    def test_options(self) -> None:
        """OPTIONS says what a path takes, and the whole server."""
        for target, allow in [
            ("/7/score", "OPTIONS, POST"), ("*", "DELETE, GET, HEAD, OPTIONS, POST, PUT"),
        ]:  # fmt: skip
            reply = self.client.ask(request_bytes("OPTIONS", target))
            self.assertEqual((reply.status, reply.headers["allow"]), (200, allow))

    def test_head(self) -> None:
        """HEAD is answered like GET, without the body."""
        self.play(7, 15)
        for target in (f"/{self.level_id}/highscorelist", "/7/login", "/none"):
            whole, only = self.get(target), self.client.ask(request_bytes("HEAD", target))
            for reply in (whole, only):
                reply.headers.pop("date")
            self.assertEqual((only.status, only.headers), (whole.status, whole.headers))

    def test_clients_racing_on_a_level(self) -> None:
        """What 64 clients post to one level at once is all there."""
        users = [new_number() for _ in range(CLIENTS)]
        keys = {user_id: self.log_in(user_id) for user_id in users}
        clients = {user_id: self.connect() for user_id in users}

        def work(index: int) -> set[int]:
            user_id = users[index]
            target = f"/{self.level_id}/score?sessionkey={keys[user_id]}"
            return {
                clients[user_id].ask(request_bytes("POST", target, b"%d" % score)).status
                for score in (1000 + index, index, 2000 + index, 2000 + index)
            }

        self.assertEqual(run_together(work, CLIENTS), [{200}] * CLIENTS)
        best = [(users[index], 2000 + index) for index in reversed(range(CLIENTS))][:15]
        expected = ",".join(f"{user_id}={score}" for user_id, score in best)
        self.assertEqual(self.scores(self.level_id).decode(), expected)

    def test_clients_racing_as_one_user(self) -> None:
        """What 64 clients post as one user at once leaves the best score."""
        key = self.log_in(7)
        clients = [self.connect() for _ in range(CLIENTS)]
        target = f"/{self.level_id}/score?sessionkey={key}"
        scores = random.Random(8).sample(range(10_000), CLIENTS)

        def work(index: int) -> int:
            return clients[index].ask(request_bytes("POST", target, b"%d" % scores[index])).status

        self.assertEqual(run_together(work, CLIENTS), [200] * CLIENTS)
        self.assertEqual(self.scores(self.level_id), b"7=%d" % max(scores))

    def race_for_a_login(self) -> list[int]:
        """What a score is answered with each key that 64 clients got at once for one user."""
        clients = [self.connect() for _ in range(CLIENTS)]
        login = request_bytes("GET", f"/{new_number()}/login")
        keys = run_together(lambda index: clients[index].ask(login).body.decode(), CLIENTS)
        self.assertEqual(len(set(keys)), CLIENTS)
        return [self.submit(self.level_id, key, 1) for key in keys]

    def assert_refused(self, reply: Reply, status: int) -> None:
        """The status, and one line of text."""
        self.assertEqual(reply.status, status)
        self.assertRegex(reply.body, rb"\A[ -~]+\n\Z")
        self.assertTrue(reply.headers["content-type"].startswith("text/plain"))


class SignedKeysContract(GameContract):
    """Keys without `--store_tokens`."""

    def test_any_number_of_keys(self) -> None:
        """All keys of a user are valid."""
        keys = [self.log_in(7) for _ in range(3)]
        self.assertEqual([self.submit(self.level_id, key, 1) for key in keys], [200] * 3)

    def test_clients_racing_for_a_login(self) -> None:
        """Every key that 64 clients got at once for one user is valid."""
        self.assertEqual(self.race_for_a_login(), [200] * CLIENTS)


class StoredKeysContract(GameContract):
    """Keys with `--store_tokens`."""

    def test_only_the_newest_key(self) -> None:
        """A login ends the key before."""
        keys = [self.log_in(7) for _ in range(3)]
        self.assertEqual([self.submit(self.level_id, key, 1) for key in keys], [401, 401, 200])

    def test_clients_racing_for_a_login(self) -> None:
        """Of the keys that 64 clients got at once for one user exactly one is valid."""
        self.assertEqual(sorted(self.race_for_a_login()), [200] + [401] * (CLIENTS - 1))


class HTTPContract(FrontEndTestCase):
    """HTTP, as clients of every kind speak it."""

    constants: ClassVar[dict[str, Any]] = {
        "gameserver.server.connection.LINGER_SECONDS": COMMAND_SECONDS,
        "gameserver.server.connection.REPLY_SECONDS": COMMAND_SECONDS,
    }
    """However long a megabyte takes that is refused, or thousands of replies."""
    NEXT = request_bytes("GET", "/none/at/all")
    """Answered 404, which none of the cases is."""

    def test_cases(self) -> None:
        """Every written case is answered as it should be."""
        for case in ALL:
            with self.subTest(case.name):
                self.check(case)

    def check(self, case: Case) -> None:
        with self.connect() as client:
            client.send(case.data)
            replies = [client.reply(method == "HEAD") for method, _, _ in case.requests]
            for reply in replies:
                self.assertNotIn(reply.status, (100, 500, 503))
            if case.error:
                replies.append(client.reply())
                self.assertEqual(replies[-1].status, case.error)
                self.assertRegex(replies[-1].body, rb"\A[ -~]+\n\Z")
            if case.closing:
                self.assertEqual(replies[-1].headers["connection"], "close")
                self.assertTrue(client.at_end())
            else:
                self.assertEqual(client.ask(self.NEXT).status, 404)

    def test_byte_by_byte(self) -> None:
        """A request may come in packets of one byte."""
        data = score_with("Content-Length: 4", body=b"1500")
        self.client.send(*(data[at : at + 1] for at in range(len(data))))
        self.assertEqual(self.client.reply().status, 401)

    def test_pipeline(self) -> None:
        """Requests that come at once are answered in order."""
        users = range(200)
        self.client.send(b"".join(request_bytes("GET", f"/{user}/login") for user in users))
        keys = [self.client.reply().body.decode() for _ in users]
        level_id = new_number()
        self.client.send(
            b"".join(
                request_bytes("POST", f"/{level_id}/score?sessionkey={key}", b"%d" % user)
                + request_bytes("GET", f"/{level_id}/highscorelist")
                for user, key in zip(users, keys, strict=True)
            )
        )
        for user in users:
            self.assertEqual(self.client.reply().status, 200)
            self.assertTrue(self.client.reply().body.startswith(b"%d=%d" % (user, user)))

    def test_reply(self) -> None:
        """A reply has a date, a type, a length, and nothing about the server's version."""
        reply = self.client.ask(list_with())
        self.assertRegex(
            reply.headers["date"], r"\A[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT\Z"
        )
        self.assertEqual(reply.headers["cache-control"], "no-store")
        self.assertNotRegex(reply.headers["server"], "[0-9]|Python")
        self.assertNotIn("connection", reply.headers)

    def test_what_a_page_may_see(self) -> None:
        """Every reply lets a page of another site read what it needs, errors as well."""
        for data in (list_with(), self.NEXT, request_bytes("DELETE", "/1/score"), b"\0\r\n\r\n"):
            with self.connect() as client:
                headers = client.ask(data).headers
                self.assertEqual(headers["access-control-allow-origin"], "*")
                self.assertEqual(headers["access-control-expose-headers"], "ETag, Retry-After")

    def test_http_1_0(self) -> None:
        """An HTTP/1.0 client is told `close`, or `keep-alive` where it asked for that."""
        old = LIST.replace("1.1", "1.0")
        for _ in range(2):
            reply = self.client.ask(head(old, "Connection: keep-alive"))
            self.assertEqual(reply.headers["connection"], "keep-alive")
        reply = self.client.ask(head(old))
        self.assertEqual(reply.headers["connection"], "close")
        self.assertTrue(self.client.at_end())

    def test_http_1_0_pipeline(self) -> None:
        """Each reply to HTTP/1.0 says that the connection stays, those of a pipeline too."""
        self.client.send(head(LIST.replace("1.1", "1.0"), "Connection: keep-alive") * 3)
        for _ in range(3):
            self.assertEqual(self.client.reply().headers["connection"], "keep-alive")

    def test_expect(self) -> None:
        """Who waits with the body is told to go on."""
        data = score_with("Content-Length: 4", "Expect: 100-continue")
        for _ in range(2):
            self.assertEqual(self.client.ask(data).status, 100)
            self.assertEqual(self.client.ask(b"1500").status, 401)

    def test_expect_behind_others(self) -> None:
        """`100 Continue` stands behind the replies to the requests before."""
        data = list_with() + score_with(CHUNKED, "Expect: 100-continue")
        self.assertEqual(self.client.ask(data).status, 200)
        self.assertEqual(self.client.reply().status, 100)
        self.assertEqual(self.client.ask(b"1\r\n7\r\n0\r\n\r\n").status, 401)

    def test_expect_in_vain(self) -> None:
        """Nobody is told to go on whose body is too large or not wanted."""
        for fields, data in [
            (413, score_with("Content-Length: 1025", "Expect: 100-continue")),
            (411, score_with("Expect: 100-continue")),
            (417, score_with("Content-Length: 1", "Expect: 100-maybe")),
            (404, head("POST /none HTTP/1.1", "Host: a", "Content-Length: 9",
                       "Expect: 100-continue")),
            (405, head("POST /1/highscorelist HTTP/1.1", "Host: a", CHUNKED,
                       "Expect: 100-continue")),
        ]:  # fmt: skip
            with self.connect() as client:
                reply = client.ask(data)
                self.assertEqual((reply.status, reply.headers["connection"]), (fields, "close"))
                self.assertTrue(client.at_end())

    def test_unwanted_bodies(self) -> None:
        """A body that is not wanted is never taken for a request, whatever the answer is."""
        inner = request_bytes("GET", "/1/login")
        for method, target in [
            ("POST", "/1/login"), ("GET", "/1/login"), ("HEAD", "/1/login"), ("POST", "/none"),
            ("POST", "/1/score"), ("PUT", "/1/score"), ("POST", "/x/score"), ("OPTIONS", "/1/"),
            ("POST", "/1/highscorelist"), ("DELETE", "/1/highscorelist"),
        ]:  # fmt: skip
            first = request_bytes(method, target, inner)
            self.client.ask(first)
            self.assertEqual(self.client.ask(self.NEXT).status, 404, first)

    def test_large_unwanted_bodies(self) -> None:
        """A large one is refused wherever it is sent, and is not taken for requests."""
        inner = request_bytes("GET", "/1/login") * 1000
        for method, target in [
            ("POST", "/1/login"), ("GET", "/1/login"), ("POST", "/none"),
            ("POST", "/1/score"), ("PUT", "/1/score"), ("POST", "/x/score"),
        ]:  # fmt: skip
            with self.connect() as client:
                reply = client.ask(request_bytes(method, target, inner))
                self.assertEqual((reply.status, reply.headers["connection"]), (413, "close"))
                self.assertTrue(client.at_end())

    def test_large_body(self) -> None:
        """Who sends a megabyte where a score belongs receives the 413, every time."""
        for _ in range(20):
            with self.connect() as client:
                reply = client.ask(request_bytes("POST", "/1/score", b"1" * 2**20))
                self.assertEqual(reply.status, 413)
                self.assertTrue(client.at_end())

    def test_large_head(self) -> None:
        """Who sends a megabyte of header receives the 431."""
        with self.connect() as client:
            reply = client.ask(head(LIST, "Host: a", *["X-A: " + "b" * 1000] * 1000))
            self.assertEqual(reply.status, 431)
            self.assertTrue(client.at_end())

    def test_score_cut_off(self) -> None:
        """A score that is not there to its last byte is never stored."""
        level_id = new_number()
        key = self.log_in(7)
        target = f"/{level_id}/score?sessionkey={key}"
        sized = request_bytes("POST", target, b"1500")
        chunked = request_bytes("POST", target, None, CHUNKED) + b"4\r\n1500\r\n0\r\n\r\n"
        for data in (sized, chunked):
            for end in range(1, len(data)):
                with self.connect() as client:
                    client.send(data[:end])
        self.assertEqual(self.scores(level_id), b"")
        self.assertEqual(self.client.ask(chunked).status, 200)
        self.assertEqual(self.scores(level_id), b"7=1500")

    def test_half_closed(self) -> None:
        """A client that says at once that it sends no more gets its answers."""
        with self.connect() as client:
            client.send(list_with() * 2)
            client.socket.shutdown(1)
            self.assertEqual([client.reply().status for _ in range(2)], [200, 200])
            self.assertTrue(client.at_end())

    def test_client_that_vanishes(self) -> None:
        """Clients that reset their connections at any point disturb nobody."""
        for data in (b"", b"GET", list_with(), list_with() * 500, score_with("Content-Length: 9")):
            for _ in range(5):
                with self.connect() as client:
                    client.reset_at_close()
                    client.send(data)
        self.assertEqual(self.client.ask(list_with()).status, 200)

    def test_nothing_is_echoed(self) -> None:
        """No reply repeats what the request was."""
        for data in [
            head("GET /EVIL HTTP/1.1", "Host: a"), head("EVIL / HTTP/1.1", "Host: a"),
            list_with("EVIL"), head("GET /EVIL/login HTTP/1.1", "Host: a"),
            request_bytes("POST", "/1/score?sessionkey=EVIL", b"EVIL"), chunks(b"EVIL\r\n"),
            head("GET / EVIL", "Host: a"),
        ]:  # fmt: skip
            with self.connect() as client:
                reply = client.ask(data)
                self.assertFalse(re.search("evil", repr(reply), re.IGNORECASE), reply)

    def test_replies_taken_late(self) -> None:
        """Who sends thousands of requests and reads nothing waits alone, and gets all replies."""
        count = 20_000
        greedy = self.connect()
        greedy.socket.settimeout(COMMAND_SECONDS)  # it is for all that is sent
        sender = threading.Thread(target=greedy.send, args=(list_with() * count,))
        sender.start()
        for _ in range(20):
            self.assertEqual(self.connect().ask(list_with()).status, 200)
        for _ in range(count):
            self.assertEqual(greedy.reply().status, 200)
        sender.join()

    def test_no_limit_of_requests(self) -> None:
        """A connection may be used for thousands of requests."""
        for _ in range(20):
            self.client.send(list_with() * 200)
            self.assertEqual({self.client.reply().status for _ in range(200)}, {200})
