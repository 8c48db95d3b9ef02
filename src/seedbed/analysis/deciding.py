"""The tests of claims: two one-sided p values each, one for the claim and one against it.

A claim names its direction before the runs, and may fail in either; p is tested at 0.025 on each side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from seedbed.analysis.betting import e_value, e_value_of_share
from seedbed.analysis.comparing import Gap
from seedbed.analysis.flips import flip_p
from seedbed.analysis.intervals import beyond_prediction
from seedbed.analysis.p_values import binomial_tail, sign_test
from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.analysis.unpaired import Unpaired

SUPPORTED, REFUTED, UNDECIDED = "supported", "refuted", "undecided"

Evidence = tuple[float, float] | None  # p for the claim and p against it; None where there are too few pairs

_BETTING: ContextVar[bool] = ContextVar("betting", default=False)


@contextmanager
def at_any_time() -> Iterator[None]:
    """Within it every p is 1 over an e-value, and so valid however often one has looked; see `betting.e_value`."""
    token = _BETTING.set(True)
    try:
        yield
    finally:
        _BETTING.reset(token)


def _above(gains: np.ndarray) -> float:
    """p that typical gains come to this where they lie at 0 or below."""
    return 1 / max(1.0, e_value(gains)) if _BETTING.get() else flip_p(gains, "greater")


def _more(wins: int, losses: int) -> float:
    """p of so many wins where a loss is as likely."""
    if _BETTING.get():
        return _above(np.repeat([1.0, -1.0], [wins, losses]))
    return sign_test(wins, wins + losses, "greater")


def ahead(gap: Gap, sign: int, margin: float = 0.0) -> Evidence:
    """Whether the first is typically ahead of the second by over `margin` or, if too many failed, in most comparisons.

    Parameters
    ----------
    sign
        1 where more is better, -1 where less is.
    margin
        On the scale of the gap: a difference, or the log of a factor.
    """
    if not gap.can_test:
        return None
    if gap.new_data:
        return gap.new_data.ahead(sign, margin)
    if isinstance(gap, Unpaired):
        return gap.ahead(sign, margin)
    if gap.has_typical:
        return of_gains(sign * gap.gaps - margin)
    wins, losses = gap.ahead(sign, margin)
    return _more(wins, losses), _more(losses, wins)


def equivalent(gap: Gap, within: float) -> Evidence:
    """Whether the typical gap is at most `within` either way: two one-sided tests (Schuirmann 1987).

    Where over a fifth of the runs of one failed there is no typical gap, and failures alone can speak against it.
    """
    if not gap.can_test:
        return None
    if gap.new_data:
        return gap.new_data.equivalent(within)
    if isinstance(gap, Unpaired):
        return gap.equivalent(within)
    gaps = gap.gaps
    if not gap.has_typical:
        more, less = max(gap.only_first, gap.only_second), min(gap.only_first, gap.only_second)
        return 1.0, min(1.0, 2 * _more(more, less))
    apart = min(_above(gaps - within), _above(-gaps - within))
    return max(_above(within - gaps), _above(within + gaps)), apart


def inside(gap: Gap, sign: int, low: float, high: float) -> Evidence:
    """Whether the first is ahead of the second by at least `low` and at most `high`; `sign` as of `ahead`."""
    return amid(ahead(gap, sign, low), ahead(gap, sign, high))


def amid(above_low: Evidence, above_high: Evidence) -> Evidence:
    """The evidence on lying between two bounds, given those on lying above each: two one-sided tests.

    Against it speaks what lies outside on either side; it cannot lie on both, so neither p needs a correction beyond
    that of claims that are tested on two sides.
    """
    if above_low is None or above_high is None:
        return None
    return max(above_low[0], above_high[1]), min(above_low[1], above_high[0])


def of_gains(gains: np.ndarray) -> Evidence:
    """Whether typical gains, positive where they speak for the claim, lie above 0."""
    if len(gains) < FEWEST_PAIRS:
        return None
    if not gains.any():  # every pair is equal to the last bit: none is ahead
        return 1.0, 0.5 ** len(gains)
    return _above(gains), _above(-gains)


def of_median(gains: np.ndarray) -> Evidence:
    """Whether the median of gains, infinite where a run failed, lies above 0: the sign test."""
    wins, losses = int(np.sum(gains > 0)), int(np.sum(gains < 0))
    if wins + losses < FEWEST_PAIRS:
        return None
    return _more(wins, losses), _more(losses, wins)


def of_share(count: int, n: int, share: float) -> Evidence:
    """Whether what was seen `count` times in `n` happens in more than such a share: the exact binomial test."""
    if n < FEWEST_PAIRS:
        return None
    if _BETTING.get():
        return 1 / e_value_of_share(count, n, share), 1 / e_value_of_share(n - count, n, 1 - share)
    return binomial_tail(n - count, n, 1 - share), binomial_tail(count, n, share)


def of_prediction(values: np.ndarray, number: float) -> Evidence:
    """Whether normal values (n,) could give a number next: nothing speaks for it, its distance against it.

    There is no such test that is valid at any time.
    """
    if len(values) < FEWEST_PAIRS or _BETTING.get():
        return None
    return 1.0, beyond_prediction(values, number)


def opposite(evidence: Evidence) -> Evidence:
    """The evidence on the claim that the claim does not hold."""
    return evidence and (evidence[1], evidence[0])
