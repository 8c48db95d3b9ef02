"""What a handful of seeds can say: intervals, paired differences, p values, and how many seeds would do.

Values are one a seed. A run that diverged stands as the worst infinity (inf for errors, -inf for scores)
and is never dropped; a run that does not exist is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from seedbed.draws import generator
from seedbed.metrics.names import Direction

Scale = Literal["difference", "ratio"]
Alternative = Literal["two-sided", "greater"]

ALPHA = 0.05
FEWEST_PAIRS = 5  # below it even a one-sided exact test cannot reach p < 0.05: 2**-4 = 0.0625
EXACT_UP_TO = 12  # 2**12 = 4,096 sign flips are listed; more seeds are sampled
FLIPS = 100_000
WORD = 12  # signs that are looked up together: a table of 4,096 sums stays in a core's cache
DECADE = 10.0
MOST_SEEDS = 1_000_000
MOST_EFFECT = 10.0  # the fewest pairs find it for certain; far larger ones are too large for scipy's nct


@dataclass(frozen=True)
class Interval:
    """Where the mean of one metric of one variant lies; NaN where too few runs say so.

    Attributes
    ----------
    mean, low, high
        Over the `n` runs that ended, with the 95 % t interval.
    median
        Over all runs, a diverged one counting as worst.
    n
        Runs with a finite value.
    """

    mean: float
    low: float
    high: float
    median: float
    n: int

    def within(self, low: float, high: float) -> Interval:
        """The same, cut where the metric ends: an accuracy above 1 would be nonsense."""
        return replace(self, low=_cut(self.low, low, high), high=_cut(self.high, low, high))


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
        Pairs that say something: both ended, or exactly one diverged.
    side
        1 where the pairs say that a is the larger, -1 where b is, 0 where neither.
    diverged
        Pairs of which exactly one diverged; with any, p is the sign test's.
    both_diverged
        Pairs of which both diverged, which say nothing.
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
        return replace(self, low=_cut(self.low, low, high), high=_cut(self.high, low, high))

    @property
    def note(self) -> str | None:
        """What to add where runs diverged or have no value."""
        rest = ", the estimate the other pairs'" if self.diverged < self.n else ""
        notes = [
            (self.diverged, f"one run diverged and lost: p is the sign test's{rest}"),
            (self.both_diverged, "both runs diverged, which says nothing"),
            (self.undefined, "the metric is undefined"),
        ]
        told = [f"in {pairs} {'pair' if pairs == 1 else 'pairs'} {what}" for pairs, what in notes if pairs]
        return "; ".join(told) or None


def _cut(end: float, low: float, high: float) -> float:
    return float(np.clip(end, low, high))


def gap_bounds(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The least and the largest difference of two metrics, given those of each metric itself."""
    return first[0] - second[1], first[1] - second[0]


def interval(values: Sequence[float] | np.ndarray) -> Interval:
    """Mean with its 95 % t interval, and median, of one value a seed."""
    present = _present(values)
    finite = present[np.isfinite(present)]
    mean, low, high = t_interval(finite)
    return Interval(mean, low, high, float(np.median(present)) if len(present) else np.nan, len(finite))


def t_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """Mean and the two ends of its t interval; NaN ends for one value, NaN throughout for none."""
    n = len(values)
    if n < 2:
        return (float(values[0]) if n else np.nan), np.nan, np.nan
    error = np.std(values, ddof=1) / np.sqrt(n)
    mean, half = float(np.mean(values)), float(_t_quantile(0.5 + level / 2, n - 1) * error)
    return mean, mean - half, mean + half


@lru_cache
def _t_quantile(share: float, freedom: int) -> float:
    from scipy import special  # late, since `check` needs none of it; scipy.stats takes a second to load

    return float(special.stdtrit(freedom, share))


def t_tail(value: float, freedom: int) -> float:
    """The chance that Student's t exceeds a value."""
    from scipy import special

    return float(special.stdtr(freedom, -value))


def sign_test(wins: int, pairs: int, alternative: Literal["two-sided", "greater", "less"]) -> float:
    """p of so many wins in so many pairs where either side is as likely to win: the exact binomial test."""
    from scipy import special

    at_most, at_least = special.bdtr(wins, pairs, 0.5), special.bdtr(pairs - wins, pairs, 0.5)
    both = min(1.0, 2 * min(at_most, at_least))
    return float({"less": at_most, "greater": at_least, "two-sided": both}[alternative])


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
    """a - b, or log a - log b, of every pair that says something; infinite where exactly one run diverged."""
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape:
        raise ValueError(f"pairs need as many values on both sides, not {len(first)} and {len(second)}")
    if scale == "ratio":
        if np.nanmin(np.concatenate([first, second]), initial=np.inf) <= 0:
            raise ValueError("a ratio needs positive values; compare by difference")
        first, second = np.log(first), np.log(second)
    with np.errstate(invalid="ignore"):  # inf - inf: both diverged, which says nothing
        return _present(first - second)


def p_value(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of gaps centred on 0: by sign flips, or by signs alone where any gap is infinite."""
    if np.all(np.isfinite(gaps)):
        return sign_flip(gaps, alternative)
    wins, losses = int(np.sum(gaps > 0)), int(np.sum(gaps < 0))
    return sign_test(wins, wins + losses, alternative)


def sign_flip(gaps: np.ndarray, alternative: Alternative = "two-sided") -> float:
    """p of the sign-flip test of a zero mean, never 0: above 12 values of both signs it is sampled.

    If nothing distinguishes the two members of a pair, every gap is as likely to have the other sign; p is
    the share of sign patterns whose sum is at least as extreme as the one seen (Fisher 1935, section 21).
    """
    if np.all(gaps >= 0) or np.all(gaps <= 0):
        return _of_one_sign(gaps, alternative)
    observed, slack = float(np.sum(gaps)), 1e-12 * float(np.sum(np.abs(gaps)))
    if len(gaps) <= EXACT_UP_TO:
        return float(np.mean(_extreme(_all_signs(len(gaps)) @ gaps, observed, slack, alternative)))
    count = int(np.sum(_extreme(_sampled_sums(gaps), observed, slack, alternative)))
    return (count + 1) / (FLIPS + 1)  # the pattern seen is one of them


def _of_one_sign(gaps: np.ndarray, alternative: Alternative) -> float:
    """p where all gaps point one way: no pattern but their own, and its mirror, is as extreme.

    So it is known without sampling, which could come to no less than 1 / (FLIPS + 1) however many pairs agree.
    """
    if alternative == "greater" and np.any(gaps < 0):
        return 1.0
    mirrors = 2 if alternative == "two-sided" else 1
    p = mirrors * 0.5 ** np.count_nonzero(gaps)
    return float(np.clip(p, np.finfo(float).tiny, 1.0))


def _sampled_sums(gaps: np.ndarray) -> np.ndarray:
    """The sums of FLIPS random sign patterns of the gaps, (FLIPS,): looked up, so many gaps at a time."""
    sums = np.zeros(FLIPS)
    for start, patterns in zip(range(0, len(gaps), WORD), _sampled_signs(len(gaps)), strict=True):
        word = gaps[start : start + WORD]
        # "clip" spares a check of bounds that takes twice as long as the rest
        sums += np.take(_all_signs(WORD)[:, : len(word)] @ word, patterns, mode="clip")
    return sums


@lru_cache(maxsize=4)
def _sampled_signs(n: int) -> np.ndarray:
    """FLIPS random sign patterns of n values, (words, FLIPS) uint16: a word is a row of `_all_signs(WORD)`.

    Bit i of a word stands for value i, as there: 1 where the sign is flipped.
    """
    random = generator(0, 0, "statistics")
    words = np.zeros((-(-n // WORD), FLIPS), dtype=np.uint16)
    for part in range(0, FLIPS, FLIPS // 10):  # in parts, which bounds the memory
        keeps = random.integers(0, 2, (FLIPS // 10, n), dtype=np.int8).astype(bool)
        for value in range(n):
            flips = ~keeps[:, value]
            words[value // WORD, part : part + len(flips)] |= flips.astype(np.uint16) << value % WORD
    return words


def _extreme(sums: np.ndarray, observed: float, slack: float, alternative: Alternative) -> np.ndarray:
    if alternative == "greater":
        return sums >= observed - slack
    return np.abs(sums) >= abs(observed) - slack


@lru_cache
def _all_signs(n: int) -> np.ndarray:
    return 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """p values adjusted for being several (Holm 1979), in their order; None stays None and does not count."""
    known = sorted((p, place) for place, p in enumerate(ps) if p is not None)
    adjusted: list[float | None] = [None] * len(ps)
    largest = 0.0
    for rank, (p, place) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[place] = largest
    return adjusted


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


def fewest_pairs(comparisons: int = 1) -> int:
    """Pairs with which all of so many comparisons can come under 0.05 at once, after Holm's adjustment."""
    return max(FEWEST_PAIRS, math.floor(math.log2(2 * comparisons / ALPHA)) + 1)


def seeds_to_decide(effect: float, power: float = 0.8) -> int | None:
    """Seeds with which a paired t test at 5 % finds an effect with the given power.

    Parameters
    ----------
    effect
        Mean of the paired differences over their standard deviation.

    Returns
    -------
    None where there is no effect, or one so small that a million seeds would not do.
    """
    if not np.isfinite(effect):
        return FEWEST_PAIRS if np.isinf(effect) else None
    from scipy import special

    effect = min(abs(effect), MOST_EFFECT)

    def decides(n: int) -> bool:
        threshold = _t_quantile(1 - ALPHA / 2, n - 1)
        return bool(special.nctdtr(n - 1, effect * np.sqrt(n), threshold) <= 1 - power)

    # the normal approximation asks for slightly too few, so the search starts there
    rough = ((special.ndtri(1 - ALPHA / 2) + special.ndtri(power)) / max(effect, 1e-9)) ** 2
    if rough > MOST_SEEDS:
        return None
    n = max(FEWEST_PAIRS, int(rough))
    while not decides(n):
        n += 1
    return n


def _present(values: Sequence[float] | np.ndarray) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    return array[~np.isnan(array)]
