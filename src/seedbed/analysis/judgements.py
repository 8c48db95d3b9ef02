"""The judgement of a claim, and of the parts that it is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.deciding import UNDECIDED, Evidence
from seedbed.analysis.looks import Look
from seedbed.analysis.new_data import Basis, NewData
from seedbed.analysis.planning import Likely


@dataclass(frozen=True)
class Part:
    """One of the tests that a claim is made of, such as that against one of several opponents.

    Attributes
    ----------
    subject, against
        What is held against what.
    seen
        What the runs show.
    evidence
        One-sided p for and against; None where there are too few pairs.
    settled
        A verdict that needs no test, since the runs are the same; None where that may be by chance, with few seeds.
    same_runs
        Whether the runs are the same.
    new_data
        The same on new data; None where the runs cannot say.
    """

    subject: str
    against: str
    seen: Comparison
    evidence: Evidence
    settled: str | None = None
    same_runs: bool = False
    new_data: PartOnNewData | None = None


@dataclass(frozen=True)
class PartOnNewData:
    """What a test says of new data: on which basis, the interval there, and one-sided p for and against."""

    basis: Basis
    low: float
    high: float
    evidence: tuple[float, float]


@dataclass(frozen=True)
class Judgement:
    """The verdict on one hypothesis.

    Attributes
    ----------
    claim, verdict
        As written; "supported", "refuted" or "undecided".
    form
        Its form, one of `forms.FORMS`.
    value
        The number or numbers that the key of its form holds; None where that names variants or a metric.
    subject, against, metric
        What was held against what: two variants on a metric, or one variant's metric against a number or
        another metric.
    seen
        Subject against `against`: the typical difference or ratio with its interval, which holds for all claims of the
        study at once. For above and below, the median itself. Of several parts, that which decided the verdict.
    p, p_against
        One-sided, of this claim by itself, for it and against it; None under 6 pairs.
    corrected_p
        Two-sided and adjusted for all claims of the study (Holm): under 0.05 the claim is decided.
    same_runs
        Whether the two variants have the same runs: then there is no difference, and nothing is tested.
    margin, factor, within
        By how much the claim says that the subject is ahead, as a difference or as a ratio, or at most apart; None
        where it does not say.
    opponents
        Of how many parts the claim is made.
    claims
        How many claims were corrected together.
    paired
        Whether its study compares runs in pairs.
    is_tested
        Whether its runs are independent, so that they can be tested.
    look
        Of a study that adds seeds until its claims are decided: the look whose verdict it is. p is that of this look,
        and `corrected_p` is None.
    new_data
        The same on new data, with the interval of what decided the claim; None where the runs cannot say.
    likely
        Where undecided: the seeds that are likely to decide, if the effect is the smallest that matters to the study.
    """

    claim: str
    verdict: str
    form: str
    subject: str
    against: str
    metric: str
    seen: Comparison
    p: float | None
    p_against: float | None = None
    corrected_p: float | None = None
    same_runs: bool = False
    margin: float | None = None
    factor: float | None = None
    within: float | None = None
    opponents: int = 1
    claims: int = 1
    value: float | tuple[float, ...] | None = None
    paired: bool = True
    is_tested: bool = True
    look: Look | None = None
    new_data: NewData | None = None
    likely: Likely | None = None

    @property
    def unit(self) -> str:
        """What its runs are counted by."""
        return "seed" if self.paired else "run"

    @property
    def untested(self) -> Judgement:
        """The same of runs that are not independent; that two variants have the same runs needs no test."""
        if self.same_runs:
            return self
        seen = self.seen.untested
        return replace(
            self, verdict=UNDECIDED, seen=seen, p=None, p_against=None, corrected_p=None, is_tested=False
        )
