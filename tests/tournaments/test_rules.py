from __future__ import annotations

import unittest
from dataclasses import replace

from gameserver.errors import Refused
from gameserver.minesweeper.modes import Sum
from gameserver.times import SECOND
from gameserver.tournaments import rules
from gameserver.tournaments.keys import IssuedKey, Key
from gameserver.tournaments.levels import Levels
from gameserver.tournaments.tournament import Entry, Phase, Submission, Tournament
from gameserver.tournaments.tournament_store import Earlier
from gameserver.web.errors import error_response

START, END = 1_000 * SECOND, 2_000 * SECOND
CUP = Tournament(1, 9, "Cup", "sum", "1+0+0", "", START, END, True, False)
CLOSED = replace(CUP, open_entry=False)
BEFORE, DURING, AFTER = START - 1, START, END
MODE = Sum("1+0+0")
GAME = Submission(5, "beginner", 5410, bytes(32), proven=True)
ISSUED = IssuedKey(Key(5, 1, bytes(16)), START, None)


def refusal(rule, *arguments):
    """The code that a rule refuses with; None if it does not."""
    try:
        rule(*arguments)
    except Refused as refused:
        return refused.code
    return None


class PhaseTest(unittest.TestCase):
    def test_window(self):
        """A tournament runs from its start up to but not including its end."""
        phases = [CUP.phase(now) for now in (START - 1, START, END - 1, END)]
        self.assertEqual(phases, [Phase.UPCOMING, Phase.IN_PROGRESS, Phase.IN_PROGRESS, Phase.OVER])

    def test_ended_before_its_start(self):
        """A tournament that was ended before its start is over."""
        self.assertIs(replace(CUP, end=BEFORE).phase(BEFORE), Phase.OVER)


class EntryTest(unittest.TestCase):
    def table(self, rule, tournament):
        """What becomes of each entry: an entry, or the code of a refusal."""
        outcomes = {}
        for entry in Entry:
            arguments = tournament, MODE, entry, DURING
            outcomes[entry.name] = refusal(rule, *arguments) or rule(*arguments).name
        return outcomes

    def test_participate_in_an_open_tournament(self):
        """Where entry is open, whoever wants to participate does."""
        self.assertEqual(set(self.table(rules.participate, CUP).values()), {"PARTICIPATING"})

    def test_participate_in_a_closed_tournament(self):
        """Where it is not, the wish is a request, unless there was an invitation."""
        self.assertEqual(
            self.table(rules.participate, CLOSED),
            {"NONE": "REQUESTED", "REQUESTED": "REQUESTED", "INVITED": "PARTICIPATING",
             "PARTICIPATING": "PARTICIPATING"},
        )  # fmt: skip

    def test_player_confirm(self):
        """Only an invitation can be accepted; again makes no difference."""
        self.assertEqual(
            self.table(rules.player_confirm, CLOSED),
            {"NONE": "not_invited", "REQUESTED": "not_invited", "INVITED": "PARTICIPATING",
             "PARTICIPATING": "PARTICIPATING"},
        )  # fmt: skip

    def test_invite(self):
        """An invitation answers a request."""
        self.assertEqual(
            self.table(rules.invite, CLOSED),
            {"NONE": "INVITED", "REQUESTED": "PARTICIPATING", "INVITED": "INVITED",
             "PARTICIPATING": "PARTICIPATING"},
        )  # fmt: skip

    def test_host_confirm(self):
        """Only a request can be granted; again makes no difference."""
        self.assertEqual(
            self.table(rules.host_confirm, CLOSED),
            {"NONE": "not_requested", "REQUESTED": "PARTICIPATING", "INVITED": "not_requested",
             "PARTICIPATING": "PARTICIPATING"},
        )  # fmt: skip

    def test_nobody_enters_after_the_end(self):
        """From the end on it is too late, for everybody and in every way."""
        for rule in (rules.participate, rules.invite):
            for entry in Entry:
                self.assertEqual(refusal(rule, CUP, MODE, entry, END), "too_late", (rule, entry))
        self.assertEqual(refusal(rules.player_confirm, CUP, MODE, Entry.INVITED, END), "too_late")
        self.assertEqual(refusal(rules.host_confirm, CUP, MODE, Entry.REQUESTED, END), "too_late")
        self.assertIsNone(refusal(rules.participate, CUP, MODE, Entry.NONE, END - 1))

    def test_a_mode_may_close_entry_at_the_start(self):
        """Where the mode closes entry at the start, that is the moment from which it is late."""

        class Early(Sum):
            closes_entry_at_start = True

        mode = Early("1+0+0")
        self.assertIsNone(refusal(rules.participate, CUP, mode, Entry.NONE, START - 1))
        self.assertEqual(refusal(rules.participate, CUP, mode, Entry.NONE, START), "too_late")
        self.assertIsNone(refusal(rules.participate, CUP, mode, Entry.PARTICIPATING, START))


class KeyTest(unittest.TestCase):
    def test_only_while_the_tournament_runs(self):
        """A key is issued at the start at the earliest and before the end."""
        codes = [
            refusal(rules.check_gen_key, CUP, Entry.PARTICIPATING, None, now)
            for now in (START - 1, START, END - 1, END)
        ]
        self.assertEqual(codes, ["too_early", None, None, "tournament_over"])

    def test_the_wait_is_never_nothing(self):
        """Too early says how long to wait, rounded up to a millisecond."""
        for early, wait in ((1, 0.001), (1_000, 0.001), (1_001, 0.002), (5 * SECOND, 5.0)):
            with self.assertRaises(Refused) as caught:
                rules.check_gen_key(CUP, Entry.PARTICIPATING, None, START - early)
            body = error_response(caught.exception, "api").body
            self.assertIn(f'"wait": {wait}}}'.encode(), body)

    def test_once(self):
        """Who has a key gets no other one, not even after the end."""
        for now in (BEFORE, DURING, AFTER):
            code = refusal(rules.check_gen_key, CUP, Entry.PARTICIPATING, ISSUED, now)
            self.assertEqual(code, "key_exists")

    def test_participants_only(self):
        """Whoever is not in the tournament gets no key."""
        for entry in (Entry.NONE, Entry.REQUESTED, Entry.INVITED):
            code = refusal(rules.check_gen_key, CUP, entry, None, DURING)
            self.assertEqual(code, "not_participating")

    def test_why_there_is_none(self):
        """Without a key the answer depends on whether there can still be one."""
        codes = [rules.missing_key_error(CUP, now).code for now in (BEFORE, DURING, AFTER)]
        self.assertEqual(codes, ["not_generated_yet", "not_generated", "never_generated"])


class UploadTest(unittest.TestCase):
    def code(self, now=DURING, issued=ISSUED, tournament=CUP, **changes):
        submission = GAME._replace(**changes)
        late = refusal(rules.check_key_in_time, tournament, issued, now)
        return late or refusal(rules.check_submission, MODE, submission)

    def test_window(self):
        """An upload counts up to but not including the end."""
        self.assertIsNone(self.code(END - 1))
        self.assertEqual(self.code(END), "tournament_over")

    def test_personal_limit(self):
        """It counts up to but not including the expiry of the key."""
        issued = replace(ISSUED, expiry=START + 60 * SECOND)
        self.assertIsNone(self.code(START + 60 * SECOND - 1, issued))
        self.assertEqual(self.code(START + 60 * SECOND, issued), "mode_constraint_violated")

    def test_what_does_not_count(self):
        """A game that violates its own rules, and one of a category that is not asked for."""
        for changes in ({"violation": "the game was not won"}, {"category": "expert"}):
            self.assertEqual(self.code(**changes), "mode_constraint_violated", changes)

    def test_the_end_comes_first(self):
        """After the end the answer is the same whatever the game is."""
        self.assertEqual(self.code(END, violation="the game was not won"), "tournament_over")


class BestTest(unittest.TestCase):
    def is_best(self, value, *values, mode=MODE):
        return rules.is_best(mode, value, Earlier(ISSUED, None, len(values), values=values))

    def test_smaller(self):
        """Where the smaller is the better, only what is smaller than all is the best."""
        cases = ((5,), (4, 5), (5, 5), (6, 5), (4, 5, 3))
        self.assertEqual([self.is_best(*case) for case in cases], [True, True, False, False, False])

    def test_larger(self):
        """The other way round it is what is larger than all."""
        mode = Levels("7")
        cases = ((0,), (6, 5), (5, 5), (4, 5), (6, 5, 7))
        found = [self.is_best(*case, mode=mode) for case in cases]
        self.assertEqual(found, [True, True, False, False, False])

    def test_removed_game(self):
        """A game that the host has removed is not new, whoever hands it in."""
        key, removed = ISSUED.key, Earlier(ISSUED, None, 0, is_removed=True)
        self.assertEqual(refusal(rules.is_new, key, removed), "invalid_data")
        self.assertTrue(rules.is_new(key, removed._replace(is_removed=False)))


class HostTest(unittest.TestCase):
    def test_host_only(self):
        """Only the host of a tournament hosts it."""
        self.assertIsNone(refusal(rules.check_host, CUP, 9))
        self.assertEqual(refusal(rules.check_host, CUP, 8), "not_host")

    def test_stop(self):
        """What has not ended can be ended."""
        codes = [refusal(rules.check_stop, CUP, now) for now in (BEFORE, DURING, AFTER)]
        self.assertEqual(codes, [None, None, "tournament_over"])

    def test_hidden_results(self):
        """Hidden results are for the host alone, until the end."""
        hidden = replace(CUP, hide_results=True)
        seen = rules.check_results_visible
        self.assertEqual(refusal(seen, hidden, 8, END - 1), "results_hidden")
        self.assertEqual(refusal(seen, hidden, None, END - 1), "results_hidden")
        self.assertIsNone(refusal(seen, hidden, 9, END - 1))
        self.assertIsNone(refusal(seen, hidden, None, END))
        self.assertIsNone(refusal(seen, CUP, None, END - 1))
