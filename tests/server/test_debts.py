"""What clients are owed: sent in order, and equal bodies counted once."""

from __future__ import annotations

import random
import socket
import unittest

from gameserver.server.debts import LONG_BODY, Debt, Ledger

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
BODY = random.Random(1).randbytes(3 * LONG_BODY)


class Sink(socket.socket):
    """Takes a few bytes at a time, and now and then none."""

    def __init__(self, *takes: int) -> None:
        self.takes = list(takes)
        self.taken = b""
        self.offers: list[int] = []

    def send(self, data: memoryview) -> int:  # type: ignore[override]
        self.offers.append(len(data))
        size = self.takes.pop(0) if self.takes else len(data)
        if not size:
            raise BlockingIOError
        self.taken += data[:size]
        return min(size, len(data))


class DebtTest(unittest.TestCase):
    def setUp(self) -> None:
        self.ledger = Ledger()
        self.debt = Debt(self.ledger)

    def paid(self, *takes: int) -> bytes:
        """What a sink gets that takes so much each time."""
        sink = Sink(*takes)
        while not self.debt.pay(sink):
            pass
        self.assertEqual(self.ledger.total, 0)
        return sink.taken

    def test_wherever_sending_stopped(self) -> None:
        """The rest of a reply is sent to its last byte, wherever the socket was full."""
        output = HEAD + HEAD + BODY
        for sent in (0, 1, len(HEAD), 2 * len(HEAD) - 1, 2 * len(HEAD), len(output) - 1):
            for record in (0, 100, 16384):
                with self.subTest(sent=sent, record=record):
                    self.debt.add(output, sent, BODY, record)
                    self.assertEqual(self.paid(0, 1, 5000, 0, 3), output[sent:])

    def test_in_order(self) -> None:
        """What is owed later is sent later."""
        self.debt.add(HEAD + BODY, 3, BODY)
        self.debt.add(b"later")
        self.assertEqual(self.paid(7, 0), (HEAD + BODY)[3:] + b"later")

    def test_one_piece_for_tls(self) -> None:
        """What TLS may have encrypted already is offered again with all that belongs to it."""
        self.debt.add(HEAD + BODY, 2, BODY, 1000)
        sink = Sink(0)
        self.debt.pay(sink)
        self.assertGreaterEqual(sink.offers[0], 1000)

    def test_equal_bodies_count_once(self) -> None:
        """However many clients are owed a long body, it is there once."""
        debts = [Debt(self.ledger) for _ in range(100)]
        for debt in debts:
            body = bytes(bytearray(BODY))  # a copy, as each batch from another process brings
            debt.add(HEAD + body, 5, body)
        self.assertEqual(self.ledger.total, len(BODY) + 100 * (len(HEAD) - 5))
        for debt in debts[1:]:
            debt.cancel()
        self.assertEqual(self.ledger.total, len(BODY) + len(HEAD) - 5)
        self.assertTrue(debts[0].pay(Sink()))
        self.assertEqual(self.ledger.total, 0)

    def test_short_bodies(self) -> None:
        """What is short is not worth sharing, and neither is what is not sent (HEAD)."""
        self.debt.add(HEAD + b"short", 0, b"short")
        self.assertEqual(self.ledger.total, len(HEAD) + 5)
        self.debt.add(HEAD, 0, BODY)
        self.assertEqual(self.paid(), HEAD + b"short" + HEAD)


if __name__ == "__main__":
    unittest.main()
