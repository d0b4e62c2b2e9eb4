from __future__ import annotations

import unittest

from gameserver.errors import Refused
from gameserver.web.forms import read_fields, read_json, read_urlencoded
from gameserver.web.messages import Request
from gameserver.web.multipart import Malformed
from tests.support import router


class JSONTest(unittest.TestCase):
    def test_one_flat_object(self):
        """Texts, whole numbers, booleans and null are read."""
        text = '{"a": "x{[\\"", "b": 999999999999999, "c": true, "d": null, "e": "\\u00e9"}'
        self.assertEqual(
            read_json(text), {"a": 'x{["', "b": 999999999999999, "c": True, "d": None, "e": "é"}
        )

    def test_refused(self):
        """Anything nested, twice, fractional, too long or malformed is refused."""
        for text in (
            "", "[]", "1", '"a"', "null", '{"a": {}}', '{"a": []}', "[" * 60_000, '{"a":' * 9_000,
            '{"a": 1, "a": 1}', '{"a": NaN}', '{"a": Infinity}', '{"a": -Infinity}', '{"a": 1.5}',
            '{"a": 1e400}', '{"a": 1000000000000000}', '{"a": 1}x', '{"a": 01}', "{'a': 1}",
            '{"a": 1,}', '{"a": "\n"}', '{"a": "\\ud800"}', '{"\\udfff": 1}', "\ufeff{}", '{"a',
            '{"a": "\\', '"' + '\\"' * 30_000,
        ):  # fmt: skip
            with self.assertRaises(Malformed, msg=text[:40]):
                read_json(text)


class UrlencodedTest(unittest.TestCase):
    def test_pairs(self):
        """Names and values are unescaped, and values may be empty."""
        self.assertEqual(
            read_urlencoded("a=1+2&b=&c%26=%C3%A9%3D"), {"a": "1 2", "b": "", "c&": "é="}
        )
        self.assertEqual(read_urlencoded(""), {})

    def test_refused(self):
        """Pairs without a value, twice the same name, bad escapes and bad UTF-8 are refused."""
        for text in ("a", "a=1&", "a=1&a=2", "a=%", "a=%4", "a=%zz", "a=%ff", "&".join("abc"),
                     "&".join(f"a{n}=1" for n in range(33))):  # fmt: skip
            with self.assertRaises(Malformed, msg=text):
                read_urlencoded(text)


class ReadFieldsTest(unittest.TestCase):
    def read(self, content_type: str, body: bytes):
        match = router.resolve("POST", "/api/register")
        headers = {"content-type": content_type} if content_type else {}
        return read_fields(Request("POST", "/api/register", "", headers, body, "", match))

    def test_content_types(self):
        """The Content-Type says how the body is to be read."""
        self.assertEqual(self.read("application/json; charset=utf-8", b'{"a": "1"}'), {"a": "1"})
        self.assertEqual(self.read("application/X-WWW-form-urlencoded", b"a=1"), {"a": "1"})

    def test_refused(self):
        """Other types, none, and what is not UTF-8 are refused as invalid data."""
        for content_type, body in (
            ("", b"a=1"), ("text/plain", b"a=1"), ("application/json", b'{"a": "\xff"}'),
            ("application/json;", b"{}"), ("multipart/form-data; boundary=B", b"--B--"),
        ):  # fmt: skip
            with self.assertRaises(Refused) as caught:
                self.read(content_type, body)
            self.assertEqual(caught.exception.code, "invalid_data")
