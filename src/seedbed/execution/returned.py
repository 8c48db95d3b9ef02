"""Holds what a trainable returned to what was asked of it, before any of it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from numbers import Real
from typing import get_args

from seedbed.store.schema import RUN_COLUMNS
from seedbed.study.trainable import Finished, FinishedRun, Shard, Status, TrainableError


def check(finished: Finished, shard: Shard) -> None:
    """Refuse results that are not those of the shard's runs, or that cannot be stored.

    Raises
    ------
    TrainableError
        Naming the first runs that are wrong, and what is.
    """
    asked = Counter((run.variant, run.seed) for run in shard.runs)
    given = Counter((run.variant, run.seed) for run in finished.runs)
    wrong = [f"{_named(*run)} was not asked for, or is there twice" for run in given - asked]
    wrong += [f"{_named(*run)} is missing" for run in asked - given]
    for run in finished.runs:
        wrong += [f"{_named(run.variant, run.seed)}: {problem}" for problem in _problems(run)]
    if wrong:
        more = f"; and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise TrainableError(f"the trainable returned results that cannot be stored: {wrong[0]}{more}")


def _named(variant: str, seed: int) -> str:
    return f'variant "{variant}", seed {seed}'


def _problems(run: FinishedRun) -> Iterator[str]:
    if run.status not in get_args(Status):
        yield f"expected a status among {', '.join(get_args(Status))}, got {run.status!r}"
    for name, value in run.metrics.items():
        if name in RUN_COLUMNS or name in run.columns or name.startswith("setting:"):
            yield f"a metric cannot be called {name!r}, which is a column of every run; use another name"
        elif not isinstance(value, Real) or isinstance(value, bool):
            yield f"expected metric {name!r} to be a number, got {value!r}"
