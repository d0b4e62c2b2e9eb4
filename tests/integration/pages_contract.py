"""What every front end promises of the pages and of their files."""

from __future__ import annotations

import re

from tests.integration.contract import FrontEndTestCase
from tests.raw_client import Reply, request_bytes

PAGES = ("/", "/levels/7", "/levels/7?embed=1", "/users/7")
RULES = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
    "img-src 'self'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'",
}  # fmt: skip
SPELLINGS = (
    "", ".", "..", "/", "/{}", "./{}", "../static/{}", "..%2fstatic%2f{}", "%2e%2e/static/{}",
    "..%5cstatic%5c{}", "{}/", "{}/.", "{}%00", "{}.", ".{}", "{}%20", "{};a", "static/{}", "{}~",
    "{}.map", "{}%0a", "{}:", "{}::$DATA", "layout.html", "boards.html", "../urls.py",
    "..%2furls.py", "%2e%2e%2furls.py", "....//urls.py", "..%c0%afurls.py", "..%252furls.py",
    "%2fetc%2fpasswd", "/etc/passwd", "..;/urls.py", "__init__.py", "C:%5cx", "nul", "*",
)  # fmt: skip
"""What a path might have in the place of a file's name, `{}`."""


class PagesContract(FrontEndTestCase):
    def ask(self, method: str, target: str, *fields: str) -> Reply:
        return self.client.ask(request_bytes(method, target, None, *fields))

    def files(self) -> list[str]:
        """The paths of all files that some page refers to, itself or by way of another file."""
        found: dict[str, None] = {}
        waiting = list(PAGES)
        while waiting:
            body = self.get(waiting.pop()).body.decode()
            new = [path for path in re.findall(r"/static/[\w.-]+", body) if path not in found]
            found.update(dict.fromkeys(new))
            waiting += new
        return list(found)

    def test_pages(self) -> None:
        """A page is HTML; a browser asks each time whether it is the newest, and loads nothing else
        but files of this server."""
        for target in PAGES:
            with self.subTest(target=target):
                reply = self.get(target)
                headers = reply.headers
                self.assertEqual(reply.status, 200)
                self.assertEqual(headers["content-type"], "text/html; charset=utf-8")
                self.assertEqual(headers["cache-control"], "no-cache")
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertEqual(headers["referrer-policy"], "same-origin")
                self.assertNotIn("access-control-allow-origin", headers)
                policy = headers["content-security-policy"].split("; ")
                self.assertLessEqual(RULES, set(policy))
                self.assertNotIn("unsafe", headers["content-security-policy"])

    def test_frames(self) -> None:
        """Nobody has a page in a frame, but a level's if it is asked for so."""
        for target, ancestors in (
            ("/", "'none'"), ("/?embed=1", "'none'"), ("/users/7?embed=1", "'none'"),
            ("/levels/7", "'none'"), ("/levels/7?embed=0", "'none'"), ("/levels/7?embed=1", "*"),
            ("/levels/7?a=1&embed=1", "*"), ("/levels/7?embed=1&embed=1", "'none'"),
        ):  # fmt: skip
            for known in ((), ("If-None-Match: *",)):
                with self.subTest(target=target, known=known):
                    headers = self.ask("GET", target, *known).headers
                    policy = headers["content-security-policy"]
                    self.assertTrue(policy.endswith(f"; frame-ancestors {ancestors}"), policy)

    def test_files(self) -> None:
        """A file is kept for a year under the name that has its hash."""
        files = self.files()
        self.assertGreater(len(files), 3)
        for target in files:
            with self.subTest(target=target):
                self.assertRegex(target, r"\A/static/[a-z-]+\.[0-9a-f]{16}\.(js|css|svg)\Z")
                reply = self.get(target)
                self.assertEqual(reply.status, 200)
                self.assertEqual(
                    reply.headers["cache-control"], "public, max-age=31536000, immutable"
                )
                self.assertEqual(reply.headers["x-content-type-options"], "nosniff")

    def test_not_modified(self) -> None:
        """Who has a page, or a file, is told so; HEAD says what GET would."""
        for target in (*PAGES, *self.files()):
            with self.subTest(target=target):
                reply = self.get(target)
                etag = reply.headers["etag"]
                again = self.ask("GET", target, f"If-None-Match: {etag}")
                self.assertEqual((again.status, again.headers["etag"]), (304, etag))
                self.assertEqual(again.headers["cache-control"], reply.headers["cache-control"])
                self.assertEqual(
                    self.ask("GET", target, 'If-None-Match: "other"').body, reply.body
                )
                head = self.ask("HEAD", target)
                self.assertEqual(
                    (head.status, head.headers["content-length"]), (200, str(len(reply.body)))
                )

    def test_other_methods(self) -> None:
        """A page and a file take GET, HEAD and OPTIONS."""
        for target in ("/", "/levels/7", self.files()[0]):
            with self.subTest(target=target):
                reply = self.client.ask(request_bytes("POST", target, b""))
                self.assertEqual(reply.status, 405)
                self.assertEqual(reply.headers["allow"], "GET, HEAD, OPTIONS")
                self.assertEqual(self.ask("OPTIONS", target).headers["allow"], "GET, HEAD, OPTIONS")

    def test_no_way_out(self) -> None:
        """No spelling of a path leads to a file that is none of the pages', nor is that kept."""
        name = next(path for path in self.files() if path.endswith(".js")).removeprefix("/static/")
        plain = re.sub(r"\.[0-9a-f]{16}", "", name)
        spellings = [spelling.format(name) for spelling in SPELLINGS]
        spellings += [plain, name.upper(), name[:-1], name.replace(".", "%2e"), "a" * 3000]
        for path in spellings:
            with self.subTest(path=path):
                reply = self.get(f"/static/{path}")
                self.assertEqual(reply.status, 404, reply)
                self.assertEqual(reply.headers["cache-control"], "no-store")
        for path in (f"..\\static\\{name}", f"{name}\0", f"{name} ", f"{name}\xe9"):
            reply = self.connect().ask(request_bytes("GET", f"/static/{path}"))
            self.assertEqual(reply.status, 400)
        self.assertEqual(self.get(f"/static/{name}?any=query").status, 200)

    def test_game(self) -> None:
        """The mini-game's paths are what they were, and no pages."""
        self.assertRegex(self.get("/7/login").body, rb"\A[0-9a-z]+\Z")
        self.assertRegex(self.get("/7/").body, rb"\A[0-9a-z]+\Z")
        self.assertEqual(self.get("/7/highscorelist").headers["content-type"],
                         "text/plain; charset=utf-8")  # fmt: skip
        for target in ("/levels", "/users", "/levels/", "/levels/7/x", "/static", "/level/7"):
            self.assertEqual(self.get(target).status, 404)
        for target in ("/levels/x", "/users/-1", "/levels/2147483648", "/users/x?embed=1"):
            self.assertEqual(self.get(target).status, 400)
