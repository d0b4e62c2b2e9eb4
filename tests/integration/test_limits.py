"""Many clients, slow clients and scarce descriptors, against every front end."""

from __future__ import annotations

import time
import unittest
from typing import ClassVar

from tests.procfs import has_proc
from tests.raw_client import request_bytes
from tests.servers import ServerProcess
from tests.support import wait_until

LIST = request_bytes("GET", "/1/highscorelist")


class LimitContract(unittest.TestCase):
    """How every front end bounds what clients take."""

    flags: ClassVar[tuple[str, ...]] = ()
    processes = 1

    def test_many_clients(self) -> None:
        """Hundreds of clients are served at once."""
        with ServerProcess(*self.flags) as server:
            clients = [self.enterContext(server.client()) for _ in range(400)]
            for _ in range(3):
                for client in clients:
                    client.send(LIST)
                self.assertEqual({client.reply().status for client in clients}, {200})

    def test_silent_clients(self) -> None:
        """Clients that send nothing are closed, and do not keep others from being served."""
        constants = {"gameserver.server.connection.HEAD_SECONDS": 2.0}
        with ServerProcess(*self.flags, constants=constants) as server:
            silent = [self.enterContext(server.client()) for _ in range(50)]
            with server.client() as client:
                self.assertEqual(client.ask(LIST).status, 200)
            for client in silent:
                self.assertTrue(client.at_end())

    def test_too_many_of_one_address(self) -> None:
        """Clients beyond the limit for their address are told so, and then there is room again."""
        constants = {"gameserver.server.acceptor.MAX_CONNECTIONS_PER_ADDRESS": 5}
        limit = 5 * self.processes
        with ServerProcess(*self.flags, "--max_proc", "2", constants=constants) as server:
            clients = [self.enterContext(server.client()) for _ in range(2 * limit)]
            statuses = [client.send(LIST).reply().status for client in clients]
            self.assertEqual(set(statuses), {200, 503})
            self.assertLessEqual(statuses.count(200), limit)
            for client in clients:
                client.close()
            with server.client() as client:
                wait_until(lambda: self.is_served(server))

    def is_served(self, server: ServerProcess) -> bool:
        with server.client() as client:
            return client.ask(LIST).status == 200

    def test_too_few_descriptors(self) -> None:
        """Who finds no descriptor waits, the server does not spin, and later serves again."""
        constants = {"gameserver.assembly.SPARE_DESCRIPTORS": 0}
        with ServerProcess(*self.flags, constants=constants, descriptors=40) as server:
            clients = [self.enterContext(server.client()).send(LIST) for _ in range(150)]
            self.assertEqual(clients[0].reply().status, 200)
            wait_until(lambda: "cannot accept a client" in server.log())
            if has_proc:
                self.check_work(server)
            for client in clients:
                client.close()
            wait_until(lambda: self.is_served(server))

    def check_work(self, server: ServerProcess) -> None:
        before = server.cpu()
        time.sleep(0.5)
        self.assertLess(server.cpu() - before, 0.25)


class ThreadedTest(LimitContract):
    """One process."""

    flags = ("--threaded",)


class ForkedTest(LimitContract):
    """Several processes."""

    processes = 2


del LimitContract

if __name__ == "__main__":
    unittest.main()
