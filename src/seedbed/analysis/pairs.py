"""One set of runs against another, paired by seed: the gap with its interval and p, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from seedbed.analysis.intervals import cut, present, t_interval
from seedbed.analysis.p_values import ALPHA, p_value
from seedbed.analysis.power import FEWEST_PAIRS, fewest_pairs
from seedbed.metrics.names import Direction

Scale = Literal["difference", "ratio"]

DECADE = 10.0
NOTHING: dict[Scale, float] = {"difference": 0.0, "ratio": 1.0}  # the estimate where there is no gap


@dataclass(frozen=True)
class Comparison:
    """One set of runs against another, paired by seed.

    Attributes
    ----------
    scale
        "difference": a - b; "ratio": the geometric mean of a / b.
    estimate, low, high
        From the pairs of which both ended, with the 95 % t interval; NaN where there are too few.
    p
        Two-sided; None under 5 pairs.
    n
        Pairs that count: both ended, or exactly one diverged.
    side
        1 where the pairs say that a is the larger, -1 where b is, 0 where neither.
    diverged
        Pairs of which exactly one diverged; with any, p is the sign test's.
    both_diverged
        Pairs of which both diverged; they do not count.
    undefined
        Pairs of runs that ended, of which one has no such number: r2 of a constant target, say.
    """

    scale: Scale
    estimate: float
    low: float
    high: float
    p: float | None
    n: int
    side: int
    diverged: int = 0
    both_diverged: int = 0
    undefined: int = 0

    def within(self, low: float, high: float) -> Comparison:
        """The same, cut where such a difference ends; a ratio, whose interval is positive anyway, as it is."""
        if self.scale == "ratio":
            return self
        return replace(self, low=cut(self.low, low, high), high=cut(self.high, low, high))

    @property
    def note(self) -> str | None:
        """What to add where runs diverged or have no value."""
        rest = ", the estimate from the other pairs" if self.diverged < self.n else ""
        notes = [
            (self.diverged, f"one run diverged and counts as the worse: p is from the sign test{rest}"),
            (self.both_diverged, "both runs diverged and are not compared"),
            (self.undefined, "the metric is undefined"),
        ]
        told = [f"in {pairs} {'pair' if pairs == 1 else 'pairs'} {what}" for pairs, what in notes if pairs]
        return "; ".join(told) or None


def gap_bounds(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The least and the largest difference of two metrics, given those of each metric itself."""
    return first[0] - second[1], first[1] - second[0]


def scale_for(values: Sequence[float] | np.ndarray, direction: Direction) -> Scale:
    """Positive errors that span more than a decade are compared as ratios, all else as differences."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if direction == "min" and len(finite) and finite.min() > 0 and finite.max() > DECADE * finite.min():
        return "ratio"
    return "difference"


def paired(
    a: Sequence[float] | np.ndarray,
    b: Sequence[float] | np.ndarray,
    scale: Scale = "difference",
    ended: np.ndarray | None = None,
) -> Comparison:
    """Compare two sets of runs, entry i of each being of the same seed.

    Parameters
    ----------
    a, b
        (seeds,) each.
    scale
        For "ratio" all finite values must be positive.
    ended
        (seeds,) bool: where both runs ended without diverging, so that NaN means a value that is not defined.
    """
    both = int(np.sum(np.isinf(a) & np.isinf(b)))
    undefined = 0 if ended is None else int(np.sum(ended & (np.isnan(a) | np.isnan(b))))
    gaps = differences(a, b, scale)
    finite = gaps[np.isfinite(gaps)]
    diverged = len(gaps) - len(finite)
    estimate, low, high = t_interval(finite)
    side = np.sign(np.sum(np.sign(gaps))) if diverged else np.sign(estimate)
    if scale == "ratio":
        estimate, low, high = (float(np.exp(value)) for value in (estimate, low, high))
    enough = len(gaps) >= FEWEST_PAIRS
    p = p_value(gaps) if enough else None
    side = int(np.nan_to_num(side))
    return Comparison(scale, estimate, low, high, p, len(gaps), side, diverged, both, undefined)


def differences(
    a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray, scale: Scale = "difference"
) -> np.ndarray:
    """a - b, or log a - log b, of every pair that counts; infinite where exactly one run diverged."""
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"pairs need as many values on both sides, not {len(first)} and {len(second)}")
    if scale == "ratio":
        if np.nanmin(np.concatenate([first, second]), initial=np.inf) <= 0:
            raise ValueError("a ratio needs positive values; compare by difference")
        first, second = np.log(first), np.log(second)
    with np.errstate(invalid="ignore"):  # inf - inf: both diverged, which does not count
        return present(first - second)


def verdict(comparison: Comparison, p_holm: float | None, direction: Direction, comparisons: int = 1) -> str:
    """What a comparison of a with b says of a.

    "better", "worse", "no evidence" or "not enough seeds"; where no pair says anything, "undefined", "all diverged" or
    "no finished runs".

    Parameters
    ----------
    p_holm
        The comparison's p adjusted for all `comparisons` of the study. Where so few seeds could not have
        brought it under 0.05 whatever they gave, the answer is "not enough seeds".
    """
    if not comparison.n:
        if comparison.undefined:
            return "undefined"
        return "all diverged" if comparison.both_diverged else "no finished runs"
    if p_holm is None or comparison.n < fewest_pairs(comparisons):
        return "not enough seeds"
    if p_holm >= ALPHA or not comparison.side:
        return "no evidence"
    return "better" if (comparison.side > 0) == (direction == "max") else "worse"
