"""clients/gameserver.gd, in Godot without a screen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.clients.scenario import CLIENTS, DRIVERS, Scenario

MAIN = """
extends SceneTree

func _init():
	call_deferred("_run")

func _run():
	root.add_child(load("game.gd").new())
"""


class GodotTest(Scenario):
    language = "gdscript"
    programs = ("godot3-server",)
    streams = False
    locale = {"LANG": "en_US.UTF-8"}  # Godot says that C is none

    def command(self, folder: Path) -> list[str]:
        for file in (CLIENTS / "gameserver.gd", DRIVERS / "driver.gd"):
            shutil.copy(file, folder)
        return ["godot3-server", "--path", str(folder), "-s", "driver.gd"]

    def end(self, process: subprocess.Popen[str]) -> list[str]:
        """Without the two lines in which Godot says its name."""
        return super().end(process)[2:]

    def run_example(self, example: str) -> list[str]:
        shutil.copy(CLIENTS / "gameserver.gd", self.folder)
        (self.folder / "game.gd").write_text(f"{example}\tget_tree().quit()\n")
        (self.folder / "main.gd").write_text(MAIN)
        return self.run_program("godot3-server", "--path", str(self.folder), "-s", "main.gd")


del Scenario  # it is abstract
