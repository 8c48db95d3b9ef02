"""What a metric is: one row of the table in `numbers`, `classes` or `names`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Direction = Literal["min", "max"]
Scale = Literal["difference", "ratio"]
ERROR, SHARE = (0.0, np.inf), (0.0, 1.0)  # bounds


@dataclass(frozen=True)
class Metric:
    """One number per run.

    Attributes
    ----------
    direction
        Whether less ("min") or more ("max") is better.
    meaning
        A phrase for the reference.
    compute
        Takes the `Numbers` or `Classes` of one part and gives (runs,) float64, nan where it is not defined; None where
        more or other than that is needed.
    by_sample
        Takes the same and gives (runs, m) float64 whose mean over the samples is the metric, and of which each says how
        its sample moves it (Hampel's influence curve beside the metric itself, exact where that is a mean); None where
        single samples do not say.
    bounds
        The least and the largest value that it can have.
    slow
        Whether it is computed during training only where somebody follows it.
    tested
        Whether variants are compared by it; what is not is only reported.
    scale
        Whether two of its values are compared by their difference or, as errors and losses are, by their ratio.
    """

    direction: Direction
    meaning: str
    compute: Callable[[Any], np.ndarray] | None = None
    bounds: tuple[float, float] = ERROR
    slow: bool = False
    tested: bool = True
    scale: Scale = "difference"
    by_sample: Callable[[Any], np.ndarray] | None = None


def ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """over / under, nan where under is 0."""
    over, under = np.broadcast_arrays(over, under)
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=under != 0)


# Of numbers and of classes; computed by the loss itself.
LOSS = Metric(
    "min", "the training loss, class weights included, without label smoothing and penalties", scale="ratio"
)
