"""What the tests tell the Python client: `driver.py URL FOLDER COMMAND...`."""

import importlib.util
import sys
import threading
import time
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "clients" / "gameserver_client.py"
SECONDS = 10


def say(*words):
    print(*words, flush=True)


def went(post, answer):
    """A post has left the queue."""
    say("went", post["level"], post["body"]["score"], answer.get("error", answer.get("best")))


class Driver:
    def __init__(self, server):
        self.server = server

    def user(self):
        self.answer("user", self.server.user(), "user")

    def name(self, name):
        self.answer("name", self.server.rename(name), "name")

    def post(self, level, score):
        self.answer("post", self.server.post(int(level), int(score)), "best", "rank")

    def two(self, level, first, second):
        """Two posts, while another thread sends what waits."""
        self.server.enqueue(int(level), int(first))
        thread = threading.Thread(target=self.server.flush)
        thread.start()
        self.server.post(int(level), int(second))
        thread.join()

    def flush(self):
        self.answer("flush", self.server.flush())

    def drain(self):
        give_up = time.monotonic() + SECONDS
        while self.server.flush()["queued"] and time.monotonic() < give_up:
            time.sleep(0.02)
        self.flush()

    def top(self, level):
        entries = self.server.top(int(level), 3).get("entries", [])
        say("top", *(f"{entry['name']}={entry['score']}" for entry in entries))

    def around(self, level):
        self.answer("around", self.server.around(int(level), 1), "rank")

    def watch(self, level, score):
        """Until the first of the list has this score."""
        for board in self.server.watch(int(level)):
            if board["entries"] and board["entries"][0]["score"] == int(score):
                say("watch", score)
                return

    def answer(self, command, answer, *members):
        """Says what has come of a command: an error, a wait, or these members of the answer."""
        if "error" in answer:
            say(command, "error", answer["error"])
        elif "queued" in answer:
            say(command, "queued", answer["queued"], answer.get("reason", ""))
        else:
            say(command, *(answer[member] for member in members))


def main(url, folder, *commands):
    spec = importlib.util.spec_from_file_location("gameserver_client", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    driver = Driver(module.GameServer(url, folder, went))
    for command in commands:
        name, *arguments = command.split(":")
        getattr(driver, name)(*arguments)


main(*sys.argv[1:])
