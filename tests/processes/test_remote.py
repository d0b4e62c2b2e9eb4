"""The way of a request from a worker to the owner."""

from __future__ import annotations

import unittest

from gameserver.processes.remote import _packed, _unpacked
from tests.support import make_request


class RequestTest(unittest.TestCase):
    """A request on the other side."""

    def test_arrival(self) -> None:
        """When it arrived is what the worker says, however long it was on the way."""
        request = make_request("POST", "/api/scores/upload", b"data")
        self.assertEqual(_unpacked(*_packed(request)).arrived, 0)
        request.arrived = 1_700_000_000.25
        there = _unpacked(*_packed(request))
        self.assertEqual(there.arrived, request.arrived)
        self.assertEqual((there.path, there.body), (request.path, request.body))


if __name__ == "__main__":
    unittest.main()
