"""What the runs of a stored study let one say of new data: by how their samples came about from seed to seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from seedbed.analysis.comparing import Comparison, Gap, gap_bounds, verdict
from seedbed.analysis.new_data import Basis, NewData, moves_of_one, over_samples, over_splits
from seedbed.analysis.p_values import ALPHA, holm
from seedbed.analysis.pairs import Pairs

if TYPE_CHECKING:
    from seedbed.analysis.claims import Term
    from seedbed.results.stored import Stored


def basis(stored: Stored, terms: Sequence[Term], gap: Gap) -> Basis | None:
    """What gaps that are a weighted sum of columns let one say of new data; None where nothing.

    That is so where the trainable did not say how samples come about, where they come about in two ways or are not the
    same ones, where seeds are crossed, where runs are not paired, and where no gap is typical.
    """
    if stored.levels or not isinstance(gap, Pairs):
        return None
    told = [stored.evaluation(*column) for _, column in terms]
    kinds = {one.get("kind") for one in told}
    if kinds == {"drawn"}:
        return Basis("drawn")
    if not gap.has_typical or len(gap.gaps) < 2:
        return None
    if kinds == {"split"} and len({metric.partition(".")[0] for _, (_, metric) in terms}) == 1:
        largest = max(told, key=lambda one: one["samples"] / one["train"])
        return Basis("split", over_splits(gap.gaps, largest["samples"], largest["train"]))
    if kinds == {"fixed"} and len({one.get("same") for one in told}) == 1:
        return _of_fixed(stored, terms, gap, told[0]["samples"])
    return None


def _of_fixed(stored: Stored, terms: Sequence[Term], pairs: Pairs, samples: int) -> Basis | None:
    """None where metrics are not stored sample by sample for every run."""
    moved = []
    for weight, column in terms:
        by_seed = stored.by_sample(*column)
        values = [by_seed.get(stored.seeds[index]) for index in pairs.at]
        known = [one for one in values if one is not None]
        if len(known) < len(values):
            return None
        moved.append(weight * moves_of_one(np.stack(known), pairs.scale))
    total = np.sum(moved, axis=0)
    drawn = total.shape[1] if total.shape[1] < samples else None
    return Basis("fixed", over_samples(pairs.gaps, total, samples), drawn)


def versus_on_new_data(
    stored: Stored, compared: Mapping[str, tuple[Gap, Comparison]], level: float | None = None
) -> dict[str, NewData]:
    """What comparisons with base, by variant, say of new data, as far as the runs let one say it.

    p is never below that on the data at hand, and adjusted for all comparisons as there (Holm).

    Parameters
    ----------
    level
        Of the interval and test of each by itself, where they are not corrected together.
    """
    metric, others = stored.metric, len(stored.variants) - 1
    direction, ends = stored.direction(metric), gap_bounds(*[stored.bounds(metric)] * 2)
    bases = {
        name: basis(stored, [(1.0, (name, metric)), (-1.0, (stored.base, metric))], gap)
        for name, (gap, _) in compared.items()
    }
    ps = [_p(seen.p, bases[name]) for name, (_, seen) in compared.items()]
    if level is None:
        ps, level = holm(ps), 1 - ALPHA / max(others, 1)
    else:
        ps, others = [None if p is None else min(1.0, p * ALPHA / (1 - level)) for p in ps], 1
    told = {}
    for (name, (_, seen)), p in zip(compared.items(), ps, strict=True):
        if known := bases[name]:
            ends_here = seen.low, seen.high  # where no interval was asked for, there is none on new data
            low, high = ends_here if np.isnan(seen.low) else known.interval(*ends_here, seen.scale, level)
            there, says = replace(seen, low=low, high=high).within(*ends), verdict(seen, p, direction, others)
            told[name] = NewData(known.kind, there.low, there.high, says, known.drawn)
    return told


def _p(p: float | None, known: Basis | None) -> float | None:
    """Two-sided, on new data."""
    if p is None or known is None or known.estimate is None:
        return p
    return max(p, 2 * min(known.estimate.p_above(), known.estimate.p_below()))
