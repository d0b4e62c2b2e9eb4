from __future__ import annotations

import unittest

from gameserver.web.multipart import Malformed, Part, read_multipart, split_value

TYPE = "multipart/form-data; boundary=B"
FIELD = b'Content-Disposition: form-data; name="a"\r\n\r\nhello'


def body(*parts: bytes) -> bytes:
    return b"".join(b"--B\r\n%b\r\n" % part for part in parts) + b"--B--\r\n"


class AcceptedTest(unittest.TestCase):
    def read(self, data: bytes, content_type: str = TYPE) -> list[tuple[str, bytes, bool]]:
        return [tuple(part) for part in read_multipart(content_type, data)]

    def test_a_field_and_a_file(self):
        """Parts come in order, with their data as it is, and files are told from fields."""
        file = (
            b"CONTENT-type: application/octet-stream\r\n"
            b'content-disposition: form-data; filename="\xe3\x81\x93.rmv"; name=video\r\n\r\n'
            b"\x00\r\n\xff--B\r\n--C\r\n\r\n"
        )
        self.assertEqual(
            self.read(body(FIELD, file)),
            [("a", b"hello", False), ("video", b"\x00\r\n\xff--B\r\n--C\r\n\r\n", True)],
        )

    def test_empty_things(self):
        """There may be no part, and a part may be empty."""
        self.assertEqual(self.read(b"--B--\r\n"), [])
        self.assertEqual(self.read(body(FIELD[:-5])), [("a", b"", False)])

    def test_what_looks_like_a_delimiter(self):
        """Only a whole line is a delimiter."""
        for data in (
            b"\r\n--Bx", b"\r\n--B \r\n", b"\n--B\r\n", b"\r\n--B-", b"\r\n--B--x", b"\r\n-B",
            b"\r\n--b\r\n",
        ):  # fmt: skip
            self.assertEqual(self.read(body(FIELD[:-5] + data)), [("a", data, False)], data)

    def test_ends(self):
        """The last line may have an end or not, and what follows is ignored."""
        whole = body(FIELD)
        for data in (whole[:-2], whole[:-1], whole, whole + b"epilogue", b"\r\n\r\n" + whole):
            self.assertEqual(self.read(data), [("a", b"hello", False)], data)

    def test_boundaries(self):
        """A boundary may be quoted, and have 70 characters; a common mistake is forgiven."""
        for boundary in ("B", "x" * 70, "----WebKitFormBoundary", "a b", "'()+_,-./:=?"):
            data = body(FIELD).replace(b"--B", b"--" + boundary.encode())
            content_type = f'Multipart/Form-Data; charset=utf-8; Boundary="{boundary}"'
            self.assertEqual(self.read(data, content_type), [("a", b"hello", False)], boundary)
        self.assertEqual(
            self.read(body(FIELD), "multipart/form-data; boundary=--B"), [("a", b"hello", False)]
        )

    def test_transfer_encodings(self):
        """Data in base64 and quoted-printable is decoded."""
        for encoding, data in (("base64", b"aGVsbG8="), ("Quoted-Printable", b"=68ello")):
            part = FIELD[:-5].replace(
                b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: %b\r\n\r\n" % encoding.encode()
            )
            self.assertEqual(self.read(body(part + data)), [("a", b"hello", False)])


class RefusedTest(unittest.TestCase):
    def refuse(self, data: bytes, content_type: str = TYPE) -> None:
        with self.assertRaises(Malformed, msg=(content_type, data[:80])):
            read_multipart(content_type, data)

    def test_content_types(self):
        """Without a valid boundary of 1 to 70 characters nothing is read."""
        for content_type in (
            "", "multipart/form-data", "multipart/mixed; boundary=B", "form-data; boundary=B",
            "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
            'multipart/form-data; boundary="B', "multipart/form-data; boundary=B; boundary=B",
            f"multipart/form-data; boundary={'B' * 71}", 'multipart/form-data; boundary="B "',
            "multipart/form-data; boundary=B;", "multipart/form-data; boundary=é",
            'multipart/form-data; boundary="B\\"',
        ):  # fmt: skip
            self.refuse(body(FIELD), content_type)

    def test_every_beginning(self):
        """A body that is cut off anywhere before its last delimiter is refused."""
        whole = body(FIELD, FIELD)
        for end in range(len(whole) - 2):
            self.refuse(whole[:end])

    def test_bad_headers(self):
        """A part's header is a field for each line, and nothing else."""
        for header in (
            b"", b"Content-Disposition: form-data", b"Content-Disposition: form-data; filename=x",
            b"Content-Disposition: attachment; name=a", b"Content-Type: text/plain",
            b"Content-Disposition : form-data; name=a", b'Content-Disposition: form-data; name="a',
            b'Content-Disposition: form-data;\r\n name="a"', b": form-data; name=a",
            b'Content-Disposition: form-data; name="a"\nX: y', b'X\x00: y', b"X: \x00y", b"X: \ry",
            b'Content-Disposition: form-data; name="a"; name="b"',
            b"Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=a",
            b"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: x-uuencode",
        ):  # fmt: skip
            self.refuse(body(header + b"\r\n\r\nhello"))

    def test_bad_base64(self):
        """What says that it is base64 has to be."""
        header = b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        self.refuse(body(FIELD[:-5].replace(b"\r\n\r\n", header) + b"%%%"))

    def test_line_ends(self):
        """Only CRLF ends a line."""
        self.refuse(body(FIELD).replace(b"\r\n", b"\n"))
        self.refuse(body(FIELD).replace(b"\r\n", b"\r"))

    def test_preamble(self):
        """There is nothing in front of the first delimiter."""
        self.refuse(b"preamble\r\n" + body(FIELD))

    def test_limits(self):
        """There may be 8 parts, each with 4 KiB of header."""
        self.assertEqual(len(read_multipart(TYPE, body(*[FIELD] * 8))), 8)
        self.refuse(body(*[FIELD] * 9))
        self.refuse(body(b"X: " + b"x" * 4096 + b"\r\n" + FIELD))

    def test_random_changes(self):
        """Whatever becomes of a byte, there are parts or there is `Malformed`."""
        whole = body(FIELD, FIELD)
        for position in range(len(whole)):
            for byte in (0, 10, 13, 34, 45, 58, 59, 61, 92, 128, 255):
                data = whole[:position] + bytes([byte]) + whole[position + 1 :]
                try:
                    parts = read_multipart(TYPE, data)
                except Malformed:
                    continue
                self.assertTrue(all(isinstance(part, Part) for part in parts))


class SplitValueTest(unittest.TestCase):
    def test_parameters(self):
        """Quoted values may hold what would end them, escaped."""
        self.assertEqual(
            split_value('Form-Data ; a="x;\\"y" ;B=z'), ("form-data", {"a": 'x;"y', "b": "z"})
        )
