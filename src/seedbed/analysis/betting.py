"""Evidence that holds however often one has looked: an e-value of paired gains, by betting on their signs.

If nothing distinguishes the two members of a pair, every gain is as likely to have the other sign, whatever its size.
Whoever bets a share of a stake on each sign in turn, more where the gain is large, then has a stake that stays the same
on average; so the chance that it ever comes to c times what it was is at most 1 / c (Ville 1939).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator

import numpy as np

from seedbed.analysis.flips import CLIP

SHARES = (
    np.arange(1, 20) / 20
)  # of the stake that is bet on the largest gain; the stake is split equally among them


def e_value(gains: np.ndarray) -> float:
    """What a stake of 1 has become that was bet on gains being positive, one after the other; 1 where there are none.

    It may be looked at after every gain: under a null of gains that are symmetric about 0 it comes to 1 / alpha at any
    time with a chance of at most alpha. A gain counts by its size, cut at 1.5 times the median size of those so far.

    Parameters
    ----------
    gains
        (n,), in the order in which they came, infinite where a run failed.

    Source: Vovk and Wang 2024, "Nonparametric e-tests of symmetry"; betting with a mixture of shares as in
    Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting".
    """
    stakes = np.log1p(SHARES[:, None] * _weights(gains)).sum(axis=1)
    return float(np.exp(stakes).mean())


def e_value_of_share(count: int, n: int, share: float) -> float:
    """The evidence that what was seen `count` times in `n` happens in more than such a share; at least 1.

    The likelihood ratio of all larger shares, equally weighted, to this one, which may be looked at after every run.

    Source: the method of mixtures, Robbins 1970.
    """
    from scipy import special

    a, b = count + 1.0, n - count + 1.0
    mixture = special.betaln(a, b) + np.log(special.betainc(b, a, 1 - share)) - np.log1p(-share)
    return float(np.exp(max(0.0, mixture - special.xlogy(count, share) - special.xlog1py(n - count, -share))))


def _weights(gains: np.ndarray) -> np.ndarray:
    """Signs with weights from 0 to 1 that depend on sizes alone: (n,)."""
    sizes = np.abs(gains)
    bounds = CLIP * np.array(list(_medians(sizes)))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(np.isfinite(sizes) & (sizes < bounds), sizes / bounds, 1.0)
    return np.sign(gains) * shares


def _medians(sizes: Iterable[float]) -> Iterator[float]:
    """The median of the first size, of the first two, and so on."""
    ordered: list[float] = []
    for size in sizes:
        insort(ordered, size)
        half = len(ordered) // 2
        yield (ordered[half] + ordered[-half - 1]) / 2
