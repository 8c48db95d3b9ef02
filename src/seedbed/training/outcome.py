"""What a trained group leaves: a record of every run, curves, predictions, final parameters and evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seedbed.analysis.evidence import Evidence
from seedbed.engines.base import Engine
from seedbed.study.trainable import FinishedRun
from seedbed.training import artefacts
from seedbed.training.curves import Curves
from seedbed.training.endings import Endings
from seedbed.training.evaluation import Evaluator, output_spread
from seedbed.training.gradients import gradients_of
from seedbed.training.group import Group
from seedbed.training.units import layers_of


@dataclass(frozen=True)
class Outcome:
    """A trained group: records, columns of tables, final parameters (runs, P) and state (runs, S).

    The column "confusion" of a record is (classes * classes,), row by row, or None.
    """

    records: list[FinishedRun]
    curves: dict[str, np.ndarray]
    predictions: dict[str, np.ndarray] | None
    mistakes: dict[str, np.ndarray] | None
    samples: dict[str, np.ndarray] | None
    params: np.ndarray
    state: np.ndarray
    evidence: list[Evidence]


def evaluate_final(
    group: Group,
    engine: Engine,
    evaluator: Evaluator,
    curves: Curves,
    endings: Endings,
    seconds: np.ndarray,
    kept: artefacts.Kept,
) -> Outcome:
    """Evaluate the final parameters of a trained group on all parts.

    Parameters
    ----------
    engine
        Holds the final parameters of all runs.
    seconds
        (runs,): what each took.
    kept
        See `loop.train`.
    """
    runs, records = np.arange(len(group.runs)), endings.records(seconds)
    values: dict[str, np.ndarray] = {}
    for part in group.part_sizes:
        values |= evaluator.metrics(engine, runs, part)
    confusion, mistakes = artefacts.confusion_and_mistakes(group, engine)
    _complete(records, values, confusion)
    return Outcome(
        records,
        curves.columns,
        artefacts.predictions(group, engine),
        mistakes,
        artefacts.by_sample(group, engine, kept),
        endings.final["params"],
        endings.final["state"],
        _evidence(group, records, endings, curves, output_spread(group, engine)),
    )


def _complete(
    records: list[FinishedRun], values: dict[str, np.ndarray], confusion: np.ndarray | None
) -> None:
    """Add metrics and confusion to the records; a run whose outputs are not finite on some part has diverged."""
    losses = [value for name, value in values.items() if name.endswith(".loss")]
    finite = np.logical_and.reduce([np.isfinite(loss) for loss in losses])
    for run, record in enumerate(records):
        record.columns["confusion"] = None
        if record.status != "diverged" and not finite[run]:
            record.status, record.stop_reason = "diverged", "outputs not finite"
        if record.status == "diverged":
            record.metrics = dict.fromkeys(values, np.nan)
            continue
        record.metrics = {name: float(value[run]) for name, value in values.items()}
        if confusion is not None:
            record.columns["confusion"] = confusion[run].ravel()


def _evidence(
    group: Group, records: list[FinishedRun], endings: Endings, curves: Curves, spread: np.ndarray
) -> list[Evidence]:
    """What findings are made of, one per run."""
    moved = endings.moved()
    layers = layers_of(group, **endings.final)
    gradients = gradients_of(group, endings.initial, **endings.final)
    evidence = []
    for index, (run, record) in enumerate(zip(group.runs, records, strict=True)):
        train_loss, *val_loss = curves.losses.of(index)
        evidence.append(
            Evidence(
                record.variant,
                record.seed,
                record.status,
                record.stop_reason,
                bool(moved[index]),
                train_loss,
                val_loss[0] if val_loss else np.empty(0),
                float(spread[index]),
                layers[index].rectified,
                run.recipe.training.keep_best,
                layers[index].saturated,
                gradients[index],
            )
        )
    return evidence
