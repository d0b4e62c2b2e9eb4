"""The loop, with sources that are sockets."""

from __future__ import annotations

import socket
import unittest
from collections.abc import Callable, Sequence

from gameserver.server.loop import EVENT_READ, Loop, Source
from gameserver.web.messages import Request


class End:
    """One end of a pair of sockets, whose `ready` does what it is told."""

    def __init__(self, loop: Loop, when_ready: Callable[[], None] = lambda: None) -> None:
        self.inside, self.outside = socket.socketpair()
        self._when_ready = when_ready
        loop.watch(self, EVENT_READ)

    def fileno(self) -> int:
        return self.inside.fileno()

    def arrive(self) -> None:
        """Something has arrived."""
        self.outside.send(b"x")

    def ready(self) -> Sequence[Request]:
        self.inside.recv(1)
        self._when_ready()
        return ()

    def close(self) -> None:
        self.inside.close()
        self.outside.close()


class GatheredTest(unittest.TestCase):
    """What becomes ready while others are read."""

    def setUp(self) -> None:
        self.loop = Loop()
        self.addCleanup(self.loop.close)

    def end(self, when_ready: Callable[[], None] = lambda: None) -> End:
        end = End(self.loop, when_ready)
        self.addCleanup(end.close)
        return end

    def gather(self) -> list[Source]:
        """The sources in their order, as they are read."""
        sources: list[Source] = []
        for source in self.loop.gathered(self.loop.wait(0)):
            source.ready()
            sources.append(source)
        return sources

    def test_none(self) -> None:
        """Nothing is waited for."""
        self.end()
        self.assertEqual(self.gather(), [])

    def test_meanwhile(self) -> None:
        """What arrives while another one is read goes along."""
        last = self.end()
        middle = self.end(last.arrive)
        first = self.end(middle.arrive)
        first.arrive()
        self.assertEqual(self.gather(), [first, middle, last])

    def test_each_once(self) -> None:
        """One that is ready again has its next turn in the next iteration."""
        busy = self.end(lambda: busy.arrive())
        busy.arrive()
        self.assertEqual(self.gather(), [busy])
        self.assertEqual(self.gather(), [busy])

    def test_share(self) -> None:
        """The more there are, the less each of them may have answered."""
        many = [self.end() for _ in range(100)]
        first = self.end(lambda: [each.arrive() for each in many] and None)
        first.arrive()
        shares = []
        for source in self.loop.gathered(self.loop.wait(0)):
            source.ready()
            shares.append(self.loop.share)
        self.assertEqual(len(shares), 101)
        self.assertGreater(shares[0], shares[-1])


if __name__ == "__main__":
    unittest.main()
