"""Session keys: mutated, random and expired ones are refused, valid ones to the millisecond.

    python tests/hard/session_keys.py [--inputs 1000000]

The clock stands anywhere within an hour of a login. A key is valid from then for 600 s and not a
millisecond longer; only the text that the server gave out is the key.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

from fuzz import mutated
from harness import Report, arguments

from gameserver.auth.sessions import SignedSessions
from gameserver.errors import InvalidSessionKey
from gameserver.storage.memory.sessions import MemorySessions

START = 1_700_000_000.0
LIFE = 600.0
HEX = "0123456789abcdef"


class Clock:
    now = START

    def __call__(self) -> float:
        return self.now


def main() -> int:
    options = arguments(__doc__, inputs=1_000_000)
    report = Report("session keys")
    for store_type in (SignedSessions, MemorySessions):
        attack(store_type, options.inputs, random.Random(options.seed), report)
        edges(store_type, random.Random(options.seed), report)
    return report.end()


def attack(store_type: Callable, inputs: int, chance: random.Random, report: Report) -> None:
    clock = Clock()
    store = store_type(clock=clock)
    users = [0, 1, 2, 255, 2**31 - 1]
    valid = {store.login(user): user for user in users}
    others = [store_type(clock=clock).login(user) for user in users]
    keys = list(valid)
    accepted = expected = wrong = 0
    for _ in range(inputs):
        clock.now = START + chance.uniform(-3600, 3600)
        if store_type is MemorySessions:
            # This store forgets what has expired, so its clock must not go past that.
            clock.now = min(clock.now, START + LIFE - 0.001)
        key = forged(chance, keys, others)
        try:
            user = store.user_of(key)
        except InvalidSessionKey:
            continue
        accepted += key not in valid
        wrong += key in valid and (user != valid[key] or clock.now >= START + LIFE)
        expected += key in valid
    name = store_type.__name__
    report.row(
        f"{name}: forged keys accepted", f"{accepted} of {inputs - expected:,}", 0, not accepted
    )
    report.row(f"{name}: valid keys, wrong user or time", wrong, 0, not wrong)


def forged(chance: random.Random, keys: list[str], others: list[str]) -> str:
    key = chance.choice(keys)
    kind = chance.randrange(9)
    if kind == 0:
        return mutated(chance, key.encode()).decode("latin-1")
    if kind == 1:
        return "".join(chance.choices(HEX, k=len(key)))
    if kind == 2:
        return chance.choice(others)
    if kind == 3:  # parts of two keys
        at = chance.randrange(1, len(key))
        return key[:at] + chance.choice(keys)[at:]
    if kind == 4:  # another spelling of the same number
        return chance.choice(
            (
                key.upper(),
                " " + key,
                key + " ",
                "+" + key[1:],
                "0x" + key[2:],
                key + "\n",
                key.translate({ord("0"): "\u0660"}),
                key[:4] + "_" + key[5:],
            )
        )
    if kind == 5:
        return key[: chance.randrange(len(key))]
    if kind == 6:
        return key + chance.choice(HEX)
    at = chance.randrange(len(key))
    if kind == 7:
        return key[:at] + chance.choice(HEX) + key[at + 1 :]
    return key[:at] + key[at + 1 :]


def edges(store_type: Callable, chance: random.Random, report: Report) -> None:
    """The first and the last instant of each of 2,000 keys, from logins at random times."""
    wrong = 0
    for _ in range(2000):
        clock = Clock()
        clock.now = login = START + chance.randrange(10**6) / 8  # exact, also in milliseconds
        store = store_type(clock=clock)
        key = store.login(7)
        for after, valid in ((0, True), (LIFE - 0.001, True), (LIFE, False), (3600, False)):
            clock.now = login + after
            try:
                found = store.user_of(key) == 7
            except InvalidSessionKey:
                found = False
            wrong += found != valid
    report.row(f"{store_type.__name__}: wrong at the edges", f"{wrong} of 8,000", 0, not wrong)


if __name__ == "__main__":
    sys.exit(main())
