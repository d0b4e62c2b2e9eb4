"""clients/gameserver.lua, with what LÖVE is made of: LuaJIT and LuaSocket; and with Lua 5.1."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from tests.clients.scenario import DRIVERS, Scenario


class LuaJITTest(Scenario):
    language = "lua"
    programs = ("luajit",)
    streams = False

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        if subprocess.run([*cls.programs, "-e", 'require "socket"'], capture_output=True).returncode:
            cls.server.stop()
            raise unittest.SkipTest("LuaSocket is not installed")

    def command(self, folder: Path) -> list[str]:
        return [self.programs[0], str(DRIVERS / "driver.lua")]


class Lua51Test(LuaJITTest):
    programs = ("lua5.1",)


del Scenario  # it is abstract
