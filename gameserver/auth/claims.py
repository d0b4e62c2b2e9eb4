"""Claims: users that belong to somebody, who knows their secret.

Anybody may play as a user whom nobody has claimed. Only a user of whom nothing is known, no score,
no name and no claim, can be claimed by a player, so nobody is taken over.

A secret is random, so it needs no slow hash: a keyed BLAKE2b of it and of the user is kept, and a
login stays cheap. Wrong guesses are counted by the address that makes them, so that nobody can
lock a user out.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Container
from contextlib import suppress
from hashlib import blake2b
from hmac import compare_digest
from itertools import islice

from gameserver.auth.claim_store import Claim, ClaimStore
from gameserver.auth.quotas import Quota
from gameserver.auth.sessions import OWNER
from gameserver.errors import Refused, StorageFull, invalid
from gameserver.numbers import MAX_NUMBER
from gameserver.times import DAY, MILLISECOND, Clock, moment_of, server_clock

SHORTEST, LONGEST = 16, 128
"""Characters of a secret."""
DRAWN_SIZE = 16
"""Bytes of a secret that the server draws; it is twice as many hexadecimal digits."""
CLAIMS_PER_HOUR = 30
"""Of one address."""
GUESSES_PER_HOUR = 60
"""Wrong ones, of one address."""
LAPSE_MS = DAY // MILLISECOND
"""After so long a claim without a score or a name lapses."""

_ATTEMPTS = 100


class _Everybody:
    def __contains__(self, user_id: object) -> bool:
        return True


class Claims:
    """Who may log in as whom."""

    def __init__(
        self,
        store: ClaimStore,
        is_known: Callable[[int], bool],
        mode: str = "optional",
        clock: Clock = server_clock,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`is_known(user_id)`: whether the user has a score or a name. `mode`: players may
        claim users (`optional`), must (`required`), or cannot (`off`).
        """
        self._store = store
        self._is_known = is_known
        self._mode = mode
        self._clock = clock
        self._randomness = randomness
        self._claimed = Quota(CLAIMS_PER_HOUR)
        self._guessed = Quota(GUESSES_PER_HOUR)
        self.guarded: Container[int] = _Everybody() if mode == "required" else store.by_user
        """The users whose login is a matter for `login`; all others just get a session key."""

    # Players

    def login(self, user_id: int, secret: str | None, address: str) -> tuple[int, int]:
        """Lets somebody in who has shown a secret, or none.

        Returns what `Sessions.login` is told: the user, marked as the owner's session if it is
        one, and the time from which on the key has to be. The first secret claims the user.
        """
        self._store.look()
        claim = self._claim(user_id)
        if secret is None:
            if claim or self._mode == "required":
                raise Refused("secret_needed", "this user's secret is needed to log in")
            return user_id, self._since(user_id)
        check_secret(secret)
        if claim is None:
            self._claim_first(user_id, secret, address)
        else:
            self._check(user_id, secret, claim, address)
        return user_id | OWNER, self._since(user_id)

    def draw(self, address: str) -> tuple[int, str]:
        """A number of which nothing is known, already claimed, and its secret."""
        self._store.look()
        for _ in range(_ATTEMPTS):
            user_id = int.from_bytes(self._randomness(4)) & MAX_NUMBER
            if user_id not in self._store.by_user and not self._is_known(user_id):
                secret = self._randomness(DRAWN_SIZE).hex()
                self._claim_first(user_id, secret, address)
                return user_id, secret
        raise Refused("full", "there are too many users to find a free number")

    # Games' servers, and the admin

    def put(self, user_id: int, secret: str) -> None:
        """Claims any user, whoever had claimed them before."""
        check_secret(secret)
        if self._mode == "off":
            raise _off()
        self._store.look()
        self._store.put(user_id, self._made(user_id, secret, is_kept=True))

    def lift(self, user_id: int) -> None:
        """Ends a claim, if there is one: the user is anybody's again."""
        self._store.look()
        claim = self._store.by_user.get(user_id)
        if claim and claim.secret:
            self._store.put(user_id, Claim(b"", self._next(user_id)))

    # Claims

    def _claim(self, user_id: int) -> Claim | None:
        """The claim to a user; one that has lapsed is none."""
        claim = self._store.by_user.get(user_id)
        if claim is None or not claim.secret:
            return None
        if claim.is_kept or self._now() // MILLISECOND < claim.since + LAPSE_MS:
            return claim
        if not self._is_known(user_id):
            self.lift(user_id)
            return None
        with suppress(StorageFull):  # it is no reason to keep anybody out
            self._store.put(user_id, claim._replace(is_kept=True))
        return claim

    def _claim_first(self, user_id: int, secret: str, address: str) -> None:
        if self._mode == "off":
            raise _off()
        if self._is_known(user_id):
            raise Refused("user_taken", "somebody has played as this user: draw another number")
        now = self._now()
        wait = self._claimed.wait(address, now)
        if wait:
            raise Refused(
                "too_many_requests", f"an address makes {CLAIMS_PER_HOUR} claims an hour", wait=wait
            )
        for oldest in list(islice(self._store.unkept, 2)):
            self._claim(oldest)  # each claim sees to two old ones, so they do not pile up
        self._store.put(user_id, self._made(user_id, secret))
        self._claimed.count(address, now)

    def _check(self, user_id: int, secret: str, claim: Claim, address: str) -> None:
        now = self._now()
        wait = self._guessed.wait(address, now)
        if wait:
            raise Refused("too_many_requests", "too many wrong secrets: try later", wait=wait)
        if not compare_digest(claim.secret, self._hash(user_id, secret)):
            self._guessed.count(address, now)
            raise Refused("wrong_secret", "this is not the user's secret")

    def _made(self, user_id: int, secret: str, is_kept: bool = False) -> Claim:
        return Claim(self._hash(user_id, secret), self._next(user_id), is_kept)

    def _hash(self, user_id: int, secret: str) -> bytes:
        text = b"%d %b" % (user_id, secret.encode())
        return blake2b(text, digest_size=16, key=self._store.hash_key).digest()

    def _since(self, user_id: int) -> int:
        """The time that the user's next session key bears at least, in milliseconds."""
        claim = self._store.by_user.get(user_id)
        return claim.since if claim else 0

    def _next(self, user_id: int) -> int:
        """The millisecond after this one: keys that were made in this one are older than it."""
        return max(self._now() // MILLISECOND, self._since(user_id)) + 1

    def _now(self) -> int:
        return moment_of(self._clock())


def check_secret(secret: str) -> None:
    """Refused (`invalid_data`) unless it is one that a client could have drawn."""
    if not (SHORTEST <= len(secret) <= LONGEST and secret.isprintable()):
        raise invalid("secret", f"must have {SHORTEST} to {LONGEST} printable characters")


def _off() -> Refused:
    return Refused("secrets_off", "this server takes no secrets")
