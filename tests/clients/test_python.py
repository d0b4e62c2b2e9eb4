"""clients/gameserver_client.py."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.clients.scenario import CLIENTS, DRIVERS, Scenario


class PythonTest(Scenario):
    language = "python"

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, str(DRIVERS / "driver.py")]

    def run_example(self, example: str) -> list[str]:
        shutil.copy(CLIENTS / "gameserver_client.py", self.folder)
        (self.folder / "game.py").write_text(example)
        return self.run_program(sys.executable, "game.py")


del Scenario  # it is abstract
