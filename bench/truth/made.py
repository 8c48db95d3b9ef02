"""Studies made up in memory, which the product judges as it judges stored ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from seedbed.analysis import pairs
from seedbed.analysis.typical import Typical, trimmed
from seedbed.results.result import Result


class Made(Result):
    """A study of numbers that were drawn: all but the reading of its files is the product's.

    Parameters
    ----------
    values
        Variant -> (seeds,), base first; an infinite value is a run that diverged.
    metric, direction
        The study's.
    claims
        Its hypotheses, as in a study file.
    facts
        What else a study's record holds, for example `scale` or `fails_above`.
    """

    def __init__(
        self,
        values: Mapping[str, np.ndarray],
        metric: str = "score",
        direction: str = "max",
        claims: Sequence[Mapping[str, Any]] = (),
        **facts: Any,
    ) -> None:
        self._drawn = {name: np.asarray(drawn, dtype=float) for name, drawn in values.items()}
        self.directory, self.id, self.status = Path("made"), "made", "complete"
        self.environment: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.metric = metric
        seeds = len(next(iter(self._drawn.values())))
        self.study = {
            "study": "made",
            "metric": metric,
            "direction": direction,
            "seeds": seeds,
            "variants": [{"name": name} for name in values],
            "hypotheses": list(claims),
            **facts,
        }
        self._known_values = {}
        self._summaries = {}
        self.__dict__["runs"] = _table(self._drawn, metric, seeds)


def _table(values: Mapping[str, np.ndarray], metric: str, seeds: int) -> Any:
    """One row per run, as the store has them; a diverged run has no metrics."""
    import pyarrow as pa

    drawn = np.concatenate(list(values.values()))
    diverged = np.isinf(drawn)
    return pa.table(
        {
            "variant": np.repeat(list(values), seeds),
            "seed": np.tile(np.arange(seeds), len(values)),
            "status": np.where(diverged, "diverged", "complete"),
            "steps": np.ones(len(drawn)),
            metric: np.where(diverged, np.nan, drawn),
        }
    )


@contextmanager
def verdicts_alone() -> Iterator[None]:
    """Leave out the intervals of gaps, which no verdict depends on and which take thirty times as long as p."""

    def without_ends(gaps: np.ndarray, level: float = 0.95) -> Typical:
        return Typical(trimmed(gaps)[0] if len(gaps) else np.nan, np.nan, np.nan)

    with mock.patch.object(pairs, "typical", without_ends):
        yield
