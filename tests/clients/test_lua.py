"""clients/gameserver.lua, with what LÖVE is made of: LuaJIT and LuaSocket; and Lua 5.1."""

from __future__ import annotations

import itertools
import shutil
import subprocess
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


class LuaTest(Scenario):
    """Of a test's processes one runs on LuaJIT and the next on Lua 5.1, over the same files."""

    language = "lua"
    programs = ("luajit", "lua5.1")
    streams = False

    @classmethod
    def why_not(cls) -> str:
        why = super().why_not()
        for program in () if why else cls.programs:
            if subprocess.run([program, "-lsocket", "-e", ""], capture_output=True).returncode:
                why = f"it takes LuaSocket for {program}"
        return why

    def setUp(self) -> None:
        super().setUp()
        self.interpreters = itertools.cycle(self.programs)

    def command(self, folder: Path) -> list[str]:
        return [next(self.interpreters), str(DRIVERS / "driver.lua")]

    def run_example(self, example: str) -> list[str]:
        shutil.copy(CLIENTS / "gameserver.lua", self.folder)
        (self.folder / "main.lua").write_text(LOVE + example + FRAMES)
        return self.run_program(next(self.interpreters), "main.lua")


del Scenario  # it is abstract
