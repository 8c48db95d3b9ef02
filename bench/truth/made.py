"""Studies made up in memory, which the product judges as it judges stored ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
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
        Variant -> (seeds,), base first; an infinite value is a run that diverged. Variants may have different
        numbers of runs where these are not paired.
    metric, direction
        The study's.
    claims
        Its hypotheses, as in a study file.
    """

    def __init__(
        self,
        values: Mapping[str, np.ndarray],
        metric: str = "score",
        direction: str = "max",
        claims: Sequence[Mapping[str, Any]] = (),
        paired: bool = True,
    ) -> None:
        vars(self).update(deepcopy(vars(_empty())))
        self.metric = metric
        self.study = {
            "study": "made",
            "metric": metric,
            "direction": direction,
            "seeds": max(map(len, values.values())),
            "paired": paired,
            "variants": [{"name": name} for name in values],
            "hypotheses": list(claims),
        }
        vars(self)["runs"] = _table(values, metric)


@lru_cache
def _empty() -> Result:
    """A study of nothing, opened as any other: what a result holds beside what is made up."""
    with TemporaryDirectory() as directory:
        nothing = {
            "study": "none",
            "metric": "score",
            "direction": "min",
            "seeds": 0,
            "variants": [{"name": "base"}],
        }
        Path(directory, "resolved.json").write_text(json.dumps(nothing), encoding="utf-8")
        Path(directory, "journal.jsonl").write_text('{"event": "created"}\n', encoding="utf-8")
        return Result(directory)


def _table(values: Mapping[str, np.ndarray], metric: str) -> Any:
    """One row per run, as the store has them; a diverged run has no metrics."""
    import pyarrow as pa

    drawn = np.concatenate(list(values.values()))
    diverged = np.isinf(drawn)
    return pa.table(
        {
            "variant": np.repeat(list(values), list(map(len, values.values()))),
            "seed": np.concatenate([np.arange(len(own)) for own in values.values()]),
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
