"""Steps about tournaments: entering, keys, uploads, the end."""

from __future__ import annotations

from inspect import signature

import replay_files
from steps import raises, returns, step
from world import TOURNAMENTS, World

JOINED = ("open", "limited", "missed", "stopped", "later")
OVER = raises("tournament_over", "ScoreganizerTournamentOver")
INVALID = raises("invalid_data", "ScoreganizerInvalidData")


class Entering:
    def __init__(self, world: World) -> None:
        self.world, self.ids = world, world.ids
        self.tournaments = world.client.tournaments

    @step(returns(None))
    def participate(self):
        for name in (*JOINED, "asking"):
            self.world.participate(name)

    @step(returns(None))
    def participate_again(self):
        return self.world.participate("open")

    @step(raises("no_such_tournament", "ScoreganizerNoSuchTournament"))
    def no_such_tournament(self):
        return self.tournaments.participate(10**9)

    @step(raises("not_invited"))
    def not_invited(self):
        return self.tournaments.player_confirm(self.ids["foreign"])

    @step(
        returns(
            {
                **dict.fromkeys(JOINED, "participating"),
                "asking": "requested",
                "inviting": "invited",
            }
        )
    )
    def my_active(self):
        self.world.host.invite(self.ids["inviting"], self.world.name)
        return self.world.statuses(self.world.client, "my_active")

    @step(returns(None))
    def player_confirm(self):
        return self.tournaments.player_confirm(self.ids["inviting"])

    @step(returns(None))
    def player_confirm_again(self):
        return self.tournaments.player_confirm(self.ids["inviting"])

    @step(returns({**dict.fromkeys(TOURNAMENTS, "participating"), "foreign": "not_participating"}))
    def all(self):
        self.world.host.confirm(self.ids["asking"], self.world.name)
        return self.world.statuses(self.world.client, "all")

    @step(returns({"upcoming": 8, "active": 8, "in_progress": 0, "archive": 0}))
    def lists_before_the_start(self):
        lists = ("upcoming", "active", "in_progress", "archive")
        return {name: len(self.world.names(name)) for name in lists}

    @step(raises("too_early", "ScoreganizerTooEarly", wait=True))
    def gen_key_before_the_start(self):
        return self.tournaments.gen_key(self.ids["later"])

    @step(raises("not_generated_yet", "ScoreganizerNotGeneratedYet", wait=True))
    def get_key_before_the_start(self):
        return self.tournaments.get_key(self.ids["later"])


class GettingKeys:
    def __init__(self, world: World) -> None:
        self.world, self.ids = world, world.ids
        self.tournaments = world.client.tournaments

    @step(returns(True))
    def wait_key(self):
        """Sleeps until the start."""
        return self.world.keep("open", self.tournaments.wait_key)

    @step(raises("key_exists", "ScoreganizerKeyExists"))
    def gen_key_again(self):
        return self.tournaments.gen_key(self.ids["open"])

    @step(returns(True))
    def get_key(self):
        return self.tournaments.get_key(self.ids["open"]) == self.world.keys["open"]

    @step(returns(True))
    def wait_key_again(self):
        return self.tournaments.wait_key(self.ids["open"]) == self.world.keys["open"]

    @step(raises("not_generated", "ScoreganizerNotGenerated"))
    def get_key_without_gen_key(self):
        return self.tournaments.get_key(self.ids["asking"])

    @step(returns([True, True, True, True]))
    def gen_key(self):
        names = ("asking", "inviting", "limited", "stopped")
        return [self.world.keep(name, self.tournaments.gen_key) for name in names]

    @step(returns([None, "aware"]))
    def key_expiry(self):
        """Only a mode with a limit of its own sets one; 0.2.0 cannot ask for it."""
        get_key = self.tournaments.get_key
        if "with_expiry" not in signature(get_key).parameters:
            return [None, "aware"]
        expiries = (get_key(self.ids[name], with_expiry=True)[1] for name in ("open", "limited"))
        return [expiry and ("aware" if expiry.tzinfo else "naive") for expiry in expiries]

    @step(raises("not_participating"))
    def gen_key_of_a_stranger(self):
        return self.tournaments.gen_key(self.ids["foreign"])

    @step(returns({"upcoming": 1, "active": 8, "in_progress": 7, "archive": 0}))
    def lists_after_the_start(self):
        lists = ("upcoming", "active", "in_progress", "archive")
        return {name: len(self.world.names(name)) for name in lists}


class Uploading:
    def __init__(self, world: World) -> None:
        self.world, self.key = world, world.keys["open"]
        self.scores = world.client.scores
        self.path = world.written("game.rmv", replay_files.rmv(self.key))

    @step(returns(None))
    def upload_rmv(self):
        return self.scores.upload_filename(self.path)

    @step(None)
    def upload_it_again(self):
        """Whether the second upload of a game is an error is the server's choice."""
        return self.scores.upload_filename(self.path)

    @step(returns(None))
    def upload_avf_not_logged_in(self):
        return self.world.upload(replay_files.avf(self.key), "game.avf")

    @step(returns(None))
    def upload_avf_with_a_name_in_capitals(self):
        """0.2.0 and 0.3.1 say that this one is an rmv."""
        return self.world.upload(replay_files.avf(self.key, hundredths=777), "GAME.AVF")

    @step(returns(None))
    def upload_with_ext(self):
        limited = replay_files.avf(self.world.keys["limited"])
        return self.world.upload(limited, "game", ext="avf")

    @step(INVALID)
    def upload_garbage(self):
        return self.world.upload(b"garbage", "game.rmv")

    @step(INVALID)
    def upload_nothing(self):
        return self.world.upload(b"", "game.rmv")

    @step(raises("mode_constraint_violated", "ScoreganizerModeConstraintViolated"))
    def upload_a_lost_game(self):
        lost = replay_files.rmv(self.key, 9999, last_event=replay_files.LOST)
        return self.world.upload(lost, "game.rmv")

    @step(returns([[1, True]]))
    def standings(self):
        lines = self.world.host.standings(self.world.ids["open"])
        mine = (line for line in lines if line["username"] == self.world.name)
        return [[line["rank"], line["finished"]] for line in mine]


class AfterTheEnd:
    def __init__(self, world: World) -> None:
        self.world, self.ids, self.keys = world, world.ids, world.keys
        self.tournaments = world.client.tournaments
        for name in ("missed", "stopped", "foreign"):
            world.host.stop(world.ids[name])

    @step(OVER)
    def upload_too_late(self):
        return self.world.upload(replay_files.rmv(self.keys["stopped"]), "game.rmv")

    @step(OVER)
    def gen_key_too_late(self):
        return self.tournaments.gen_key(self.ids["missed"])

    @step(raises("never_generated", "ScoreganizerNeverGenerated"))
    def get_key_that_was_never_generated(self):
        return self.tournaments.get_key(self.ids["missed"])

    @step(returns(True))
    def get_key_after_the_end(self):
        return self.tournaments.get_key(self.ids["stopped"]) == self.keys["stopped"]

    @step(raises("too_late"))
    def participate_too_late(self):
        return self.world.participate("foreign")

    @step(returns(["foreign", "missed", "stopped"]))
    def archive(self):
        return self.world.names("archive")
