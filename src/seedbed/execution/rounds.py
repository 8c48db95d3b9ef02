"""The rounds of a study that adds seeds until its claims are decided, and the look at its results after each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.analysis.deciding import REFUTED, SUPPORTED, UNDECIDED
from seedbed.analysis.looks import ALPHA_A_SIDE, AT_MOST, GAMMA, Rule
from seedbed.analysis.looks import Tested as Sides
from seedbed.analysis.power import fewest_pairs
from seedbed.execution.progress import Observer
from seedbed.results.result import Result
from seedbed.results.tested import Tested, claims, comparisons
from seedbed.store.writer import Store
from seedbed.study.contents import BASE
from seedbed.study.model import Study
from seedbed.study.problems import Problem, StudyError
from seedbed.study.seeds import wrong_runs
from seedbed.text import counted, duration

IN_WORDS = {SUPPORTED: "better", REFUTED: "worse", UNDECIDED: "no evidence"}  # of a variant against base


@dataclass(frozen=True)
class Until:
    """How far a study goes until its claims are decided.

    Attributes
    ----------
    at_most
        Seeds per variant.
    budget
        Seconds; a round that would probably not end in time is not begun.
    """

    at_most: int = AT_MOST
    budget: float | None = None


class Rounds:
    """What is trained in each round, and what the looks between them decide.

    A study without claims goes on until its comparisons with base are decided.
    """

    def __init__(self, study: Study, until: Until) -> None:
        tests = max(len(study.hypotheses), len(study.variants) - 1)
        if problem := _undecidable(study, until.at_most, len(study.hypotheses) or tests):
            raise StudyError(study.origin, [problem])
        self.study, self.until, self.rule = study, until, Rule.up_to(until.at_most, tests)
        self.number = 1
        self._claims = [UNDECIDED] * len(study.hypotheses)
        self._comparisons = [UNDECIDED] * (len(study.variants) - 1)

    @property
    def plan(self) -> dict[str, Any]:
        """What `resolved.json` says of the rule."""
        return {
            "rule": "Hwang-Shih-DeCani",
            "gamma": GAMMA,
            "alpha_a_side": ALPHA_A_SIDE,
            "looks": list(self.rule.looks),
            "budget": self.until.budget,
        }

    @property
    def beforehand(self) -> list[str]:
        """What to know before it runs: when it is looked at, and which variants cannot get a verdict."""
        first, *_, last = (*self.rule.looks, self.rule.looks[-1])
        looks = (
            f"a look at the verdicts after {first} seeds, and again after every round until all are decided"
        )
        return [line for line in (f"{looks}, at most {last} seeds", self.study.lack) if line]

    @property
    def first(self) -> Study:
        """What the first round trains: all variants."""
        return self.study.only([variant.name for variant in self.study.variants], range(self.rule.looks[0]))

    def seconds_left(self, elapsed: float) -> float | None:
        """Of the budget; None where there is none."""
        return None if self.until.budget is None else self.until.budget - elapsed

    def restore(self, looks: Iterable[Mapping[str, Any]], rounds: int) -> None:
        """Take up the study of another process, given the looks in its journal and how many rounds it planned."""
        self.number = rounds
        for look in looks:
            if look["look"] == rounds - 1:  # that at the last round is taken again, and comes to the same
                self._claims = [claim["decided"] for claim in look["claims"]]
                self._comparisons = [variant["decided"] for variant in look["variants"]]

    def look(
        self, store: Store, observer: Observer, seconds_per_run: float, left: float | None
    ) -> Study | None:
        """Look at the results of the rounds so far, record it, and say what is trained next; None where nothing is.

        Parameters
        ----------
        seconds_per_run
            What the last round took.
        left
            Seconds of the budget; None where there is none.
        """
        result = Result(store.directory)
        of_claims, of_variants = claims(result), comparisons(result)
        told = {
            "claims": self._decided(self._claims, of_claims, "claim"),
            "variants": self._decided(self._comparisons, of_variants, "variant"),
        }
        seeds = self.rule.looks[self.number - 1]
        of_each = {name: len(result.status_of(name)) for name in result.variants}
        if store.happened("look") < self.number:  # else a process that ended before the next round took it
            store.journal({"event": "look", "look": self.number, "seeds": seeds, "of_each": of_each, **told})
        asked, verdicts = (of_claims, self._claims) if self._claims else (of_variants, self._comparisons)
        still = [
            test
            for test, verdict in zip(asked, verdicts, strict=True)
            if verdict == UNDECIDED and not test.stands
        ]
        following = self._following(still)
        reason = self._reason(still, following, seconds_per_run, left)
        decided = (
            f"{len(asked) - len(still)} of {counted(len(asked), 'claim' if self._claims else 'comparison')}"
        )
        text = f"look {self.number} of at most {len(self.rule.looks)}, {seeds} seeds: {decided} decided"
        observer.message(f"{text}; {reason[1]}" if reason else text)
        if reason:
            if not store.happened("rounds_ended"):
                store.journal({"event": "rounds_ended", "reason": reason[0], "message": reason[1]})
            return None
        self.number += 1
        return following

    def _decided(self, verdicts: list[str], tests: list[Tested], key: str) -> list[dict[str, Any]]:
        """Hold every test against its boundary; the verdicts are brought up to date."""
        seeds = self.rule.looks[self.number - 1]
        at_hand = [test.p if test.seeds == seeds else (None, None) for test in tests]
        settled = [test.settled or verdict for test, verdict in zip(tests, verdicts, strict=True)]
        after = self.rule.decided(self.number - 1, settled, at_hand)
        verdicts[:] = [verdict for verdict, _ in after]
        return [
            {
                key: test.name,
                "p": p[0],
                "p_against": p[1],
                "boundary": None if p == (None, None) else boundary,
                "verdict": _told(test, p, verdict, key),
                "decided": verdict,
            }
            for test, p, (verdict, boundary) in zip(tests, at_hand, after, strict=True)
        ]

    def _following(self, still: list[Tested]) -> Study | None:
        """The round that adds seeds to what is undecided and can be tested; None where that is nothing."""
        names = {name for test in still if test.p != (None, None) for name in test.variants}
        if not names or self.number == len(self.rule.looks):
            return None
        seeds = range(*self.rule.looks[self.number - 1 : self.number + 1])
        return self.study.only({BASE, *names}, seeds)

    def _reason(
        self, still: list[Tested], following: Study | None, seconds_per_run: float, left: float | None
    ) -> tuple[str, str] | None:
        """Why there is no further round, in a word and in words; None where there is one."""
        if not still:
            return "decided", "all are decided"
        if self.number == len(self.rule.looks):
            return "at_most", f"{len(still)} undecided at the most seeds; --at-most allows more"
        if following is None:
            return "untestable", "what is undecided cannot be tested"
        needed = seconds_per_run * len(following.variants) * len(following.to_train)
        if left is not None and needed > left:
            spare = f"{duration(max(left, 0.0))} of the budget are left"
            return "budget", f"stopped: the next round would take about {duration(needed)}, and {spare}"
        return None


def _told(test: Tested, p: Sides, verdict: str, key: str) -> str:
    """A verdict as the journal has it."""
    if key == "variant":
        return IN_WORDS.get(verdict, verdict)
    return SUPPORTED if test.stands and verdict == UNDECIDED and p != (None, None) else verdict


def _undecidable(study: Study, at_most: int, tests: int) -> Problem | None:
    """Why nothing of a study could be decided; None where something could."""
    if study.vary_seeds:
        message = "runs with crossed seeds get no verdicts; leave it out with --until decided"
        return Problem("study.vary_seeds", message)
    if not study.hypotheses and len(study.variants) == 1:
        return Problem("", "there is nothing to decide: write a [[hypothesis]], or vary a setting")
    if too_many := wrong_runs(len(study.variants), at_most):
        return Problem("--at-most", too_many)
    if at_most < (fewest := fewest_pairs(tests)):
        what = counted(tests, "claim" if study.hypotheses else "comparison")
        return Problem(
            "", f"{what} cannot be decided with {counted(at_most, 'seed')}; use --at-most {fewest} or more"
        )
    return None
