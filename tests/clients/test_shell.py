"""clients/gameserver.sh."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.clients.scenario import CLIENTS, DRIVERS, Scenario


class ShellTest(Scenario):
    """Each command is a process of its own, so what it was told to wait is in a file."""

    language = "sh"
    programs = ("sh", "curl")

    def command(self, folder: Path) -> list[str]:
        return ["sh", str(DRIVERS / "driver.sh")]

    def restart_later(self) -> None:
        (self.saves / "wait").unlink(missing_ok=True)

    def damage(self) -> None:
        file = max((self.saves / "queue").iterdir())
        file.write_bytes(file.read_bytes()[:-9])

    def run_example(self, example: str) -> list[str]:
        """The shell prints JSON, so its lines are those of what is in there."""
        shutil.copy(CLIENTS / "gameserver.sh", self.folder)
        name, post, top = map(json.loads, self.run_program("sh", "-euc", example))
        self.assertEqual(name["name"], "Ann")
        entries = [f"{each['rank']} {each['name']} {each['score']}" for each in top["entries"]]
        return [f"rank {post['answer']['rank']}", *entries]


del Scenario  # it is abstract
