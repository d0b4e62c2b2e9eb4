"""clients/gameserver.sh."""

from __future__ import annotations

from pathlib import Path

from tests.clients.scenario import DRIVERS, Scenario


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


del Scenario  # it is abstract
