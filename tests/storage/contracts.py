"""What every engine's stores promise, each to be made by a subclass that says `make_engine`."""

from __future__ import annotations

import hashlib
import unittest
from collections.abc import Callable
from dataclasses import replace

from gameserver.auth.tokens import FORGOTTEN_AFTER, MAX_PER_USER, REPLACED_FOR, Token
from gameserver.errors import Refused
from gameserver.storage.engine import Engine
from gameserver.times import DAY, HOUR, SECOND
from gameserver.tournaments.catalogue import Hosted, Page
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.tournament import (
    LISTS,
    NOT_STORED,
    Entry,
    Score,
    Submission,
    Tournament,
)
from gameserver.tournaments.tournament_store import Earlier
from tests.support import run_together

THREADS = 32
NOW = 1_700_000_000 * SECOND


class EngineContract(unittest.TestCase):
    """A test case with an empty engine."""

    def make_engine(self) -> Engine:
        raise NotImplementedError

    def setUp(self) -> None:
        self.engine = self.make_engine()
        self.addCleanup(self.engine.close)

    def add_accounts(self, *names: str) -> list[int]:
        """The ids of new accounts."""
        ids = [self.engine.accounts.add(name, f"hash of {name}", NOW) for name in names]
        assert all(ids), ids
        return [user_id or 0 for user_id in ids]


def digest(text: str) -> bytes:
    """Stands for the digest of a token, or of a game."""
    return hashlib.sha256(text.encode()).digest()


def let_pass(token: Token | None) -> Token:
    """A rule that lets every token be replaced."""
    assert token
    return token


class AccountsContract(EngineContract):
    """Accounts and tokens."""

    def setUp(self) -> None:
        super().setUp()
        self.store = self.engine.accounts

    def add_token(self, digest: bytes, user_id: int, now: int) -> None:
        """Adds a token of an account that is there."""
        account = self.store.account(user_id)
        assert account
        self.assertTrue(self.store.add_token(digest, account, now))

    def test_account(self) -> None:
        """An account is found by its name, whatever the capitals, as it was written."""
        (ann,) = self.add_accounts("Ann")
        for name in ("Ann", "ann", "ANN"):
            self.assertEqual(self.store.named(name), (ann, "Ann", "hash of Ann"))
        self.assertIsNone(self.store.named("Anna"))

    def test_ids(self) -> None:
        """Accounts are numbered from 1."""
        self.assertEqual(self.add_accounts("ann", "bob", "eve"), [1, 2, 3])

    def test_taken(self) -> None:
        """A name is taken whatever its capitals, and the account that has it stays."""
        self.add_accounts("ann")
        for name in ("ann", "ANN"):
            self.assertIsNone(self.store.add(name, "another", NOW))
        self.assertEqual(self.store.named("ann"), (1, "ann", "hash of ann"))

    def test_add_at_once(self) -> None:
        """Of many who want a name at once one gets it, and all numbers differ."""
        ids = run_together(lambda n: self.store.add(f"user{n // 2}", "hash", NOW), THREADS)
        self.assertEqual(sorted(filter(None, ids)), list(range(1, THREADS // 2 + 1)))

    def test_token(self) -> None:
        """A token is known by its digest until it is forgotten."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("a"), ann, NOW)
        token = Token(digest("a"), ann, NOW, None, False, None)
        self.assertEqual(self.store.show_token(digest("a"), NOW + DAY), token)
        self.assertIsNone(self.store.show_token(digest("b"), NOW))

    def test_replaced_token(self) -> None:
        """Both tokens are known after a refresh, until the new one is shown."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("a"), ann, NOW)
        self.store.replace_token(digest("a"), digest("b"), NOW + 1, let_pass)
        old = self.store.show_token(digest("a"), NOW + 2)
        self.assertEqual(old, Token(digest("a"), ann, NOW, None, False, NOW + 1))
        new = self.store.show_token(digest("b"), NOW + 3)
        self.assertEqual(new, Token(digest("b"), ann, NOW + 1, digest("a"), False, None))
        self.assertIsNone(self.store.show_token(digest("a"), NOW + 4))
        shown = self.store.show_token(digest("b"), NOW + 5)
        self.assertTrue(shown and shown.used)

    def test_replaced_twice(self) -> None:
        """A second refresh does not move the moment of the first."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("a"), ann, NOW)
        self.store.replace_token(digest("a"), digest("b"), NOW + 1, let_pass)
        self.store.replace_token(digest("a"), digest("c"), NOW + 9, let_pass)
        old = self.store.show_token(digest("a"), NOW + 9)
        self.assertEqual(old and old.replaced, NOW + 1)
        self.assertTrue(self.store.show_token(digest("b"), NOW + 9))
        self.assertTrue(self.store.show_token(digest("c"), NOW + 9))

    def test_invalid_successor(self) -> None:
        """A successor that is not valid any more ends nothing."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("a"), ann, NOW)
        self.store.replace_token(digest("a"), digest("b"), NOW, let_pass)
        self.store.show_token(digest("b"), NOW + 40 * DAY)
        self.assertIsNotNone(self.store.show_token(digest("a"), NOW + REPLACED_FOR))

    def test_refusal(self) -> None:
        """A rule that refuses changes nothing; it is told that a token is not there."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("a"), ann, NOW)
        seen: list[Token | None] = []

        def refuse(token: Token | None) -> Token:
            seen.append(token)
            raise Refused("not_logged_in")

        for name in ("a", "nothing"):
            with self.assertRaises(Refused):
                self.store.replace_token(digest(name), digest("b"), NOW, refuse)
        token = Token(digest("a"), ann, NOW, None, False, None)
        self.assertEqual(seen, [token, None])
        self.assertEqual(self.store.show_token(digest("a"), NOW), token)
        self.assertIsNone(self.store.show_token(digest("b"), NOW))

    def test_number_of_tokens(self) -> None:
        """Whoever logs in very often loses the oldest tokens; others keep theirs."""
        ann, bob = self.add_accounts("ann", "bob")
        self.add_token(digest("bob"), bob, NOW)
        for number in range(MAX_PER_USER + 5):
            self.add_token(digest(str(number)), ann, NOW + number)
        known = [
            number
            for number in range(MAX_PER_USER + 5)
            if self.store.show_token(digest(str(number)), NOW)
        ]
        self.assertEqual(known, list(range(5, MAX_PER_USER + 5)))
        self.assertTrue(self.store.show_token(digest("bob"), NOW))

    def test_old_tokens(self) -> None:
        """What is too old to matter goes with the next login."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("old"), ann, NOW)
        self.add_token(digest("newer"), ann, NOW + 1)
        self.add_token(digest("new"), ann, NOW + FORGOTTEN_AFTER)
        self.assertIsNone(self.store.show_token(digest("old"), NOW))
        self.assertIsNotNone(self.store.show_token(digest("newer"), NOW))

    def test_refresh_at_once(self) -> None:
        """Of many refreshes at once each leaves a valid token."""
        (ann,) = self.add_accounts("ann")
        self.add_token(digest("a"), ann, NOW)
        run_together(
            lambda n: self.store.replace_token(digest("a"), digest(f"b{n}"), NOW + n, let_pass),
            THREADS,
        )
        for number in range(THREADS):
            token = self.store.show_token(digest(f"b{number}"), NOW)
            self.assertEqual(token and token.predecessor, digest("a"))


def a_tournament(host_id: int = 1, start: int = NOW, end: int = NOW + HOUR) -> Tournament:
    """A tournament that is not stored yet."""
    return Tournament(NOT_STORED, host_id, "Cup", "sum", "1+0+0", "here", start, end, True, False)


def a_game(user_id: int, name: str, value: int = 5000, proven: bool = True) -> Submission:
    """A game; those of the same name are the same."""
    return Submission(user_id, "beginner", value, digest(name), proven)


def keep(tournament: Tournament) -> Tournament:
    """A rule that changes nothing."""
    return tournament


class TournamentsContract(EngineContract):
    """Tournaments, entries, keys and submissions."""

    def setUp(self) -> None:
        super().setUp()
        self.store = self.engine.tournaments
        self.ann, self.bob = self.add_accounts("ann", "bob")

    def add(self, host_id: int = 1, start: int = NOW, end: int = NOW + HOUR) -> int:
        return self.store.add(lambda _hosted: a_tournament(host_id, start, end)).id

    def enter(self, tournament_id: int, user_id: int, entry: Entry = Entry.PARTICIPATING) -> None:
        self.store.enter(tournament_id, user_id, lambda _tournament, _before: entry)

    def issue(self, tournament_id: int, user_id: int) -> Key:
        key = Key(user_id, tournament_id, bytes([tournament_id, user_id] * 8))
        self.store.issue_key(tournament_id, user_id, lambda *_: IssuedKey(key, NOW, None))
        return key

    def count(
        self, key: Key, game: Submission, counts: bool = True, only_best: bool = False,
        moment: int = NOW,
    ) -> Earlier:
        """What the rule is told of what is there."""
        seen: list[Earlier] = []

        def rule(_tournament: Tournament | None, earlier: Earlier) -> bool:
            seen.append(earlier)
            return counts

        self.assertEqual(self.store.count(key, game, moment, rule, only_best), counts)
        return seen[-1]

    def shown(self, name: str = "all", now: int = NOW, page: Page | None = None) -> list[int]:
        return [each.id for each in self.store.listing(name, now, page).tournaments]

    def assert_missing(self, tournament_id: int) -> None:
        with self.assertRaises(Refused) as caught:
            self.store.tournament(tournament_id)
        self.assertEqual(caught.exception.code, "no_such_tournament")

    # Tournaments

    def test_add(self) -> None:
        """A tournament is kept as it was made, with a number from 1 on."""
        for expected in (1, 2, 3):
            added = self.store.add(lambda _hosted: a_tournament(self.bob))
            self.assertEqual(added, replace(a_tournament(self.bob), id=expected))
            self.assertEqual(self.store.tournament(expected), added)
        self.assert_missing(4)

    def test_add_refused(self) -> None:
        """What is refused is not kept, and takes no number."""

        def refuse(_hosted: object) -> Tournament:
            raise Refused("too_many_tournaments")

        with self.assertRaises(Refused):
            self.store.add(refuse)
        self.assertEqual((self.shown(), self.add()), ([], 1))

    def test_add_at_once(self) -> None:
        """Of many at once all get numbers of their own, and a limit is kept to."""

        def make(hosted: Callable[[int, int], Hosted]) -> Tournament:
            if hosted(self.ann, NOW).active >= THREADS // 2:
                raise Refused("too_many_tournaments")
            return a_tournament(self.ann)

        def work(_number: int) -> int:
            try:
                return self.store.add(make).id
            except Refused:
                return 0

        added = sorted(run_together(work, THREADS))
        self.assertEqual(added, [0] * (THREADS // 2) + list(range(1, THREADS // 2 + 1)))

    def test_hosted(self) -> None:
        """A host's tournaments are counted that are not over, and that nobody has entered."""
        seen: list[Hosted] = []

        def look(hosted: Callable[[int, int], Hosted]) -> Tournament:
            seen[:] = [hosted(self.ann, NOW), hosted(self.ann, NOW + HOUR)]
            raise Refused("enough")

        self.add(self.ann)
        self.enter(self.add(self.ann, end=NOW + 2 * HOUR), self.bob)
        self.add(self.bob)
        with self.assertRaises(Refused):
            self.store.add(look)
        self.assertEqual(seen, [(2, 1), (1, 1)])

    def test_change(self) -> None:
        """What a rule makes of a tournament stands in its place; one that refuses, nothing."""
        cup = self.add()
        changed = self.store.change(cup, lambda each: replace(each, end=NOW + 5, name="Old"))
        self.assertEqual(self.store.tournament(cup), changed)
        self.assertEqual((changed.end, changed.name), (NOW + 5, "Old"))

        def refuse(_tournament: Tournament) -> Tournament:
            raise Refused("not_host")

        with self.assertRaises(Refused):
            self.store.change(cup, refuse)
        self.assertEqual(self.store.tournament(cup), changed)
        with self.assertRaises(Refused):
            self.store.change(99, keep)

    def test_delete(self) -> None:
        """A deleted tournament is nowhere any more, and its number is not given again."""
        first, second = self.add(), self.add()
        self.store.delete(second, lambda _tournament, _entered: None)
        self.assert_missing(second)
        self.assertEqual((self.shown(), self.add()), ([first], second + 1))

    def test_delete_refused(self) -> None:
        """The rule is told whether anybody has entered; what it refuses stays."""
        empty, entered = self.add(), self.add()
        self.enter(entered, self.bob, Entry.INVITED)
        seen: list[tuple[int, bool]] = []

        def refuse(tournament: Tournament, has_entries: bool) -> None:
            seen.append((tournament.id, has_entries))
            raise Refused("has_entries")

        for cup in (empty, entered):
            with self.assertRaises(Refused):
                self.store.delete(cup, refuse)
        self.assertEqual(seen, [(empty, False), (entered, True)])
        self.assertEqual(self.shown(), [empty, entered])
        with self.assertRaises(Refused):
            self.store.delete(99, refuse)

    def test_delete_and_enter_at_once(self) -> None:
        """Who enters while a tournament is deleted is in, or hears that there is none."""

        def refuse_entered(_tournament: Tournament, entered: bool) -> None:
            if entered:
                raise Refused("has_entries")

        def work(number: int) -> str:
            try:
                if number % 2:
                    self.store.delete(cups[number // 2], refuse_entered)
                    return "deleted"
                self.enter(cups[number // 2], self.bob)
            except Refused as error:
                return error.code
            return "entered"

        cups = [self.add() for _ in range(THREADS // 2)]
        outcomes = run_together(work, THREADS)
        for entering, deleting in zip(outcomes[::2], outcomes[1::2], strict=True):
            self.assertIn(
                (entering, deleting),
                {("entered", "has_entries"), ("no_such_tournament", "deleted")},
            )

    # Lists

    def test_listing(self) -> None:
        """Which list a tournament stands in changes at its start, at its end, and when stopped."""
        cup = self.add(start=NOW + 10, end=NOW + 20)
        stopped = self.add(start=NOW, end=NOW + 99)
        seen = {
            now: [self.shown(name, NOW + now) for name in LISTS] for now in (0, 9, 10, 15, 19, 20)
        }
        upcoming = [[cup, stopped], [], [stopped], [cup], [cup, stopped]]
        running = [[cup, stopped], [], [cup, stopped], [], [cup, stopped]]
        over = [[cup, stopped], [cup], [stopped], [], [stopped]]
        self.assertEqual(
            seen, {0: upcoming, 9: upcoming, 10: running, 15: running, 19: running, 20: over}
        )
        self.store.change(stopped, lambda each: replace(each, end=NOW + 20))
        self.assertEqual(self.shown("archive", NOW + 20), [cup, stopped])

    def test_listing_shows_changes(self) -> None:
        """A list shows what has become of a tournament, and is the same while nothing has."""
        cup = self.add()
        before = self.store.listing("all", NOW, None)
        self.assertIs(self.store.listing("all", NOW + 1, None), before)
        changed = self.store.change(cup, lambda each: replace(each, end=NOW + HOUR + 1))
        self.assertEqual(list(self.store.listing("all", NOW, None).tournaments), [changed])

    def test_time_does_not_go_back(self) -> None:
        """What has been over stays over, though the clock says otherwise."""
        cup = self.add()
        self.assertEqual(self.shown("archive", NOW + HOUR), [cup])
        self.assertEqual(self.shown("archive", NOW), [cup])

    def test_pages(self) -> None:
        """A page is a part of the list, counted from its newest end."""
        cups = [self.add() for _ in range(10)]
        self.assertEqual(self.shown(page=Page(0, 3)), cups[7:])
        self.assertEqual(self.shown(page=Page(3, 3)), cups[4:7])
        self.assertEqual(self.shown(page=Page(9, 3)), cups[:1])
        self.assertEqual(self.shown(page=Page(10, 3)), [])
        self.assertEqual(self.shown(page=Page(0, 99)), cups)

    def test_entries(self) -> None:
        """A user's entries are told of what a list shows, and of what is not over."""
        first, second, third = self.add(), self.add(end=NOW + 5), self.add()
        self.enter(first, self.bob)
        self.enter(second, self.bob, Entry.REQUESTED)
        self.enter(third, self.ann, Entry.INVITED)
        listing = self.store.listing("all", NOW, Page(0, 2))
        self.assertEqual(self.store.entries(self.bob, listing), {second: Entry.REQUESTED})
        self.assertEqual(self.store.entries(self.ann, listing), {third: Entry.INVITED})
        for now, expected in ((NOW, [first, second]), (NOW + 5, [first])):
            mine = self.store.entered(self.bob, now)
            self.assertEqual([tournament.id for tournament, _ in mine], expected)
        self.assertEqual([entry for _, entry in mine], [Entry.PARTICIPATING])
        self.assertEqual(self.store.entered(99, NOW), [])

    # Entries and keys

    def test_enter(self) -> None:
        """The rule sees the tournament and the entry before, and what it makes of it is kept."""
        cup = self.add()
        seen: list[tuple[int, Entry]] = []

        def request(tournament: Tournament, before: Entry) -> Entry:
            seen.append((tournament.id, before))
            return Entry.REQUESTED if before is Entry.NONE else Entry.PARTICIPATING

        self.assertIs(self.store.enter(cup, self.bob, request), Entry.REQUESTED)
        self.assertIs(self.store.enter(cup, self.bob, request), Entry.PARTICIPATING)
        self.assertEqual(seen, [(cup, Entry.NONE), (cup, Entry.REQUESTED)])
        detail = self.store.detail(cup)
        self.assertEqual((detail.host, detail.newest_score), ("ann", 0))
        self.assertEqual(detail.entries, [(self.bob, "bob", Entry.PARTICIPATING)])
        with self.assertRaises(Refused):
            self.store.enter(99, self.bob, request)

    def test_key(self) -> None:
        """A key is there once it is issued, for its player and tournament alone."""
        cup, other = self.add(), self.add()
        self.assertIsNone(self.store.key(cup, self.bob)[1])
        key = self.issue(cup, self.bob)
        tournament, issued = self.store.key(cup, self.bob)
        self.assertEqual((tournament.id, issued), (cup, IssuedKey(key, NOW, None)))
        for where in ((cup, self.ann), (other, self.bob)):
            self.assertIsNone(self.store.key(*where)[1])
        with self.assertRaises(Refused):
            self.store.key(99, self.bob)

    def test_key_at_once(self) -> None:
        """Of many who draw a key at once one gets it, and the others see that it is there."""
        cup = self.add()

        def work(number: int) -> bool:
            def rule(_tournament: object, _entry: object, issued: IssuedKey | None) -> IssuedKey:
                if issued:
                    raise Refused("key_exists")
                return IssuedKey(Key(self.bob, cup, bytes([number] * 16)), NOW, NOW + number)

            try:
                self.store.issue_key(cup, self.bob, rule)
            except Refused:
                return False
            return True

        drawn = run_together(work, THREADS)
        self.assertEqual(drawn.count(True), 1)
        _, issued = self.store.key(cup, self.bob)
        self.assertEqual(issued and issued.expiry, NOW + drawn.index(True))

    # Submissions

    def test_count(self) -> None:
        """The rule is told of the key, of the same game, and of how many games there are."""
        cup = self.add()
        key, other = self.issue(cup, self.bob), Key(self.ann, cup, bytes(16))
        issued = IssuedKey(key, NOW, None)
        self.assertEqual(self.count(key, a_game(self.bob, "a")), Earlier(issued, None, 0))
        again = self.count(key, a_game(self.bob, "a"), False)
        self.assertEqual(again, Earlier(issued, (cup, 2), 1))
        others = self.count(other, a_game(self.ann, "a"), False)
        self.assertEqual(others, Earlier(None, (cup, 2), 0))
        self.assertEqual(self.count(key, a_game(self.bob, "b")), Earlier(issued, None, 1))
        scores = self.store.scores(cup, self.store.detail(cup).newest_score)
        self.assertEqual(scores, [Score(self.bob, "beginner", 5000)] * 2)

    def test_count_nowhere(self) -> None:
        """The rule is told that there is no such tournament."""
        seen: list[Tournament | None] = []

        def rule(tournament: Tournament | None, _earlier: Earlier) -> bool:
            seen.append(tournament)
            raise Refused("invalid_data")

        with self.assertRaises(Refused):
            self.store.count(Key(self.bob, 99, bytes(16)), a_game(self.bob, "a"), NOW, rule)
        self.assertEqual(seen, [None])

    def test_count_at_once(self) -> None:
        """Of many uploads of a game at once one counts."""
        cup = self.add()
        key = self.issue(cup, self.bob)

        def work(_number: int) -> bool:
            return self.store.count(
                key, a_game(self.bob, "a"), NOW, lambda _, earlier: not earlier.counted_for
            )

        self.assertEqual(run_together(work, THREADS).count(True), 1)
        self.assertEqual(len(self.store.scores(cup, 2**62)), 1)

    def test_scores_of_a_moment(self) -> None:
        """The scores of an earlier moment can be had later; they are in no other tournament."""
        cup, other = self.add(), self.add()
        key, others = self.issue(cup, self.bob), self.issue(other, self.bob)
        newest = []
        for number in range(3):
            self.count(others, a_game(self.bob, f"other {number}"))
            self.count(key, a_game(self.bob, str(number), number))
            newest.append(self.store.detail(cup).newest_score)
        self.assertEqual(newest, sorted(set(newest)))
        for number, moment in enumerate(newest):
            scores = [score.value for score in self.store.scores(cup, moment)]
            self.assertEqual(scores, list(range(number + 1)))

    def test_scores_after_the_end(self) -> None:
        """What arrived after a tournament had been stopped is no score of it."""
        cup = self.add()
        key = self.issue(cup, self.bob)
        for number in range(4):
            game = a_game(self.bob, str(number), number)
            self.store.count(key, game, NOW + number, lambda *_: True)
        self.store.change(cup, lambda each: replace(each, end=NOW + 2))
        newest = self.store.detail(cup).newest_score
        self.assertEqual([score.value for score in self.store.scores(cup, newest)], [0, 1])

    def test_unproven(self) -> None:
        """Games that do not bear out their values are counted by player."""
        cup = self.add()
        key = self.issue(cup, self.bob)
        for name, proven in (("a", True), ("b", False), ("c", False)):
            self.count(key, a_game(self.bob, name, proven=proven))
        self.assertEqual(dict(self.store.unproven(cup)), {"bob": 2})

    # Only the best of a category

    def test_values(self) -> None:
        """Where only the best counts, the rule is told what counts of the player's so far."""
        cup, other = self.add(), self.add()
        key, elsewhere, anns = self.issue(cup, 2), self.issue(other, 2), self.issue(cup, self.ann)
        self.count(key, a_game(self.bob, "a", 7), only_best=True)
        self.count(elsewhere, a_game(self.bob, "b", 8), only_best=True)
        self.count(anns, a_game(self.ann, "c", 9), only_best=True)
        self.count(key, a_game(self.bob, "d", 10)._replace(category="expert"), only_best=True)
        self.count(key, a_game(self.bob, "e", 11), False, only_best=True)
        later = NOW + 1
        seen = self.count(key, a_game(self.bob, "f", 12), only_best=True, moment=later)
        self.assertEqual(seen.values, (7,))
        seen = self.count(key, a_game(self.bob, "g"), False, only_best=True, moment=later)
        self.assertEqual(seen.values, (7, 12))
        self.assertEqual(self.count(key, a_game(self.bob, "h"), False).values, ())

    def test_outdone(self) -> None:
        """What is better takes the place of what came at that moment, and of all but one before."""
        cup = self.add()
        key, anns = self.issue(cup, self.bob), self.issue(cup, self.ann)
        self.count(key, a_game(self.bob, "other", 1)._replace(category="expert"), only_best=True)
        self.count(anns, a_game(self.ann, "another's", 2), only_best=True)
        newest = []
        for value, moment, kept in (
            (10, 0, [10]), (11, 0, [11]), (12, 1, [11, 12]), (13, 1, [11, 13]), (14, 2, [13, 14]),
            (15, 1, [15]), (16, 9, [15, 16]), (17, 9, [15, 17]), (18, 10, [17, 18]),
        ):  # fmt: skip
            game = a_game(self.bob, str(value), value)
            self.count(key, game, only_best=True, moment=NOW + moment)
            newest.append(self.store.detail(cup).newest_score)
            self.assertEqual(self.values(cup), [1, 2, *kept])
        self.assertEqual(newest, sorted(set(newest)))
        earlier = self.count(key, a_game(self.bob, "10"), False, only_best=True)
        self.assertEqual((earlier.counted_for, earlier.scores), (None, 3))

    # Removals

    def values(self, cup: int, newest: int = 2**62) -> list[int]:
        return sorted(score.value for score in self.store.scores(cup, newest))

    def remove(self, cup: int, user_id: int) -> int:
        return self.store.remove(cup, user_id, lambda _tournament: None)

    def test_remove(self) -> None:
        """What is removed counts no more: the player's in this tournament, and nothing else."""
        cup, other = self.add(), self.add()
        key, elsewhere, anns = self.issue(cup, 2), self.issue(other, 2), self.issue(cup, self.ann)
        self.count(elsewhere, a_game(self.bob, "a", 1))
        self.count(anns, a_game(self.ann, "b", 2))
        self.count(key, a_game(self.bob, "c", 3))
        self.count(key, a_game(self.bob, "d", 4, proven=False), only_best=True, moment=NOW + 1)
        self.assertEqual(self.remove(cup, self.bob), 2)
        self.assertEqual((self.values(cup), self.values(other)), ([2], [1]))
        self.assertEqual(dict(self.store.unproven(cup)), {})
        self.assertEqual(self.remove(cup, self.bob), 0)
        self.assertEqual(self.remove(cup, 99), 0)

    def test_removed_game(self) -> None:
        """It is known as the same game, whoever hands it in, and counts for no number."""
        cup = self.add()
        key, anns = self.issue(cup, self.bob), self.issue(cup, self.ann)
        self.count(key, a_game(self.bob, "a", 3), only_best=True)
        self.remove(cup, self.bob)
        for game, whose in ((a_game(self.bob, "a"), key), (a_game(self.ann, "a"), anns)):
            earlier = self.count(whose, game, False, only_best=True)
            self.assertEqual(earlier[1:], (None, 0, True, ()))
        self.assertEqual(self.count(key, a_game(self.bob, "b", 4)).is_removed, False)
        self.assertEqual(self.values(cup), [4])

    def test_newest_after_a_removal(self) -> None:
        """A removal is news as a submission is, and what counted before can still be had."""
        cup, other = self.add(), self.add()
        key, elsewhere = self.issue(cup, self.bob), self.issue(other, self.bob)
        newest, counting = [0], [list[int]()]
        for number in range(1, 5):
            self.count(key, a_game(self.bob, f"a{number}", number))
            newest.append(self.store.detail(cup).newest_score)
            counting.append([number])
            self.count(elsewhere, a_game(self.bob, f"b{number}"))
            self.remove(cup, self.bob)
            newest.append(self.store.detail(cup).newest_score)
            counting.append([])
        self.assertEqual(newest, sorted(set(newest)))
        self.assertEqual([self.values(cup, number) for number in newest], counting)
        before = self.store.detail(cup).newest_score
        self.remove(cup, self.bob)
        self.assertEqual(self.store.detail(cup).newest_score, before)

    def test_remove_refused(self) -> None:
        """What the rule refuses stays; of a tournament that is not there nothing is removed."""
        cup = self.add()
        self.count(self.issue(cup, self.bob), a_game(self.bob, "a", 3))

        def refuse(tournament: Tournament) -> None:
            raise Refused(tournament.name)

        with self.assertRaises(Refused) as caught:
            self.store.remove(cup, self.bob, refuse)
        self.assertEqual((caught.exception.code, self.values(cup)), ("Cup", [3]))
        with self.assertRaises(Refused) as caught:
            self.remove(99, self.bob)
        self.assertEqual(caught.exception.code, "no_such_tournament")

    def test_remove_at_once(self) -> None:
        """Of many removals at once one finds what there is."""
        cup = self.add()
        key = self.issue(cup, self.bob)
        for number in range(5):
            self.count(key, a_game(self.bob, str(number)))
        removed = run_together(lambda _: self.remove(cup, self.bob), THREADS)
        self.assertEqual(sorted(removed), [0] * (THREADS - 1) + [5])
