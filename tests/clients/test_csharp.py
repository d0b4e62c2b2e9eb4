"""clients/GameServer.cs, on Mono."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.clients.scenario import CLIENTS, DRIVERS, Scenario

BEFORE = """
using System;
using System.Threading.Tasks;
static class Game
{
    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "_exit")]
    static extern void Exit(int code);
    static void Main() { Run().Wait(); Exit(0); }
    static async Task Run()
    {
"""
BEHIND = "}}"


class CSharpTest(Scenario):
    language = "csharp"
    programs = ("mcs", "mono")

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.program = compiled(DRIVERS / "Driver.cs", cls.world)

    def command(self, folder: Path) -> list[str]:
        return ["mono", str(self.program)]

    def run_example(self, example: str) -> list[str]:
        (self.folder / "Game.cs").write_text(f"{BEFORE}{example}{BEHIND}")
        program = compiled(self.folder / "Game.cs", self.folder)
        return self.run_program("mono", str(program))


def compiled(source: Path, folder: Path) -> Path:
    """The program of a source and the client."""
    program = folder / f"{source.stem}.exe"
    client = CLIENTS / "GameServer.cs"
    command = ["mcs", "-r:System.Net.Http", "-warnaserror", f"-out:{program}"]
    done = subprocess.run([*command, client, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return program


del Scenario  # it is abstract
