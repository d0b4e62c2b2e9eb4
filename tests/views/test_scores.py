"""The views of the mini-game API, without a server around them."""

from __future__ import annotations

import unittest

from gameserver.storage.memory.sessions import MemorySessions
from gameserver.web.messages import Response
from tests.support import Clock, make_app, make_request
from tests.web.test_routing import NOT_NUMBERS


class ViewTest(unittest.TestCase):
    """Requests that go through the application."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.sessions = MemorySessions(self.clock)
        self.app = make_app(self.sessions)

    def ask(self, method: str, target: str, body: bytes = b"") -> Response:
        (response,) = self.app.handle([make_request(method, target, body)])
        return response

    def log_in(self, user_id: int) -> str:
        return self.ask("GET", f"/{user_id}/login").body.decode()

    def submit(self, level_id: int | str, key: str, body: bytes) -> int:
        return self.ask("POST", f"/{level_id}/score?sessionkey={key}", body).status

    def scores(self, level_id: int) -> bytes:
        return self.ask("GET", f"/{level_id}/highscorelist").body

    def test_example(self) -> None:
        """The API's own example: log in, post a score, read the list."""
        for user_id, score in [(131, b"1220"), (4711, b"1500")]:
            key = self.log_in(user_id)
            response = self.ask("POST", f"/2/score?sessionkey={key}", score)
            self.assertEqual((response.status, response.body), (200, b""))
        response = self.ask("GET", "/2/highscorelist")
        self.assertEqual((response.status, response.body), (200, b"4711=1500,131=1220"))
        self.assertTrue(response.content_type.startswith("text/plain"))

    def test_login(self) -> None:
        """A login answers with the key and nothing else, at either path."""
        for target in ("/4711/login", "/4711/login/", "/4711/"):
            response = self.ask("GET", target)
            self.assertEqual(response.status, 200)
            self.assertRegex(response.body, rb"\A[A-Za-z0-9]+\Z")
            self.assertEqual(self.sessions.user_of(response.body.decode()), 4711)

    def test_white_space(self) -> None:
        """ASCII white space around a score does not count."""
        key = self.log_in(1)
        for level_id, body in enumerate([b" 7", b"7\n", b"\r\n\t 7 \t\r\n", b"\x0b7\x0c"]):
            self.assertEqual(self.submit(level_id, key, body), 200)
            self.assertEqual(self.scores(level_id), b"1=7")

    def test_bad_scores(self) -> None:
        """A score that is no number is refused and leaves no trace."""
        key = self.log_in(1)
        for text in [*NOT_NUMBERS, "1 2", "1,2", "\xa01", "1\0", "score=1", "NaN"]:
            if text.strip(" \n") != "1":
                self.assertEqual(self.submit(3, key, text.encode()), 400, ascii(text))
        self.assertEqual(self.scores(3), b"")

    def test_bad_users_and_levels(self) -> None:
        """A user or level that is no number is refused, and no session comes of it."""
        key = self.log_in(1)
        for text in NOT_NUMBERS:
            if text:
                self.assertEqual(self.ask("GET", f"/{text}/login").status, 400, ascii(text))
                self.assertEqual(self.ask("GET", f"/{text}/highscorelist").status, 400)
                self.assertEqual(self.submit(text, key, b"7"), 400)
        self.assertEqual(self.sessions.gauges()["sessions"], 1)

    def test_bad_keys(self) -> None:
        """A score without the key of a user is refused and leaves no trace."""
        key = self.log_in(1)
        for query in [
            "", "?", "?sessionkey", "?sessionkey=", "?sessionkey=none", f"?sessionkey={key[:-1]}",
            f"?sessionkey={key}0", f"?SessionKey={key}", f"?key={key}", f"?{key}",
            f"?sessionkey={key}&sessionkey={key}", f"?sessionkey={key}&sessionkey=",
            f"?sessionkey=%{ord(key[0]):x}{key[1:]}", f"?%73essionkey={key}", f"?sessionkey={key}+",
            f"?a=b;sessionkey={key}", f"??sessionkey={key}",
        ]:  # fmt: skip
            response = self.ask("POST", f"/3/score{query}", b"7")
            self.assertEqual(response.status, 401, query)
            self.assertRegex(response.body, rb"\A[ -~]+\n\Z")
            self.assertNotIn(key.encode(), response.body)
        self.assertEqual(self.scores(3), b"")

    def test_other_parameters(self) -> None:
        """Parameters beside the key do not matter."""
        key = self.log_in(1)
        self.assertEqual(self.ask("POST", f"/3/score?a=b&sessionkey={key}&c", b"7").status, 200)
        self.assertEqual(self.scores(3), b"1=7")

    def test_expired_key(self) -> None:
        """Ten minutes after the login a key is refused, and the score leaves no trace."""
        key = self.log_in(1)
        self.clock.now += 599
        self.assertEqual(self.submit(3, key, b"7"), 200)
        self.clock.now += 2
        self.assertEqual(self.submit(3, key, b"9"), 401)
        self.assertEqual(self.scores(3), b"1=7")

    def test_edge_values(self) -> None:
        """0 and 2147483647 are a user, a level and a score."""
        for number in (0, 2147483647):
            self.assertEqual(self.submit(number, self.log_in(number), b"%d" % number), 200)
            self.assertEqual(self.scores(number), b"%d=%d" % (number, number))

    def test_batch(self) -> None:
        """Requests of one batch see what those before them did."""
        key = self.log_in(1)
        score = make_request("POST", f"/3/score?sessionkey={key}", b"7")
        read = make_request("GET", "/3/highscorelist")
        responses = self.app.handle([read, score, read])
        self.assertEqual([response.body for response in responses], [b"", b"", b"1=7"])


if __name__ == "__main__":
    unittest.main()
