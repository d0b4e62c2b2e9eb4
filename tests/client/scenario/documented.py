"""Steps that run the examples of the API's documentation."""

from __future__ import annotations

import os

import examples
import replay_files
from steps import returns, step
from world import PASSWORD, World


class Examples:
    def __init__(self, world: World) -> None:
        self.world, self.address = world, world.address
        self.right, self.wrong = (world.name, PASSWORD), (world.name, "not the password")
        self.auth_filename = os.path.join(world.folder, "example_auth.txt")

    @step(returns(True))
    def play(self):
        tournament = self.world.ids["asking"]
        credentials = examples.play(self.address, self.right, tournament, self.replay)
        return credentials.startswith(f"{self.world.name}:")

    @step(returns(["invalid login data", "logged in"]))
    def log_in_with_patience(self):
        return examples.log_in_with_patience(self.address, iter([self.wrong, self.right]))

    @step(returns(True))
    def log_in_if_necessary(self):
        return examples.log_in_if_necessary(self.address, self.auth_filename, self.right)

    @step(returns(False))
    def log_in_if_necessary_again(self):
        return examples.log_in_if_necessary(self.address, self.auth_filename, self.right)

    def replay(self, key: str) -> str:
        return self.world.written("example.avf", replay_files.avf(key))
