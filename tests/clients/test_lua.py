"""clients/gameserver.lua, with what LÖVE is made of: LuaJIT and LuaSocket; and with Lua 5.1."""

from __future__ import annotations

import shutil
import subprocess
import unittest
from pathlib import Path

from tests.clients.scenario import CLIENTS, DRIVERS, Scenario

LOVE = """
love = { filesystem = {} }
function love.filesystem.getSaveDirectory() return "saves" end
function love.filesystem.createDirectory(name) os.execute("mkdir saves/" .. name) end
local said, say = 0, print
function print(...)
  said = said + 1
  say(...)
end
"""
"""As much of LÖVE as the example sees."""

FRAMES = """
love.load()
while said < 3 do love.update() end
"""


class LuaJITTest(Scenario):
    language = "lua"
    programs = ("luajit",)
    streams = False

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if subprocess.run(
            [*cls.programs, "-e", 'require "socket"'], capture_output=True
        ).returncode:
            cls.server.stop()
            raise unittest.SkipTest("LuaSocket is not installed")

    def command(self, folder: Path) -> list[str]:
        return [self.programs[0], str(DRIVERS / "driver.lua")]

    def run_example(self, example: str) -> list[str]:
        shutil.copy(CLIENTS / "gameserver.lua", self.folder)
        (self.folder / "main.lua").write_text(LOVE + example + FRAMES)
        return self.run_program(self.programs[0], "main.lua")


class Lua51Test(LuaJITTest):
    programs = ("lua5.1",)


del Scenario  # it is abstract
