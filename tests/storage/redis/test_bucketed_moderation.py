"""Moderation of scores that are spread over buckets."""

from __future__ import annotations

import unittest
from typing import Any

from gameserver.scores.audit import Job
from tests.redis_server import shared_cluster
from tests.scores.moderation_contract import ADMIN
from tests.storage.redis import test_moderation
from tests.storage.redis.stores import (
    TakingTurns,
    keep_scripts_in_slots,
    open_buckets,
    open_server,
)


class BucketsTest(test_moderation.InRedis):
    """The contract, in three buckets."""

    buckets = 3

    def make(self) -> Any:
        return open_buckets(self, self.url, clock=self.clock, buckets=self.buckets).scores

    def each_audit(self) -> Any:
        return [store._audit for store in self.store._stores]

    def test_too_much_to_undo(self) -> None:
        """Of more scores than a bucket keeps to undo things, those of the oldest entries go first.

        What one bucket of several has given up cannot be undone in any.
        """
        for audit in self.each_audit():
            audit._most = 10
        first, second, third, other = (each * self.buckets + (each > 3) for each in (1, 2, 3, 4))
        for level in (first, second, third, other):
            self.submit(level, *((user, user) for user in range(12 if level == third else 6)))
        removed = {
            level: self.moderation.remove_level(ADMIN, level)[1] for level in (first, second)
        }
        self.assert_refused("undo_expired", self.moderation.undo, ADMIN, removed[first])
        self.assertEqual(self.moderation.undo(ADMIN, removed[second]), 6)
        count, entry = self.moderation.purge(ADMIN, Job("remove", min=0), {})
        self.assertEqual(count, 24)
        self.assert_refused("undo_expired", self.moderation.undo, ADMIN, entry)
        self.assertEqual(self.board(other), [])

    def test_longest_audit(self) -> None:
        """Of more entries than are kept the oldest go, in all buckets."""
        for audit in self.each_audit():
            audit._longest = 3
        self.submit(1, *((user, user) for user in range(5)))
        for user in range(5):
            self.moderation.remove_score(ADMIN, 1, user)
        self.assertEqual([e.id for e in self.store.audit(0, 10)], [5, 4, 3])
        self.assert_refused("no_such_entry", self.moderation.undo, ADMIN, 1)
        self.assertEqual([len(audit.entries(0, 10)) for audit in self.each_audit()],
                         [3] * self.buckets)  # fmt: skip

    def test_removed_twice(self) -> None:
        """What one removal takes from the same user twice comes back as one."""
        self.configure(5, keep="sum")
        self.submit(5, (1, 3))
        job = Job("remove", level=5, drops_settings=True)
        entry = self.store.write_down(
            ADMIN, "remove_level", {"level": 5}, {"settings": {"keep": "sum"}}, job
        )
        for score in (4, 5):
            next(self.store._of(5).steps(entry, job._replace(drops_settings=False)))
            self.store.submit(5, 1, score)
        self.moderation.finish()
        self.moderation.undo(ADMIN, entry)
        self.assertEqual(self.board(5), [(1, 12)])


class ClusterTest(BucketsTest):
    """The same in cluster mode, where no script may use keys of two slots."""

    buckets = 16

    def setUp(self) -> None:
        keep_scripts_in_slots(self)
        self.cluster = shared_cluster().url
        super().setUp()

    def make(self) -> Any:
        return open_server(self, self.cluster, clock=self.clock).scores


class TwoServersTest(BucketsTest):
    """Two servers that share buckets, and take turns."""

    def make(self) -> Any:
        self.servers = super().make(), super().make()
        return TakingTurns(*self.servers)

    def each_audit(self) -> Any:
        return [store._audit for server in self.servers for store in server._stores]

    test_longest_audit: Any = None
    test_removed_twice: Any = None




if __name__ == "__main__":
    unittest.main()
