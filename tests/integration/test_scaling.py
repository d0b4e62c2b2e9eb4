"""Two servers on one Redis behind nginx, as docs/scaling.md has it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import ClassVar

from tests.integration.contract import new_number
from tests.integration.test_deployment import replaced
from tests.raw_client import Client, Reply, refuses, request_bytes
from tests.redis_server import PATIENT, redis_url
from tests.servers import ServerProcess
from tests.support import PATIENCE, ROOT, free_port, wait_until

PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
FRAME = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {block}
}}
"""


@unittest.skipUnless(shutil.which("nginx"), "nginx is not installed")
class BehindNginxTest(unittest.TestCase):
    """Clients know one address."""

    servers: ClassVar[list[ServerProcess]]
    address: ClassVar[tuple[str, int]]

    @classmethod
    def setUpClass(cls) -> None:
        url = redis_url()
        cls.servers = []
        for _ in range(2):
            flags = ("--threaded", "--store", url, "--trusted_proxy", "127.0.0.1")
            cls.servers.append(ServerProcess(*flags, constants=PATIENT))
            cls.addClassCleanup(cls.servers[-1].kill)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)  # it goes on as somebody else, if root has started it
        cls.start_nginx(Path(folder.name))

    @classmethod
    def start_nginx(cls, folder: Path) -> None:
        cls.address = ("127.0.0.1", free_port())
        blocks = re.findall(r"^```nginx\n(.*?)^```$", PAGE, re.M | re.S)
        block = replaced(
            blocks[0],
            ("listen 80;", f"listen 127.0.0.1:{cls.address[1]};"),
            ("10.0.0.11:8080", f"127.0.0.1:{cls.servers[0].address[1]}"),
            ("10.0.0.12:8080", f"127.0.0.1:{cls.servers[1].address[1]}"),
        )
        path = folder / "nginx.conf"
        path.write_text(FRAME.format(folder=folder, block=block))
        with open(folder / "output", "w+") as output:
            process = subprocess.Popen(
                ["nginx", "-p", str(folder), "-c", str(path)], stdout=output, stderr=output
            )
        cls.addClassCleanup(process.wait, PATIENCE)
        cls.addClassCleanup(process.terminate)
        wait_until(lambda: process.poll() is not None or not refuses(cls.address))
        assert process.poll() is None, (folder / "output").read_text()

    def ask(self, method: str, target: str, body: bytes | None = None) -> Reply:
        with Client(self.address) as client:
            return client.ask(request_bytes(method, target, body))

    def test_a_server_is_lost(self) -> None:
        """All goes on when one of them is killed: keys, scores, lists; it was no matter whose."""
        level = new_number()
        users = [new_number() for _ in range(8)]
        keys = [self.ask("GET", f"/{user}/login").body.decode() for user in users]
        for place, key in enumerate(keys):
            reply = self.ask("POST", f"/{level}/score?sessionkey={key}", b"%d" % place)
            self.assertEqual(reply.status, 200, reply)
        self.servers[0].send_signal(signal.SIGKILL)
        text = ",".join(f"{users[n]}={n}" for n in reversed(range(8))).encode()
        for _ in range(8):
            reply = self.ask("GET", f"/{level}/highscorelist")
            self.assertEqual((reply.status, reply.body), (200, text))
        for place, key in enumerate(keys):
            reply = self.ask("POST", f"/{level}/score?sessionkey={key}", b"%d" % (10 + place))
            self.assertEqual(reply.status, 200, reply)


if __name__ == "__main__":
    unittest.main()
