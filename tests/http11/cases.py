"""Byte sequences that clients send, and what has to become of each.

Every case stands alone: what arrives, the requests in it, the status of the error behind them if
there is one, and whether the connection ends. The paths are those of the API, so that a case can
be fed to a reader as well as sent to a server.
"""

from __future__ import annotations

from typing import NamedTuple

from gameserver.http11.head import MAX_FIELD_LINE, MAX_FIELDS_SIZE, MAX_REQUEST_LINE

LIST = "GET /1/highscorelist HTTP/1.1"
SCORE = "POST /1/score?sessionkey=none HTTP/1.1"
HOST = "Host: game.example"
CHUNKED = "Transfer-Encoding: chunked"

LIST_REQUEST = ("GET", "/1/highscorelist", b"")


class Case(NamedTuple):
    """What arrives, and what it leads to."""

    name: str
    data: bytes
    requests: tuple[tuple[str, str, bytes], ...]
    error: int | None
    closing: bool


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def list_with(*fields: str) -> bytes:
    """A request for a high score list with these header fields behind Host."""
    return head(LIST, HOST, *fields)


def score_with(*fields: str, body: bytes = b"") -> bytes:
    """A score with these header fields behind Host."""
    return head(SCORE, HOST, *fields) + body


def chunks(body: bytes) -> bytes:
    """A score whose body is chunked."""
    return score_with(CHUNKED, body=body)


def accepted(name: str, data: bytes, *requests: tuple[str, str, bytes], last: bool = False) -> Case:
    """Requests that are all answered; after the `last` the connection ends."""
    return Case(name, data, requests or (LIST_REQUEST,), None, last)


def scored(name: str, data: bytes, body: bytes, last: bool = False) -> Case:
    return accepted(name, data, ("POST", "/1/score", body), last=last)


def refused(name: str, status: int, data: bytes, *requests: tuple[str, str, bytes]) -> Case:
    """An error, behind requests that are answered first."""
    return Case(name, data, requests, status, True)


ACCEPTED = [
    # The request line
    accepted("plain", list_with()),
    accepted("one empty line in front", b"\r\n" + list_with()),
    accepted("HTTP/1.0", head("GET /1/highscorelist HTTP/1.0"), last=True),
    accepted("HTTP/1.0 with Host", head("GET /1/highscorelist HTTP/1.0", HOST), last=True),
    accepted(
        "HTTP/1.0 that stays",
        head("GET /1/highscorelist HTTP/1.0", "Connection: Keep-Alive"),
    ),
    accepted("trailing slash", head("GET /1/highscorelist/ HTTP/1.1", HOST),
             ("GET", "/1/highscorelist/", b"")),
    accepted("empty query", head("GET /1/highscorelist? HTTP/1.1", HOST)),
    accepted("query", head("GET /1/highscorelist?a=/?:@&b=%20%C3 HTTP/1.1", HOST)),
    accepted("escapes are kept", head("GET /%41/b%2fc HTTP/1.1", HOST),
             ("GET", "/%41/b%2fc", b"")),
    accepted("slashes are kept", head("GET //a//b HTTP/1.1", HOST), ("GET", "//a//b", b"")),
    accepted("dots are kept", head("GET /a/../b HTTP/1.1", HOST), ("GET", "/a/../b", b"")),
    accepted("every punctuation of a path",
             head("GET /-._~!$&'()*+,;=:@|^`{}\"<>[] HTTP/1.1", HOST),
             ("GET", "/-._~!$&'()*+,;=:@|^`{}\"<>[]", b"")),
    accepted("HEAD", head("HEAD /1/highscorelist HTTP/1.1", HOST),
             ("HEAD", "/1/highscorelist", b"")),
    accepted("OPTIONS", head("OPTIONS /1/score HTTP/1.1", HOST), ("OPTIONS", "/1/score", b"")),
    accepted("OPTIONS of the server", head("OPTIONS * HTTP/1.1", HOST), ("OPTIONS", "*", b"")),
    accepted("a known method without a use", head("DELETE /1/score HTTP/1.1", HOST),
             ("DELETE", "/1/score", b"")),
    # Absolute-form
    accepted("absolute", head("GET http://game.example/1/highscorelist HTTP/1.1", HOST)),
    accepted("absolute, https", head("GET https://game.example/1/highscorelist HTTP/1.1", HOST)),
    accepted("absolute, in capitals",
             head("GET HTTP://GAME.example/1/highscorelist HTTP/1.1", HOST)),
    accepted("absolute, with a port",
             head("GET http://a:80/1/highscorelist HTTP/1.1", "Host: a:80")),
    accepted("absolute, without a path", head("GET http://game.example HTTP/1.1", HOST),
             ("GET", "/", b"")),
    accepted("absolute, only a query", head("GET http://game.example?a=b HTTP/1.1", HOST),
             ("GET", "/", b"")),
    accepted("absolute, Host not first",
             head("GET http://game.example/1/highscorelist HTTP/1.1", "X-Host: other", HOST)),
    # Fields
    accepted("empty value", list_with("X-Empty:")),
    accepted("space around a value", list_with("X-Space: \t a b \t ")),
    accepted("no space before a value", list_with("X-Close:a")),
    accepted("tab inside a value", list_with("X-Tab: a\tb")),
    accepted("bytes above 127 in a value", list_with("X-Text: caf\xe9\x80\xff")),
    accepted("every character of a name", list_with("!#$%&'*+-.^_`|~09azAZ: 1")),
    accepted("underscore in a harmless name", list_with("X_Name: 1")),
    accepted("a repeated field", list_with("X-A: 1", "x-a: 2")),
    accepted("Host in capitals", head(LIST, "HOST: game.example")),
    accepted("Host with a port", head(LIST, "Host: game.example:8080")),
    accepted("Host with an empty port", head(LIST, "Host: game.example:")),
    accepted("Host of version 4", head(LIST, "Host: 127.0.0.1:80")),
    accepted("Host of version 6", head(LIST, "Host: [::1]:80")),
    accepted("64 fields", list_with(*(f"X-{n}: {n}" for n in range(63)))),
    # The end of the connection
    accepted("close", list_with("Connection: close"), last=True),
    accepted("close, in capitals", list_with("Connection: CLOSE"), last=True),
    accepted("close in a list", list_with("Connection: foo, close ,bar"), last=True),
    accepted("close in a second field", list_with("Connection: foo", "Connection: close"),
             last=True),
    accepted("close and keep-alive", list_with("Connection: keep-alive, close"), last=True),
    accepted("an option that begins like close", list_with("Connection: closed")),
    accepted("what is behind close", list_with("Connection: close") + list_with(), last=True),
    accepted("HTTP/1.0 with another option",
             head("GET /1/highscorelist HTTP/1.0", "Connection: x-keep-alive"), last=True),
    # Bodies with a length
    scored("length", score_with("Content-Length: 4", body=b"1500"), b"1500"),
    scored("length 0", score_with("Content-Length: 0"), b""),
    scored("length with zeros in front", score_with("Content-Length: 0004", body=b"1500"), b"1500"),
    scored("length of 15 digits", score_with("Content-Length: 000000000000004", body=b"1500"),
           b"1500"),
    scored("body of any bytes", score_with("Content-Length: 6", body=b"\0\r\n\r\n\xff"),
           b"\0\r\n\r\n\xff"),
    scored("body that looks like a request",
           score_with(f"Content-Length: {len(list_with())}", body=list_with()), list_with()),
    scored("the largest body", score_with("Content-Length: 1024", body=b"1" * 1024), b"1" * 1024),
    accepted("a body that nobody wants", list_with("Content-Length: 3") + b"abc",
             ("GET", "/1/highscorelist", b"abc")),
    accepted("a body for a path that is not there",
             head("POST /none HTTP/1.1", HOST, "Content-Length: 3") + b"abc",
             ("POST", "/none", b"abc")),
    accepted("a method without a use needs no length", head("PUT /1/score HTTP/1.1", HOST),
             ("PUT", "/1/score", b"")),
    # Chunks
    scored("one chunk", chunks(b"4\r\n1500\r\n0\r\n\r\n"), b"1500"),
    scored("three chunks", chunks(b"1\r\n1\r\n2\r\n50\r\n1\r\n0\r\n0\r\n\r\n"), b"1500"),
    scored("no chunk", chunks(b"0\r\n\r\n"), b""),
    scored("hexadecimal sizes", chunks(b"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"),
           b"01234567890123456789"),
    scored("size with zeros in front", chunks(b"00000004\r\n1500\r\n000\r\n\r\n"), b"1500"),
    scored("line ends inside a chunk", chunks(b"6\r\n\r\n0\r\n\r\r\n0\r\n\r\n"), b"\r\n0\r\n\r"),
    scored("chunk extensions", chunks(b'4;a;b=c;d="e;\\"f"\r\n1500\r\n0;x\r\n\r\n'), b"1500"),
    scored("trailers", chunks(b"4\r\n1500\r\n0\r\nX-A: 1\r\nX-B:\r\n\r\n"), b"1500"),
    scored("Chunked in capitals",
           score_with("transfer-encoding: CHUNKED", body=b"1\r\n7\r\n0\r\n\r\n"), b"7"),
    scored("close with chunks",
           score_with(CHUNKED, "Connection: close", body=b"1\r\n7\r\n0\r\n\r\n"), b"7", last=True),
    accepted("chunks that nobody wants", list_with(CHUNKED) + b"1\r\n7\r\n0\r\n\r\n",
             ("GET", "/1/highscorelist", b"7")),
    # Expect
    scored("Expect", score_with("Content-Length: 1", "Expect: 100-continue", body=b"7"), b"7"),
    scored("Expect, in capitals",
           score_with("Content-Length: 1", "Expect: 100-Continue", body=b"7"), b"7"),
    accepted("Expect without a body", list_with("Expect: 100-continue")),
    accepted("Expect where nobody wants the body",
             list_with("Content-Length: 3", "Expect: 100-continue") + b"abc", last=True),
    accepted("HTTP/1.0 cannot expect",
             head("GET /1/highscorelist HTTP/1.0", "Expect: the impossible"), last=True),
    # Pipelines
    accepted("three in a row", list_with() * 3, *[LIST_REQUEST] * 3),
    accepted(
        "bodies in a row",
        score_with("Content-Length: 1", body=b"1") + chunks(b"1\r\n2\r\n0\r\n\r\n") + list_with(),
        ("POST", "/1/score", b"1"), ("POST", "/1/score", b"2"), LIST_REQUEST,
    ),
    accepted("an empty line between two", list_with() + b"\r\n" + list_with(),
             LIST_REQUEST, LIST_REQUEST),
]  # fmt: skip

REFUSED = [
    refused("a large body that nobody wants", 413, list_with("Content-Length: 1025") + b"abc"),
    refused("a larger one for a path that is not there", 413,
            head("POST /none HTTP/1.1", HOST, "Content-Length: 999999999999999") + b"abc"),
    # The request line
    refused("nothing but line ends", 400, b"\r\n\r\n\r\n"),
    refused("two empty lines in front", 400, b"\r\n\r\n" + list_with()),
    refused("a bare line end in front", 400, b"\n" + list_with()),
    refused("space in front", 400, b" " + list_with()),
    refused("HTTP/0.9", 400, b"GET /1/highscorelist\r\n\r\n"),
    refused("two spaces before the target", 400, head("GET  /1/highscorelist HTTP/1.1", HOST)),
    refused("two spaces behind the target", 400, head("GET /1/highscorelist  HTTP/1.1", HOST)),
    refused("a tab for a space", 400, head("GET\t/1/highscorelist HTTP/1.1", HOST)),
    refused("a no-break space for a space", 400, head("GET\xa0/1/highscorelist HTTP/1.1", HOST)),
    refused("a form feed for a space", 400, head("GET\x0c/1/highscorelist HTTP/1.1", HOST)),
    refused("space at the end", 400, head(LIST + " ", HOST)),
    refused("a fourth part", 400, head("GET /1/highscorelist a HTTP/1.1", HOST)),
    refused("no target", 400, head("GET HTTP/1.1", HOST)),
    refused("no method", 400, head("/1/highscorelist HTTP/1.1", HOST)),
    refused("a method that is no token", 400, head("GE(T /1/highscorelist HTTP/1.1", HOST)),
    refused("an unknown method", 501, head("BREW /1/highscorelist HTTP/1.1", HOST)),
    refused("a method in small letters", 501, head("get /1/highscorelist HTTP/1.1", HOST)),
    refused("a long unknown method", 501, head("B" * 4000 + " / HTTP/1.1", HOST)),
    refused("another protocol", 400, head("GET /1/highscorelist ICY/1.1", HOST)),
    refused("HTTP in small letters", 400, head("GET /1/highscorelist http/1.1", HOST)),
    refused("a version too new", 505, head("GET /1/highscorelist HTTP/2.0", HOST)),
    refused("the preface of HTTP/2", 505, head("PRI * HTTP/2.0") + b"SM\r\n\r\n"),
    refused("a version too old", 505, head("GET /1/highscorelist HTTP/0.9", HOST)),
    refused("a version that is not there", 400, head("GET /1/highscorelist HTTP/1.2", HOST)),
    refused("a version of two digits", 400, head("GET /1/highscorelist HTTP/1.10", HOST)),
    refused("a version with a zero", 400, head("GET /1/highscorelist HTTP/01.1", HOST)),
    refused("a version with a comma", 400, head("GET /1/highscorelist HTTP/1,1", HOST)),
    refused("a version without a minor", 400, head("GET /1/highscorelist HTTP/1", HOST)),
    refused("a TLS handshake", 400, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n"),
    # The target
    refused("no slash", 400, head("GET 1/highscorelist HTTP/1.1", HOST)),
    refused("fragment", 400, head("GET /1/highscorelist# HTTP/1.1", HOST)),
    refused("fragment in the query", 400, head("GET /1/highscorelist?a#b HTTP/1.1", HOST)),
    refused("backslash", 400, head("GET /1\\highscorelist HTTP/1.1", HOST)),
    refused("escape without digits", 400, head("GET /1/high%scorelist HTTP/1.1", HOST)),
    refused("escape cut off", 400, head("GET /1/highscorelist%4 HTTP/1.1", HOST)),
    refused("bad escape in the query", 400, head("GET /1/highscorelist?a=%4g HTTP/1.1", HOST)),
    refused("a byte above 127", 400, head("GET /\xff HTTP/1.1", HOST)),
    refused("a control character", 400, head("GET /\x07 HTTP/1.1", HOST)),
    refused("DEL", 400, head("GET /\x7f HTTP/1.1", HOST)),
    refused("asterisk for GET", 400, head("GET * HTTP/1.1", HOST)),
    refused("asterisk and more", 400, head("OPTIONS *a HTTP/1.1", HOST)),
    refused("authority-form", 400, head("CONNECT game.example:80 HTTP/1.1", HOST)),
    refused("absolute, another host", 400, head("GET http://other/1/highscorelist HTTP/1.1", HOST)),
    refused("absolute, another port", 400,
            head("GET http://game.example:1/1/highscorelist HTTP/1.1", HOST)),
    refused("absolute, without Host", 400, head("GET http://a/ HTTP/1.1")),
    refused("absolute, HTTP/1.0 without Host", 400, head("GET http://a/ HTTP/1.0")),
    refused("absolute, with a user", 400, head("GET http://u@game.example/ HTTP/1.1", HOST)),
    refused("absolute, another scheme", 400, head("GET ftp://game.example/ HTTP/1.1", HOST)),
    refused("absolute, no authority", 400, head("GET http:///1/highscorelist HTTP/1.1", HOST)),
    refused("absolute, two Host fields", 400, head("GET http://a/ HTTP/1.1", "Host: a", "Host: b")),
    # Lines
    refused("bare line feeds", 400, list_with().replace(b"\r\n", b"\n") + b"\r\n\r\n"),
    refused("a bare line feed behind the request line", 400,
            head(LIST).replace(b"\r\n", b"\n", 1) + b"Host: a\r\n\r\n"),
    refused("a bare line feed in a value", 400, list_with("X: a\nX-B: c")),
    refused("a bare CR in a value", 400, list_with("X: a\rX-B: c")),
    refused("a bare CR at the end of a value", 400, list_with("X: a\r")),
    refused("a bare CR in the request line", 400, head("GET /\r HTTP/1.1", HOST)),
    refused("NUL in a value", 400, list_with("X: a\0b")),
    refused("NUL in the request line", 400, head("GET /\0 HTTP/1.1", HOST)),
    refused("NUL first of all", 400, b"\0" + list_with()),
    # Fields
    refused("a field without a colon", 400, list_with("X-A")),
    refused("a field without a name", 400, list_with(": a")),
    refused("space in a name", 400, list_with("X A: b")),
    refused("space behind a name", 400, list_with("X-A : b")),
    refused("tab behind a name", 400, list_with("X-A\t: b")),
    refused("space behind Content-Length", 400, score_with("Content-Length : 1", body=b"1")),
    refused("a folded field", 400, list_with("X-A: b", " c")),
    refused("a field folded with a tab", 400, list_with("X-A: b", "\tc")),
    refused("space before the first field", 400, head(LIST, " " + HOST)),
    refused("a name in brackets", 400, list_with("[X]: b")),
    refused("a name above 127", 400, list_with("X-\xe9: b")),
    refused("BEL in a value", 400, list_with("X-A: \x07")),
    refused("DEL in a value", 400, list_with("X-A: \x7f")),
    refused("vertical tab in a value", 400, list_with("X-A: a\x0bb")),
    refused("no Host", 400, head(LIST)),
    refused("no Host but others", 400, head(LIST, "X-Host: a")),
    refused("empty Host", 400, head(LIST, "Host:")),
    refused("two Host fields", 400, list_with("Host: other.example")),
    refused("two equal Host fields", 400, list_with(HOST)),
    refused("Host with a path", 400, head(LIST, "Host: a/b")),
    refused("Host with a user", 400, head(LIST, "Host: a@b")),
    refused("Host with a space", 400, head(LIST, "Host: a b")),
    refused("Host as a list", 400, head(LIST, "Host: a, b")),
    refused("Host with a port that is none", 400, head(LIST, "Host: a:b")),
    refused("two Host fields of HTTP/1.0", 400,
            head("GET /1/highscorelist HTTP/1.0", "Host: a", "Host: a")),
    # What frames the body
    refused("no length", 411, score_with()),
    refused("two lengths", 400, score_with("Content-Length: 1", "Content-Length: 2", body=b"12")),
    refused("two equal lengths", 400,
            score_with("Content-Length: 1", "content-length: 1", body=b"1")),
    refused("a list of lengths", 400, score_with("Content-Length: 1, 1", body=b"1")),
    refused("length with a plus", 400, score_with("Content-Length: +1", body=b"1")),
    refused("length below zero", 400, score_with("Content-Length: -1", body=b"1")),
    refused("length in hexadecimal", 400, score_with("Content-Length: 0x1", body=b"1")),
    refused("length with an underscore", 400, score_with("Content-Length: 1_0", body=b"1" * 10)),
    refused("length with a space", 400, score_with("Content-Length: 1 0", body=b"1" * 10)),
    refused("length with a point", 400, score_with("Content-Length: 1.0", body=b"1")),
    refused("empty length", 400, score_with("Content-Length:", body=b"1")),
    refused("length of 16 digits", 400, score_with("Content-Length: 0000000000000001", body=b"1")),
    refused("length of other digits", 400, score_with("Content-Length: \xb2", body=b"12")),
    refused("length on a list, not valid", 400, list_with("Content-Length: a")),
    refused("two types", 400,
            score_with("Content-Type: a", "Content-Type: a", "Content-Length: 1", body=b"1")),
    refused("Content_Length", 400, score_with("Content_Length: 1", body=b"1")),
    refused("Transfer_Encoding", 400, score_with("Transfer_Encoding: chunked", body=b"0\r\n\r\n")),
    refused("coding and length", 400,
            score_with(CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n")),
    refused("length and coding", 400,
            score_with("Content-Length: 5", CHUNKED, body=b"0\r\n\r\n")),
    refused("coding and length on a list", 400,
            list_with("Content-Length: 5", CHUNKED) + b"0\r\n\r\n"),
    refused("coding of HTTP/1.0", 400,
            head("POST /1/score HTTP/1.0", CHUNKED) + b"0\r\n\r\n"),
    refused("coding of HTTP/1.0 that stays", 400,
            head("POST /1/score HTTP/1.0", "Connection: keep-alive", CHUNKED) + b"0\r\n\r\n"),
    refused("coding gzip", 501, score_with("Transfer-Encoding: gzip")),
    refused("coding identity", 501, score_with("Transfer-Encoding: identity")),
    refused("coding chunked and gzip", 501, score_with("Transfer-Encoding: chunked, gzip")),
    refused("coding gzip and chunked", 501, score_with("Transfer-Encoding: gzip, chunked")),
    refused("coding chunked twice", 501, score_with(CHUNKED, CHUNKED)),
    refused("coding chunked with a parameter", 501, score_with("Transfer-Encoding: chunked;q=1")),
    refused("coding xchunked", 501, score_with("Transfer-Encoding: xchunked")),
    refused("coding chunked in quotes", 501, score_with('Transfer-Encoding: "chunked"')),
    refused("coding empty", 501, score_with("Transfer-Encoding:")),
    refused("coding with a vertical tab", 400, score_with("Transfer-Encoding: \x0bchunked")),
    # Bodies
    refused("a body too large", 413, score_with("Content-Length: 1025", body=b"1" * 10)),
    refused("a body far too large", 413, score_with("Content-Length: 999999999999999")),
    refused("chunks too large", 413, chunks(b"401\r\n")),
    refused("chunks too large together", 413, chunks(b"400\r\n" + b"1" * 1024 + b"\r\n1\r\n")),
    refused("chunks far too large", 413, chunks(b"FFFFFFFF\r\n")),
    refused("a chunk size of 9 digits", 400, chunks(b"000000004\r\n1500\r\n0\r\n\r\n")),
    refused("a chunk size with 0x", 400, chunks(b"0x4\r\n1500\r\n0\r\n\r\n")),
    refused("a chunk size with a plus", 400, chunks(b"+4\r\n1500\r\n0\r\n\r\n")),
    refused("a chunk size below zero", 400, chunks(b"-4\r\n1500\r\n0\r\n\r\n")),
    refused("a chunk size with an underscore", 400, chunks(b"0_4\r\n1500\r\n0\r\n\r\n")),
    refused("space before a chunk size", 400, chunks(b" 4\r\n1500\r\n0\r\n\r\n")),
    refused("space behind a chunk size", 400, chunks(b"4 \r\n1500\r\n0\r\n\r\n")),
    refused("no chunk size", 400, chunks(b"\r\n1500\r\n0\r\n\r\n")),
    refused("no hexadecimal chunk size", 400, chunks(b"g\r\n1500\r\n0\r\n\r\n")),
    refused("a bare line feed behind a chunk size", 400, chunks(b"4\n1500\r\n0\r\n\r\n")),
    refused("a bare line feed in an extension", 400, chunks(b"4;a\nb\r\n1500\r\n0\r\n\r\n")),
    refused("a bare CR in an extension", 400, chunks(b"4;a\rb\r\n1500\r\n0\r\n\r\n")),
    refused("an extension without a name", 400, chunks(b"4;\r\n1500\r\n0\r\n\r\n")),
    refused("an extension with an open quote", 400, chunks(b'4;a="b\r\n1500\r\n0\r\n\r\n')),
    refused("a long extension", 400, chunks(b"4;" + b"a" * 300 + b"\r\n1500\r\n0\r\n\r\n")),
    refused("a chunk longer than it says", 400, chunks(b"3\r\n1500\r\n0\r\n\r\n")),
    refused("a bare line feed behind a chunk", 400, chunks(b"4\r\n1500\n0\r\n\r\n")),
    refused("a bare CR behind a chunk", 400, chunks(b"4\r\n1500\r0\r\n\r\n")),
    refused("a trailer without a colon", 400, chunks(b"0\r\nX-A\r\n\r\n")),
    refused("a folded trailer", 400, chunks(b"0\r\nX-A: 1\r\n b\r\n\r\n")),
    refused("a length in the trailers", 400, chunks(b"0\r\nContent-Length: 9\r\n\r\n")),
    refused("a coding in the trailers", 400, chunks(b"0\r\ntransfer-encoding: a\r\n\r\n")),
    refused("a trailer with NUL", 400, chunks(b"0\r\nX-A: \0\r\n\r\n")),
    # Expect
    refused("another expectation", 417, score_with("Content-Length: 1", "Expect: 200-ok")),
    refused("two expectations", 417,
            score_with("Content-Length: 1", "Expect: 100-continue", "Expect: 100-continue")),
    refused("an empty expectation", 417, score_with("Content-Length: 1", "Expect:")),
    refused("Expect for a body too large", 413,
            score_with("Content-Length: 1025", "Expect: 100-continue")),
    # Behind good requests
    refused("an error behind a list", 400, list_with() + b"GET / HTTP/1.1\n", LIST_REQUEST),
    refused("an error behind two", 501,
            list_with() + score_with("Content-Length: 1", body=b"7")
            + head("BREW / HTTP/1.1", HOST),
            LIST_REQUEST, ("POST", "/1/score", b"7")),
    refused("chunks that hide a request", 400,
            chunks(b"0\r\n\r\n") + b"0\r\n\r\n" + list_with(), ("POST", "/1/score", b"")),
]  # fmt: skip


def _field_of(size: int, name: str = "X-Long") -> str:
    """A field line of so many bytes, its line end not counted."""
    return f"{name}: " + "a" * (size - len(name) - 2)


_LONG_LINE = "GET /" + "a" * (MAX_REQUEST_LINE - len("GET / HTTP/1.1")) + " HTTP/1.1"
_FULL_FIELDS = [_field_of(MAX_FIELD_LINE, f"X-{n}") for n in range(3)]
_LAST_FIELD = _field_of(MAX_FIELDS_SIZE - 3 * (MAX_FIELD_LINE + 2) - len(HOST) - 2)
"""With the lines above and Host a header of the largest size, with the line ends between them."""


LARGE = [
    accepted("the longest request line", head(_LONG_LINE, HOST),
             ("GET", _LONG_LINE.split()[1], b"")),
    refused("a request line too long", 414, head(_LONG_LINE.replace("/", "/a"), HOST)),
    refused("a request line without end", 414, b"GET /" + b"a" * 9000),
    refused("a method without end", 414, b"G" * 9000),
    accepted("the longest field", list_with(_field_of(MAX_FIELD_LINE))),
    refused("a field too long", 431, list_with(_field_of(MAX_FIELD_LINE + 1))),
    refused("a field without end", 431, list_with().removesuffix(b"\r\n") + b"a" * 9000),
    accepted("the longest header", list_with(*_FULL_FIELDS, _LAST_FIELD)),
    refused("a header too long", 431, list_with(*_FULL_FIELDS, _LAST_FIELD + "a")),
    refused("fields without end", 431, head(LIST, HOST, *["X-A: 1"] * 5000)),
    refused("65 fields", 431, list_with(*(f"X-{n}: {n}" for n in range(64)))),
    refused("65 fields, all empty", 431, list_with(*(f"X-{n}:" for n in range(64)))),
    refused("trailers without end", 400, chunks(b"0\r\n" + b"X-A: 1\r\n" * 2000)),
    refused("a trailer without end", 400, chunks(b"0\r\nX-A: " + b"1" * 9000)),
    refused("a chunk line without end", 400, chunks(b"0" * 9000)),
    scored("the largest chunked body", chunks(b"1\r\n1\r\n" * 1024 + b"0\r\n\r\n"), b"1" * 1024),
    accepted("a long pipeline", list_with() * 300, *[LIST_REQUEST] * 300),
]  # fmt: skip

ALL = ACCEPTED + REFUSED + LARGE
