"""clients/gameserver.gd, in Godot without a screen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.clients.scenario import CLIENTS, DRIVERS, Scenario


class GodotTest(Scenario):
    language = "gdscript"
    programs = ("godot3-server",)
    streams = False
    environment = {"LANG": "en_US.UTF-8"}  # Godot says that C is none

    def command(self, folder: Path) -> list[str]:
        for file in (CLIENTS / "gameserver.gd", DRIVERS / "driver.gd"):
            shutil.copy(file, folder)
        return ["godot3-server", "--path", str(folder), "-s", "driver.gd"]

    def end(self, process: subprocess.Popen[str]) -> list[str]:
        """Without the two lines in which Godot says its name."""
        return super().end(process)[2:]


del Scenario  # it is abstract
