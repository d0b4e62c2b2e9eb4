"""What a store of claims does: which users belong to somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol


class Claim(NamedTuple):
    """Somebody's claim to a user, or what is left of one that was lifted."""

    secret: bytes
    """A keyed hash of the secret; empty: the claim was lifted."""
    since: int
    """In milliseconds since 1970: session keys that are older count no longer."""
    is_kept: bool = False
    """Whether it stays even without a score or a name."""


class ClaimStore(Protocol):
    """Claims by user. For use inside a batch; `put` is atomic by itself as well.

    It raises StorageFull if nothing can be stored, and then changes nothing.
    """

    @property
    def hash_key(self) -> bytes:
        """What secrets are hashed with: 32 random bytes that stay as long as the claims do."""

    @property
    def by_user(self) -> Mapping[int, Claim]:
        """All of them, some 300 bytes each; what was lifted stays a while."""

    @property
    def unkept(self) -> Mapping[int, None]:
        """The users whose claims may lapse, the oldest claim first."""

    def put(self, user_id: int, claim: Claim) -> None:
        """Puts a claim in the place of the user's last one, if there was one.

        Those that were lifted before the longest life of a session key are forgotten.
        """

    def look(self) -> None:
        """Takes in what another server has changed, where several share the claims."""

    def admits(self, user_id: int, made: int, is_owner: bool) -> bool:
        """Whether a session key of the user that was made at a time (in ms) still counts."""

    def watch(self, changed: Callable[[int], None]) -> None:
        """Has this called after the claim of a user has changed."""
