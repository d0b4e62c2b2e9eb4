"""Uploads."""

from __future__ import annotations

import io
import os
import pathlib
import tempfile
from email import message_from_bytes

import mock  # noqa: UP026 (the same mock on every Python)

from scoreganizer_client_lib.exceptions import ScoreganizerInvalidData, ScoreganizerRetry
from tests.client.fake_transport import ClientTest, error, reply

RMV = "application/x-viennasweeper"
AVF = "application/x-minesweeper-arbiter"
REPLAY = b"*rmv\x00\x01 not read here"


class Once(io.RawIOBase):
    """A file that can be read once and not rewound, like a pipe."""

    def __init__(self, content):
        self._content = content

    def readable(self):
        return True

    def read(self, size=-1):
        content, self._content = self._content, b""
        return content


class UploadTest(ClientTest):
    def sent(self, index=-1):
        """The parts of an upload: name → (file name, content)."""
        kind = self.transport.header("Content-Type", index)
        head = f"Content-Type: {kind}\r\n\r\n".encode()
        parts = message_from_bytes(head + self.transport.body(index)).get_payload()
        return {
            part.get_param("name", header="content-disposition"): (
                part.get_filename(),
                part.get_payload(decode=True),
            )
            for part in parts
        }

    def upload(self, *replies, file=None, filename="a.rmv", **arguments):
        client = self.client(*(replies or [reply(201, {})]))
        file = io.BytesIO(REPLAY) if file is None else file
        return client.scores.upload_file(file, filename, **arguments)

    def test_upload_file(self):
        """The file and its type are two parts of one POST; the answer is None."""
        self.assertIsNone(self.upload())
        self.assertEqual(self.transport.calls, ["POST /api/scores/upload"])
        self.assertEqual(
            self.sent(), {"mime_type": (None, RMV.encode()), "video": ("a.rmv", REPLAY)}
        )

    def test_upload_filename(self):
        """A path is opened; only its last part is told to the server."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "HI-SCORE Beg_8.33_3BV=22.avf")
            with open(path, "wb") as file:
                file.write(REPLAY)
            for given in (path, pathlib.Path(path)):
                client = self.client(reply(201, {}))
                self.assertIsNone(client.scores.upload_filename(given))
                self.assertEqual(self.sent()["video"], (os.path.basename(path), REPLAY))
                self.assertEqual(self.sent()["mime_type"][1].decode(), AVF)

    def test_type(self):
        """The type follows from mime_type, else from ext, else from the name, else it is rmv."""
        for arguments, expected in (
            ({"filename": "a.rmv"}, RMV),
            ({"filename": "a.avf"}, AVF),
            ({"filename": "A.AVF"}, AVF),
            ({"filename": "rmv.x.avf"}, AVF),
            ({"filename": "a.txt"}, RMV),
            ({"filename": "avf"}, RMV),
            ({"filename": "a.rmv", "ext": "avf"}, AVF),
            ({"filename": "a.avf", "ext": "rmv"}, RMV),
            ({"filename": "a.avf", "ext": "avf", "mime_type": "x/y"}, "x/y"),
        ):
            with self.subTest(**arguments):
                self.upload(**arguments)
                self.assertEqual(self.sent()["mime_type"][1].decode(), expected)

    def test_each_try_sends_the_whole_file(self):
        """An upload that is asked for again is complete, also from a file without seek."""
        for file in (io.BytesIO(REPLAY), Once(REPLAY)):
            with mock.patch("time.sleep") as sleep:
                self.upload(error("retry"), error("retry"), reply(201, {}), file=file)
            self.assertEqual(sleep.call_count, 2)
            for index in range(3):
                self.assertEqual(self.sent(index)["video"], ("a.rmv", REPLAY))

    def test_from_where_the_file_stands(self):
        """What was read before the call is not sent."""
        file = io.BytesIO(b"skipped" + REPLAY)
        file.seek(len(b"skipped"))
        self.upload(file=file)
        self.assertEqual(self.sent()["video"][1], REPLAY)

    def test_tries_end(self):
        """After `tries` requests, at least one, the server's wish for another is raised."""
        for tries in (0, 1, 3):
            with mock.patch("time.sleep") as sleep, self.assertRaises(ScoreganizerRetry):
                self.upload(*[error("retry") for _ in range(5)], tries=tries)
            self.assertEqual(len(self.transport.requests), max(tries, 1))
            self.assertEqual(sleep.call_count, len(self.transport.requests) - 1)

    def test_other_errors_are_not_retried(self):
        """A replay that is refused is sent once."""
        with self.assertRaises(ScoreganizerInvalidData):
            self.upload(error("invalid_data"))
        self.assertEqual(len(self.transport.requests), 1)
