"""What people ask, where everything is in a Redis: the tests of the views, run on it."""

from __future__ import annotations

import unittest
from typing import Any

import mock  # noqa: UP026 (the same mock on every Python)

from gameserver.storage.engine import Engine, open_engine
from tests import test_rights
from tests.auth import test_account_changes
from tests.people import PeopleTestCase
from tests.redis_server import data_bytes, redis_url, shared_cluster
from tests.storage.redis.stores import keep_scripts_in_slots
from tests.tournaments import test_levels_model, test_races
from tests.tournaments.world import World
from tests.views import (
    test_claims,
    test_keyed_posts,
    test_owners,
    test_removal,
    test_runs,
    test_tokens,
    test_tournaments,
)


class OnRedis(PeopleTestCase):
    """With an empty Redis, which outlives a restart."""

    is_durable = True

    def setUp(self) -> None:
        self.url = self.empty_redis()
        super().setUp()

    def empty_redis(self) -> str:
        """The address of one."""
        return redis_url()

    def open_engine(self) -> Engine:
        return open_engine(store=self.url, store_tokens=self.store_tokens, clock=self.clock)

    def data_bytes(self) -> bytes:
        return data_bytes()


class OnCluster(OnRedis):
    """The same in cluster mode, where no script may use keys of two slots."""

    def empty_redis(self) -> str:
        keep_scripts_in_slots(self)
        return shared_cluster().url


class ClaimsTest(OnRedis, test_claims.ClaimsTest):
    """Claims, and keys that are signed."""


class StoredClaimsTest(OnRedis, test_claims.ClaimsTest):
    """Claims, and keys that are kept."""

    store_tokens = True


class RequiredTest(OnRedis, test_claims.RequiredTest):
    """Secrets are required."""


class OffTest(OnRedis, test_claims.OffTest):
    """Secrets are off."""


class OwnersTest(OnRedis, test_owners.OwnersTest):
    """Owners."""


class StoredOwnersTest(OnRedis, test_owners.OwnersTest):
    """Owners, whose keys are kept."""

    store_tokens = True


class RunsTest(OnRedis, test_runs.RunsTest):
    """Runs."""

    test_used_are_forgotten = None  # it looks into the memory


class TokensTest(OnRedis, test_tokens.TokensTest):
    """The tokens of games."""


class KeyedPostsTest(OnRedis, test_keyed_posts.KeyedPostsTest):
    """Posts with a tournament's key."""


class KeyedPostsInClusterTest(OnCluster, test_keyed_posts.KeyedPostsTest):
    """Posts with a tournament's key, in a cluster."""

    def test_cut_short(self) -> None:
        """Where a post has come to the board only, the repeat brings it to the tournament, once."""
        from gameserver.storage.redis.link.link import Unavailable

        cup = self.cup("7+8+16")
        key = self.key(cup)
        for id_, posts in (("a", [(7, 5)]), ("b", [(7, 6), (8, 4), (16, 3)])):
            before = self.table(cup)
            with mock.patch(
                "gameserver.storage.redis.scores.scores.post_with", side_effect=Unavailable
            ):
                self.assertEqual(self.play_all(key, *posts, id=id_).status, 503)
            self.assertEqual(self.table(cup), before)
            first = self.play_all(key, *posts, id=id_)
            self.assertEqual(first.status, 200)
            self.assertNotEqual(self.table(cup), before)
            after = self.table(cup)
            self.assertEqual(self.play_all(key, *posts, id=id_), first)
            self.assertEqual(self.table(cup), after)
        self.assertEqual([self.scores(level) for level in (7, 8, 16)], [b"7=6", b"7=4", b"7=3"])


class RunsInClusterTest(OnCluster, test_runs.RunsTest):
    """Runs, in a cluster."""

    test_used_are_forgotten = None  # it looks into the memory


class AllowedInClusterTest(OnCluster, test_rights.AllowedTest):
    """Who may, in a cluster."""


class RandomTournamentsTest(OnRedis, test_levels_model.RandomTest):
    """Tournaments on levels, played at random."""


class RefusedTest(OnRedis, test_rights.RefusedTest):
    """Who may not."""


class AllowedTest(OnRedis, test_rights.AllowedTest):
    """Who may."""


class WithTournaments(unittest.TestCase):
    """With an empty Redis."""

    def make_world(self: Any) -> World:
        return World(self, store=redis_url())


class AccountChangesTest(WithTournaments, test_account_changes.ChangesTest):
    """Accounts."""


class RaceTest(WithTournaments, test_races.RaceTest):
    """Races in tournaments."""


class ListTest(WithTournaments, test_tournaments.ListTest):
    """Lists of tournaments."""


class DeleteTest(WithTournaments, test_tournaments.DeleteTest):
    """Deleting tournaments."""


class EntryTest(WithTournaments, test_tournaments.EntryTest):
    """Entries."""


class DetailTest(WithTournaments, test_tournaments.DetailTest):
    """A tournament with everybody in it."""


class KeyTest(WithTournaments, test_tournaments.KeyTest):
    """Keys."""


class StopTest(WithTournaments, test_tournaments.StopTest):
    """Stopping tournaments."""


class RemovalTest(WithTournaments, test_removal.RemovalTest):
    """Removing what was submitted."""

    def make_world(self) -> World:
        return World(self, folder=str(self.folder), store=redis_url())


class CreateTest(WithTournaments, test_tournaments.CreateTest):
    """Making tournaments."""


if __name__ == "__main__":
    unittest.main()
