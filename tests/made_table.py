"""Tables of made-up runs, and the verdict on one claim about them."""

from dataclasses import dataclass, field

import numpy as np

from seedbed.analysis.new_data import Basis
from seedbed.analysis.verdicts import judge as judge_all

inf = float("inf")


@dataclass
class Made:
    """A table of made-up runs: variant and metric -> values."""

    runs: dict
    metric: str = "val.accuracy"
    ways: dict = field(default_factory=dict)
    ends: dict = field(default_factory=dict)
    ratios: tuple = ()
    matters: float | None = None
    beyond: float = inf
    there: Basis | None = None
    paired: bool = True

    def values(self, variant, metric):
        return np.asarray(self.runs[variant, metric], dtype=float)

    def epochs_to(self, variant, metric, level):
        """Given as a metric of its own."""
        return self.values(variant, f"epochs to {metric} {level:g}")

    def ended(self, variant):
        found = [values for (name, _), values in self.runs.items() if name == variant]
        return np.isfinite(np.array(found, dtype=float)).any(axis=0)

    def same_runs(self, variant, other):
        metrics = {metric for _, metric in self.runs}
        return (
            self.paired
            and self.ended(variant).any()
            and all(np.array_equal(self.values(variant, m), self.values(other, m), True) for m in metrics)
        )

    def direction(self, metric):
        return self.ways.get(metric, "max")

    def new_data(self, terms, pairs):
        return self.there

    def bounds(self, metric):
        return self.ends.get(metric, (-inf, inf))

    def scale(self, metric):
        return "ratio" if metric in self.ratios else "difference"

    def failed(self, variant):
        """Where a value is infinite, or above the bound."""
        own = [self.values(name, metric) for name, metric in self.runs if name == variant]
        return np.any([np.isinf(values) | (values > self.beyond) for values in own], axis=0)


def judge(hypothesis, table):
    """The verdict on one claim."""
    return judge_all([hypothesis], table)[0]


def accuracies(**runs):
    return Made({(name, "val.accuracy"): np.asarray(values) for name, values in runs.items()})
