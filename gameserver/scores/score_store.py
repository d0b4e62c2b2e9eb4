"""The interface of a store of scores."""

from __future__ import annotations

from typing import Protocol


class ScoreStore(Protocol):
    """The scores of all levels. Every method is a whole operation, inside the engine's batch."""

    def submit(self, level_id: int, user_id: int, score: int) -> bool:
        """Keeps the score if it is the user's best in the level; says whether it did.

        StorageFull if nothing can be stored.
        """

    def high_scores(self, level_id: int) -> bytes:
        """The best scores of the level as `user=score,user=score`; empty without scores.

        The same object until they change.
        """

    def gauges(self) -> dict[str, int]:
        """How much there is, for the metrics."""
