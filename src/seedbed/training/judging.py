"""Judges the final parameters of a trained group: metrics on every part, and the evidence that findings are made of."""

from __future__ import annotations

import numpy as np

from seedbed.analysis.findings import Evidence
from seedbed.engines.base import Engine
from seedbed.training.dead_units import rectified
from seedbed.training.evaluation import Evaluator
from seedbed.training.group import Group
from seedbed.training.outcome import Curves, Outcome, RunRecord


def judge(
    group: Group,
    engine: Engine,
    evaluator: Evaluator,
    records: list[RunRecord],
    curves: Curves,
    moved: np.ndarray,
    final: dict[str, np.ndarray],
    interrupted: bool,
) -> Outcome:
    """What a trained group leaves.

    Parameters
    ----------
    engine
        Holds the final parameters of all runs.
    records
        One a run, in the order of the group; its metrics, and whether its outputs are finite, are added here.
    moved
        (runs,) bool: whether any parameter differs from its initial draw.
    final
        "params" (runs, P) and "state" (runs, S).
    """
    rows = np.arange(len(group.runs))
    values: dict[str, np.ndarray] = {}
    for part in group.part_sizes:
        values |= evaluator.metrics(engine, rows, part)
    confusion, mistakes = evaluator.answers(engine, rows)
    _note(records, values, confusion)
    spread = evaluator.output_spread(engine, rows)
    layers = rectified(group, final["params"], final["state"])
    return Outcome(
        records,
        curves.columns,
        evaluator.predictions(engine, rows),
        mistakes,
        final["params"],
        final["state"],
        [
            Evidence(
                record.variant,
                record.seed,
                record.status,
                record.stop_reason,
                bool(moved[row]),
                *curves.losses(row),
                float(spread[row]),
                layers[row],
                group.runs[row].recipe.training.keep_best,
            )
            for row, record in enumerate(records)
        ],
        interrupted,
    )


def _note(records: list[RunRecord], values: dict[str, np.ndarray], confusion: np.ndarray | None) -> None:
    """Add metrics to the records; one whose outputs are not finite on some part has diverged, and has none."""
    losses = [value for name, value in values.items() if name.endswith(".loss")]
    finite = np.logical_and.reduce([np.isfinite(loss) for loss in losses])
    for row, record in enumerate(records):
        if record.status != "diverged" and not finite[row]:
            record.status, record.stop_reason = "diverged", "outputs not finite"
        if record.status == "diverged":
            record.metrics = dict.fromkeys(values, np.nan)
            continue
        record.metrics = {name: float(value[row]) for name, value in values.items()}
        if confusion is not None:
            record.confusion = confusion[row]
