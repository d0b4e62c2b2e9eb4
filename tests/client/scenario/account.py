"""Steps about the account: calls without a login, logging in, the auth file, refreshing."""

from __future__ import annotations

import re
import socket

from requests.adapters import HTTPAdapter
from steps import raises, returns, step
from world import PASSWORD, TOURNAMENTS, World

NOT_LOGGED_IN = raises("not_logged_in", "ScoreganizerNotLoggedIn")
WRONG = raises("invalid_login_data", "ScoreganizerInvalidLoginData")


class WithoutLogin:
    def __init__(self, world: World) -> None:
        self.world = world
        self.client = world.new_client()
        self.tournaments, self.open = self.client.tournaments, world.ids["open"]

    @step({"raised": "NetworkException"})
    def no_server(self):
        once = HTTPAdapter(max_retries=0)
        with socket.socket() as holder:  # which does not listen
            holder.bind(("127.0.0.1", 0))
            unused = holder.getsockname()[1]
            return self.world.new_client(port=unused, http_adapter=once).token_status()

    @step(returns("nonexistent"))
    def status_without_a_token(self):
        return self.client.token_status()

    @step(returns(False))
    def status_of_an_empty_auth_file(self):
        return self.world.client.token_status_ok()

    @step(NOT_LOGGED_IN)
    def refresh_without_a_token(self):
        return self.client.refresh_login()

    @step(returns(None))
    def no_token_is_not_stale(self):
        return self.client.refresh_login_if_stale()

    @step(NOT_LOGGED_IN)
    def my_active_without_a_token(self):
        return list(self.tournaments.my_active())

    @step(NOT_LOGGED_IN)
    def participate_without_a_token(self):
        return self.tournaments.participate(self.open)

    @step(NOT_LOGGED_IN)
    def gen_key_without_a_token(self):
        return self.tournaments.gen_key(self.open)

    @step(NOT_LOGGED_IN)
    def get_key_without_a_token(self):
        return self.tournaments.get_key(self.open)

    @step(returns(dict.fromkeys(TOURNAMENTS, "not_logged_in")))
    def all_without_a_token(self):
        return self.world.statuses(self.client, "all")


class LoggingIn:
    def __init__(self, world: World) -> None:
        self.world, self.client = world, world.client

    @step(WRONG)
    def wrong_password(self):
        return self.client.login(self.world.name, "not the password")

    @step(WRONG)
    def unknown_user(self):
        return self.client.login(f"no{self.world.name}", PASSWORD)

    @step(returns(True))
    def login(self):
        credentials = self.client.login(self.world.name, PASSWORD)
        return bool(re.fullmatch(f"{self.world.name}:[0-9a-f]{{64}}", credentials))

    @step(returns("ok"))
    def status(self):
        return self.client.token_status()

    @step(returns(True))
    def status_is_ok(self):
        return self.client.token_status_ok()

    @step(returns(None))
    def fresh_token_is_not_stale(self):
        return self.client.refresh_login_if_stale()

    @step(returns(True))
    def auth_file_is_enough(self):
        saved = self.world.new_client(auth_filename=self.world.auth_filename)
        return saved.token_status_ok()

    @step(returns("ok"))
    def set_auth_str(self):
        return self.world.status_of(self.world.saved())

    @step(returns("ok"))
    def token_under_the_name_none(self):
        """0.2.0 and 0.3.1 send this name after refreshing a token from a file."""
        return self.world.status_of("None:" + self.world.saved().rpartition(":")[2])

    @step(returns("nonexistent"))
    def unknown_token(self):
        return self.world.status_of(f"{self.world.name}:{'0' * 64}")

    @step(returns("nonexistent"))
    def garbage(self):
        return self.world.status_of("garbage")

    @step(returns("nonexistent"))
    def empty_credentials(self):
        return self.world.status_of("")


class Refreshing:
    def __init__(self, world: World) -> None:
        self.world, self.client = world, world.client
        self.before = world.saved()

    @step(None)
    def refresh(self):
        """Whether a token may be refreshed right after the login is the server's choice."""
        return self.client.refresh_login().split(":")[0] == self.world.name

    @step(returns("ok"))
    def old_token_until_the_new_one_is_used(self):
        return self.world.status_of(self.before)

    @step(returns("ok"))
    def status_after_the_refresh(self):
        return self.client.token_status()

    @step(raises("token_too_recent", "ScoreganizerTokenTooRecent"))
    def second_refresh(self):
        return self.client.refresh_login()

    @step(returns(True))
    def auth_file_after_the_refresh(self):
        return self.world.new_client(auth_filename=self.world.auth_filename).token_status_ok()
