"""How much of the spread of a variant's runs each source of randomness carries, from runs whose seeds are crossed."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seedbed.analysis.wording import ABSENT
from seedbed.metrics.base import Scale
from seedbed.text import counted

BELOW_ZERO = "*"
TAIL = 0.025  # of an interval, on either side


@dataclass(frozen=True)
class Component:
    """The variance that one source adds.

    Attributes
    ----------
    estimate
        As estimated without bias, which may be below 0 by chance.
    low, high
        Its 95 % interval where effects are normal, cautious for small components and approximate where runs are
        missing; that of an estimate of 0 where it is below. NaN where too few runs say.
    freedom
        The degrees of freedom behind it: for a source, one less than its levels.
    """

    estimate: float
    low: float
    high: float
    freedom: int

    @property
    def variance(self) -> float:
        """The estimate, 0 where it is below."""
        return max(self.estimate, 0.0)


@dataclass(frozen=True)
class Spread:
    """The spread of the runs of a variant, by source.

    Attributes
    ----------
    sources
        What each crossed source carries by itself.
    rest
        What is left: what only some combinations of levels do, and what no seed explains.
    n
        The runs that count.
    """

    sources: Mapping[str, Component]
    rest: Component
    n: int

    @property
    def components(self) -> dict[str, Component]:
        """The sources and "rest"."""
        return {**self.sources, "rest": self.rest}

    @property
    def total(self) -> float:
        """The variance of runs that share nothing: the sum of all components."""
        return sum(component.variance for component in self.components.values())

    def share(self, name: str) -> float:
        """Of a component, of the total; NaN where there is no spread."""
        total = self.total
        return self.components[name].variance / total if total else math.nan


def shares(found: Spread) -> list[str]:
    """The share of each component in words, in order; an estimate below 0 counts as 0 and is marked."""
    return [_share(found.share(name), part) for name, part in found.components.items()]


def _share(share: float, component: Component) -> str:
    if math.isnan(share):
        return ABSENT
    return f"{100 * share:.0f}\u00a0%" + (BELOW_ZERO if component.estimate < 0 else "")


def on_scale(metric: str, scale: Scale) -> str:
    """What the spread is of."""
    return f"log {metric}" if scale == "ratio" else metric


def explained(found: Collection[Spread], in_text: bool = False) -> str:
    """How to read the shares of some variants, drawn or in the text of `shares`."""
    freedom = max(source.freedom for one in found for source in one.sources.values())
    is_below = any(part.estimate < 0 for one in found for part in one.components.values())
    mark = f", marked {BELOW_ZERO}" if in_text else ""
    below = f" An estimate below 0 counts as 0{mark}." if is_below else ""
    return (
        "Shares are of the variance, each source by itself; the rest is what only combinations of seeds do, or no "
        f"seed explains. Runs that failed are left out.{below} With {counted(freedom + 1, 'seed')} of each source "
        "shares are rough."
    )


def spread(
    values: np.ndarray, levels: Mapping[str, np.ndarray], failed: np.ndarray, scale: Scale = "difference"
) -> Spread:
    """Components of variance from runs any two of which share the level of one source at the most.

    Half the mean squared difference of two runs that share nothing is the whole variance, and that of two runs
    with the same level of one source is the whole less what this source carries. That supposes no model: it
    estimates the first-order terms of the decomposition of Hoeffding (1948), and where no run is missing it equals
    the estimators of the analysis of variance (Searle, Casella and McCulloch 1992, Variance Components, section
    4.7). Intervals are those of Williams (1962, Biometrika 49, 278-281) for a source, and of chi-square for the rest.

    Parameters
    ----------
    values
        (seeds,): one metric of one variant.
    levels
        Source -> (seeds,) its level in each run.
    failed
        (seeds,) bool: runs that failed, which are left out, as are those without a finite value.
    scale
        On "ratio" logarithms are taken.
    """
    of_runs = np.asarray(values, dtype=float)
    if scale == "ratio":
        with np.errstate(divide="ignore", invalid="ignore"):
            of_runs = np.log(of_runs)
    counts = np.isfinite(of_runs) & ~np.asarray(failed, dtype=bool)
    of_runs, kept = of_runs[counts], {name: np.asarray(of)[counts] for name, of in levels.items()}
    every = _pairs(of_runs, np.zeros(len(of_runs), dtype=int))
    sharing = {name: _pairs(of_runs, of) for name, of in kept.items()}
    whole = _mean(every - sum(sharing.values()))  # no pair shares two levels
    estimates = {name: whole - _mean(pairs) for name, pairs in sharing.items()}
    rest = _rest(whole - sum(estimates.values()), list(kept.values()))
    sources = {name: _source(estimates[name], rest, kept[name]) for name in kept}
    return Spread(sources, rest, len(of_runs))


def _pairs(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Over the pairs of runs with the same level: the sum of half their squared differences, and how many they are."""
    centred = values - np.median(values) if len(values) else values
    sizes, sums, squares = (np.bincount(levels, of) for of in (None, centred, centred**2))
    return np.array([np.sum(sizes * squares - sums**2) / 2, np.sum(sizes * (sizes - 1)) / 2])


def _mean(pairs: np.ndarray) -> float:
    return float(pairs[0] / pairs[1]) if pairs[1] else math.nan


def _rest(estimate: float, levels: Sequence[np.ndarray]) -> Component:
    """The component that no source explains, with the interval of a mean square."""
    from scipy import special  # late: it takes long to load

    freedom = max(len(levels[0]) - 1 - sum(len(np.unique(of)) - 1 for of in levels), 0)
    low = high = math.nan
    if freedom:
        square = freedom * max(estimate, 0.0)
        low, high = (float(square / special.chdtri(freedom, tail)) for tail in (TAIL, 1 - TAIL))
    return Component(estimate, low, high, freedom)


def _source(estimate: float, rest: Component, levels: np.ndarray) -> Component:
    """The component of a source: its mean square less that of the rest, over the runs per level."""
    from scipy import special

    per_level = np.unique(levels, return_counts=True)[1]
    freedom = max(len(per_level) - 1, 0)
    if not (freedom and rest.freedom) or math.isnan(estimate):
        return Component(estimate, math.nan, math.nan, freedom)
    runs = len(per_level) / np.sum(1 / per_level)  # harmonic: levels may have lost runs
    within = max(rest.estimate, 0.0)
    between = within + runs * max(estimate, 0.0)
    ends = []
    for tail in (TAIL, 1 - TAIL):
        beyond = between - within / float(special.fdtri(rest.freedom, freedom, tail))
        ends.append(max(float(freedom * beyond / (runs * special.chdtri(freedom, tail))), 0.0))
    return Component(estimate, ends[0], ends[1], freedom)
