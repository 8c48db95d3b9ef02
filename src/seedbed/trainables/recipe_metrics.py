"""Which metrics the runs of a recipe have, and what was meant by one that they have not."""

from __future__ import annotations

from collections.abc import Sequence

from seedbed.metrics.names import (
    CLASSIFICATION,
    COSTS,
    OF_A_RUN,
    PARTS,
    RECALL,
    REGRESSION,
    split_epoch,
    valid_metrics,
)
from seedbed.recipe import Recipe
from seedbed.study.problems import Problem
from seedbed.study.suggestions import SLIP, instead_of, nearest


def metric_problem(
    metric: str, recipe: Recipe | None, at_epoch: bool = True, compared: bool = False
) -> Problem | None:
    """Why a run of this recipe has no such metric; None where it has.

    Parameters
    ----------
    recipe
        None where the recipe itself is wrong: then the metrics of all recipes will do.
    at_epoch
        Whether `@EPOCH` may stand after it.
    compared
        Whether variants are to be compared by it.
    """
    if compared and metric in COSTS:
        return Problem(
            "",
            f'"{metric}" is a cost: all runs of a group share one clock, so it is reported for every variant and not '
            "tested; write another metric, such as val.loss or steps",
        )
    if metric in OF_A_RUN:
        return None
    part, _, name = split_epoch(metric)[0].partition(".")
    if recipe and (remedy := _remedy_for_classes(name or part, recipe)):
        message = f'"{metric}" is a metric of classes, and this recipe predicts numbers{remedy}'
        return Problem("", message, remedy)
    unknown = _unknown(metric, recipe, at_epoch)
    return Problem("", unknown) if unknown else None


def _unknown(metric: str, recipe: Recipe | None, at_epoch: bool) -> str | None:
    """Why a metric is not one of a recipe's."""
    tasks = (False, True) if recipe is None else (recipe.is_classification,)
    known = list(dict.fromkeys(name for task in tasks for name in valid_metrics(task)))
    parts = PARTS if recipe is None else recipe.parts
    whole, epoch = split_epoch(metric)
    part, _, name = whole.partition(".")
    if not part or not name:
        return f'"{metric}" is not a metric; write PART.NAME, such as {_probably(metric, parts, known)}'
    if name not in known and not (tasks[-1] and name.startswith(RECALL)):
        of = "" if recipe is None else f" of a recipe that predicts {'classes' if tasks[-1] else 'numbers'}"
        return f'"{metric}" is not a metric{of}; {instead_of(name, known)}'
    if part not in parts:
        return f'"{metric}" is not there: this recipe has the parts {", ".join(parts)}'
    if epoch is not None and not at_epoch and not name.startswith(RECALL):  # a class may be called a@1
        return f'"{metric}": an epoch can be named in a hypothesis only'
    return None


def _probably(metric: str, parts: Sequence[str], known: Sequence[str]) -> str:
    """The full name of the metric that was meant by a bare or misspelt one: accuracy, val_loss."""
    part = next(part for part in ("val", "test", "train") if part in parts)
    bare = nearest(metric, known, SLIP)
    every = [f"{part}.{name}" for part in parts for name in known]
    return f"{part}.{bare}" if bare else nearest(metric, every) or f"{part}.{known[1]}"


def _remedy_for_classes(name: str, recipe: Recipe) -> str | None:
    """What makes a recipe that predicts numbers predict classes, where a bare metric is, or is near, one of theirs."""
    of_numbers = name in REGRESSION or nearest(name, REGRESSION, SLIP)
    of_classes = name.startswith(RECALL) or nearest(name, CLASSIFICATION, SLIP)
    if recipe.is_classification or not recipe.data.gives_classes or of_numbers or not of_classes:
        return None
    if recipe.model.kind == "linear":
        return '; set model.kind = "logistic"'
    return '; set training.loss = "cross_entropy" (or "bce" for two classes)'
