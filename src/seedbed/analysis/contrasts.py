"""Weighted sums of several sets of runs: what two factors do together, how a curve bends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seedbed.analysis.pairs import Pairs
from seedbed.analysis.runs import Runs, on_scale
from seedbed.analysis.unpaired import Side, Unpaired
from seedbed.metrics.base import Scale


def independent(variants: Sequence[Sequence[tuple[float, Runs]]], scale: Scale) -> Unpaired:
    """The weighted sum of the runs of variants that are not paired, of each of which terms are added up run by run.

    The weight of a variant is that of its first term.
    """
    sides = []
    for (weight, runs), *others in variants:
        if others:
            own = [(1.0, runs), *((of / weight, one) for of, one in others)]
            sides.append(Side.of_gaps(weight, contrast(own, scale)))
        else:
            sides.append(Side.of(weight, runs, scale))
    return Unpaired(scale, tuple(sides))


def contrast(terms: Sequence[tuple[float, Runs]], scale: Scale) -> Pairs:
    """The weighted sum of runs with their weights on a scale, as gaps over seeds in which none of them failed.

    Seeds in which any of them failed count as pairs of which both did: nothing says which side is to blame. Seeds in
    which one of them has no run say nothing.
    """
    runs = [one for _, one in terms]
    told = np.all([one.failed | ~np.isnan(one.values) for one in runs], axis=0)
    failed = np.any([one.failed for one in runs], axis=0)
    ended = np.all([one.ended for one in runs], axis=0)
    kept = told & ~failed
    gaps = np.sum([weight * on_scale(one.values[kept], scale) for weight, one in terms], axis=0)
    finite = np.isfinite(gaps)
    defined = gaps[finite]
    undefined = int(np.sum(ended & ~failed)) - len(defined)
    return Pairs(
        scale, defined, both=int(np.sum(told & failed)), undefined=undefined, at=np.flatnonzero(kept)[finite]
    )
