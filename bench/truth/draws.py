"""Pairs of runs whose typical gap is known: what two variants get under the same seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

Draw = Callable[[np.random.Generator, int, int], np.ndarray]  # (variants, seeds)
TRIM = 0.2
LARGE = 4_000_000  # draws from which the typical gap of skewed gaps is known


@dataclass(frozen=True)
class Kind:
    """What the runs of a study look like where its variants are equally good.

    Attributes
    ----------
    draw
        Given random numbers, variants and seeds, the values; the first variant is the base.
    metric, direction
        What they are values of.
    """

    draw: Draw
    metric: str = "score"
    direction: Literal["min", "max"] = "max"


def _seeds(random: np.random.Generator, variants: int, n: int) -> np.ndarray:
    """What a seed does to all variants alike, and what it does to each: standard normal gaps."""
    return random.normal(size=n) + random.normal(size=(variants, n)) / np.sqrt(2)


def normal(random: np.random.Generator, variants: int, n: int) -> np.ndarray:
    """Normal gaps of standard deviation 1."""
    return _seeds(random, variants, n)


def log_normal(sigma: float, random: np.random.Generator, variants: int, n: int) -> np.ndarray:
    """Errors whose logarithms are normal; sigma is of the runs of a variant, and half of its square is the seed's."""
    return 0.01 * np.exp(sigma * (random.normal(size=n) + random.normal(size=(variants, n))) / np.sqrt(2))


def t2(random: np.random.Generator, variants: int, n: int) -> np.ndarray:
    """Runs with tails so heavy that they have no variance."""
    return random.normal(size=n) + random.standard_t(2, size=(variants, n))


def failing(
    sides: Literal["one", "both"],
    times: float,
    share: float,
    random: np.random.Generator,
    variants: int,
    n: int,
) -> np.ndarray:
    """Log-normal errors, sigma 0.5; a share of the runs fail: of every variant, or of all but the base."""
    values = log_normal(0.5, random, variants, n)
    fails = random.random((variants, n)) < share
    if sides == "one":
        fails[0] = False
    return np.where(fails, values * times, values)


def accuracies(random: np.random.Generator, variants: int, n: int) -> np.ndarray:
    """Shares of 200 test samples, each seed with a difficulty of its own: many gaps are tied."""
    right = np.clip(0.9 + 0.02 * random.normal(size=n), 0, 1)
    return random.binomial(200, right, size=(variants, n)) / 200


def skewed(random: np.random.Generator, variants: int, n: int) -> np.ndarray:
    """Normal runs of the base, exponential ones of the others: gaps are skewed, the typical one is 0."""
    values = random.normal(size=(variants, n))
    values[1:] = random.exponential(2.0, size=(variants - 1, n)) - typical_of_skewed()
    return values


@lru_cache
def typical_of_skewed() -> float:
    """The 20 % trimmed mean of an exponential value (mean 2) less a standard normal one."""
    random = np.random.default_rng(1)
    return trimmed(random.exponential(2.0, LARGE) - random.normal(size=LARGE))


def trimmed(gaps: np.ndarray) -> float:
    """The mean of what lies between the fifth that are least and the fifth that are largest."""
    cut = int(TRIM * len(gaps))
    return float(np.mean(np.partition(gaps, (cut, len(gaps) - cut - 1))[cut : len(gaps) - cut]))
