"""Facts about a study's data before anything is trained: rows, parts, classes, gaps, constant baselines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import numpy as np

from seedbed.data.base import Prepared, Samples
from seedbed.data.repeats import repeats
from seedbed.metrics.names import PARTS
from seedbed.text import first_few

PERCENT = 100


class Facts(TypedDict):
    """What is known of the data of one variant.

    Attributes
    ----------
    rows, features
        How many the source has.
    parts, classes, missing
        The size of each part, the rows of each class, and the rows without a value by column.
    majority
        The most frequent class of the training part under the first seed.
    baseline
        The metrics of a constant prediction, averaged over seeds; see `baseline`.
    repeated
        How many samples of each held-out part are in the training part, too, under the first seed; see `repeats`.
    notes
        Sentences about what looks like a mistake.
    """

    rows: int
    features: int
    parts: dict[str, int]
    classes: dict[str, int]
    missing: dict[str, int]
    majority: NotRequired[str]
    baseline: dict[str, float]
    repeated: dict[str, int]
    notes: list[str]


def describe(runs: Sequence[Prepared]) -> Facts:
    """The facts about the data of one variant, of its data under every seed."""
    first = runs[0]
    samples, classes = first.samples, first.samples.classes
    grid = len(first.parts.get("grid", ()))
    rows = len(samples.targets) - grid
    parts = {name: len(first.parts[name]) for name in PARTS if name in first.parts}
    distinct = list({id(run): run for run in runs}.values())
    each = [baseline(run) for run in distinct]
    names = [name for name in each[0] if all(name in one for one in each)]
    unused = _unused_rows(rows, parts, samples.official_test)
    facts: Facts = {
        "rows": rows,
        "features": int(np.prod(samples.inputs.shape[1:])),
        "parts": parts,
        "classes": dict(zip(classes, _counts(samples.targets, classes).tolist(), strict=True)),
        "missing": _missing(samples),
        "baseline": {name: float(np.mean([one[name] for one in each])) for name in names},
        "repeated": repeats(first),
        "notes": [*unused, *samples.notes, *_absent_classes(distinct)],
    }
    if classes:
        facts["majority"] = classes[int(_counts(samples.targets[first.parts["train"]], classes).argmax())]
    return facts


def baseline(data: Prepared) -> dict[str, float]:
    """Metrics by full name of a constant prediction, made from the training part.

    Of classes: accuracy and balanced accuracy of the most frequent one, and the log loss of their shares. Of numbers:
    errors and r2 of the mean.
    """
    classes, targets = data.samples.classes, data.samples.targets
    train = targets[data.parts["train"]]
    if not classes:
        return _of_the_mean(targets, data.parts)
    shares = _counts(train, classes) / len(train)
    majority, values = int(shares.argmax()), {}
    for part, members in data.parts.items():
        here = _counts(targets[members], classes)
        with np.errstate(divide="ignore", invalid="ignore"):
            surprise = np.where(here > 0, -np.log(shares) * here, 0).sum() / here.sum()
        values[f"{part}.accuracy"] = float(here[majority] / here.sum())
        values[f"{part}.balanced_accuracy"] = float((here[majority] > 0) / (here > 0).sum())
        if here.all():
            values[f"{part}.auc"] = 0.5
        values[f"{part}.log_loss"] = float(surprise)
    return values


def _of_the_mean(targets: np.ndarray, parts: Mapping[str, np.ndarray]) -> dict[str, float]:
    mean, values = targets[parts["train"]].mean(axis=0, dtype=np.float64), {}
    for part, members in parts.items():
        own = targets[members].astype(np.float64)
        error, variance = own - mean, own.var(axis=0)
        mse = (error**2).mean(axis=0)
        values[f"{part}.mse"] = float(mse.mean())
        values[f"{part}.rmse"] = float(mse.mean() ** 0.5)
        values[f"{part}.mae"] = float(np.abs(error).mean())
        if variance.all():
            values[f"{part}.r2"] = float((1 - mse / variance).mean())
    return values


def _counts(targets: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """How many samples there are of each class."""
    return (
        np.bincount(targets.reshape(-1).astype(np.int64), minlength=len(classes)) if classes else np.zeros(0)
    )


def _missing(samples: Samples) -> dict[str, int]:
    """Rows without a value, by column of the table."""
    counts: dict[str, int] = {}
    for i, encoding in enumerate(samples.encodings):
        if encoding.missing:
            column = samples.inputs[:, i]
            gaps = column.sum() if encoding.kind == "missing" else np.isnan(column).sum()
            counts[encoding.column] = max(counts.get(encoding.column, 0), int(gaps))
    return {name: count for name, count in counts.items() if count}


def _unused_rows(rows: int, parts: Mapping[str, int], official_test: int) -> Iterator[str]:
    """A note where the split leaves rows out, perhaps because percentages were read as counts."""
    used = sum(size for name, size in parts.items() if name != "grid")
    if used == rows:
        return
    note = f"the split uses {used:,} of {rows:,} rows"
    if used - official_test == PERCENT:
        note += "; if percentages are meant, write fractions, as in data.split = [0.8, 0.1, 0.1]"
    yield note


def _absent_classes(runs: Sequence[Prepared]) -> Iterator[str]:
    """Notes about parts without a sample of some class, and under how many splits."""
    classes = runs[0].samples.classes
    for part in [part for part in PARTS if classes and part in runs[0].parts]:
        counts = [_counts(run.samples.targets[run.parts[part]], classes) for run in runs]
        lacking = [own for own in counts if not own.all()]
        if lacking:
            absent = first_few(
                repr(name) for name, count in zip(classes, lacking[0], strict=True) if not count
            )
            yield (
                f"the {part} part lacks a class ({absent}) under {len(lacking):,} of {len(runs):,} splits, where its "
                "recall and auc are undefined; set data.stratify = true, or a larger part"
            )
