"""What a paired gap says of new data: seeds that split one table, or share one test set, repeat its luck.

More seeds show ever more surely how two recipes compare on the data at hand. How they compare on other data of the same
kind they show only as far as each seed has samples of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from seedbed.analysis.estimate import Estimate
from seedbed.analysis.typical import kept, trimmed
from seedbed.metrics.base import Scale

# Whether every seed has data of its own, splits the same samples anew, or is evaluated on the same ones.
Kind = Literal["drawn", "split", "fixed"]


@dataclass(frozen=True)
class NewData:
    """What a comparison says of new data.

    Attributes
    ----------
    kind
        How the data of its runs come about from seed to seed.
    low, high
        The interval of the typical gap on new data, as that of the comparison, which it is never inside of.
    verdict
        As that of the comparison: the same, or that new data may be otherwise.
    drawn
        From how many samples the spread over samples is known, where that is a draw of all of them.
    """

    kind: Kind
    low: float
    high: float
    verdict: str
    drawn: int | None = None


@dataclass(frozen=True)
class Basis:
    """What paired runs let one say of new data: `estimate`, or None where each seed has data of its own already.

    `kind` and `drawn` as of `NewData`.
    """

    kind: Kind
    estimate: Estimate | None = None
    drawn: int | None = None

    def interval(self, low: float, high: float, scale: Scale, level: float) -> tuple[float, float]:
        """The interval on new data; at least the one from low to high, that of the data at hand."""
        if self.estimate is None:
            return low, high
        ends = self.estimate.interval(level)
        if scale == "ratio":
            ends = float(np.exp(ends[0])), float(np.exp(ends[1]))
        return float(np.fmin(low, ends[0])), float(np.fmax(high, ends[1]))


def over_splits(gaps: np.ndarray, samples: int, train: int) -> Estimate:
    """Of gaps (n,) from random splits of one table: the variance s^2 / n of their mean times 1 + n samples / train.

    Splits overlap, so their gaps are correlated: by samples / (samples + train), about, as if the gap depended on which
    samples it is evaluated on alone. All spread over seeds is taken for that of splits, so it is cautious where initial
    weights carry much of it. With the trimmed mean s^2 is the winsorized variance.

    Source: Nadeau and Bengio 2003, "Inference for the generalization error", section 3; Yuen 1974.

    Parameters
    ----------
    samples, train
        The sizes of the part that the gaps are of, and of the training part.
    """
    estimate, error, freedom = trimmed(gaps)
    return Estimate(estimate, error * float(np.sqrt(1 + len(gaps) * samples / train)), freedom)


def over_samples(gaps: np.ndarray, moves: np.ndarray, samples: int) -> Estimate:
    """Of gaps (n,) on one fixed test part: the variance over seeds plus that over samples, less what both hold.

    Samples stand for any of their kind, seeds likewise; what the networks were trained on is taken as given. A sample's
    part is what it moves the gaps by on average over the seeds that the trimmed mean keeps. Degrees of freedom are
    Satterthwaite's.

    Source: Owen 2007, "The pigeonhole bootstrap", section 2; Cameron, Gelbach and Miller 2011, "Robust inference with
    multiway clustering", equation 2.11; Satterthwaite 1946.

    Parameters
    ----------
    moves
        (n, m): by how much each sample moves each gap, with a mean of 0 over the samples; see `moves`.
    samples
        How many samples the gaps are of; `moves` may hold a draw of them.
    """
    estimate, error, freedom = trimmed(gaps)
    own = moves[kept(gaps)]
    rows, columns = own.shape
    mean = own.mean(axis=0)
    of_seeds, of_samples = error**2, float(np.var(mean, ddof=1)) / samples
    left = float(np.sum((own - mean) ** 2)) / max((rows - 1) * (columns - 1), 1)
    variance = max(of_seeds, of_samples, of_seeds + of_samples - left / (rows * samples))
    spent = of_seeds**2 / freedom + of_samples**2 / (columns - 1)
    return Estimate(estimate, float(np.sqrt(variance)), variance**2 / spent if spent else freedom)


def moves(first: np.ndarray, second: np.ndarray, scale: Scale) -> np.ndarray:
    """By how much each sample moves the gaps between two variants, (n, m), with a mean of 0.

    Parameters
    ----------
    first, second
        (n, m) each: a metric sample by sample, whose mean over samples is the metric.
    scale
        Of the gaps: "difference", or "ratio" of their logarithms.
    """
    return moves_of_one(first, scale) - moves_of_one(second, scale)


def moves_of_one(values: np.ndarray, scale: Scale) -> np.ndarray:
    """By how much each sample moves the runs of one variant, see `moves`."""
    mean = values.mean(axis=1, keepdims=True)
    return (values - mean) / (mean if scale == "ratio" else 1)
