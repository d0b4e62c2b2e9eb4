"""clients/gameserver_client.py."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.clients.scenario import DRIVERS, Scenario


class PythonTest(Scenario):
    language = "python"

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, str(DRIVERS / "driver.py")]


del Scenario  # it is abstract
