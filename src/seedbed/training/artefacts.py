"""What a trained group leaves beside its metrics: confusion, mistakes, predictions, single samples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from seedbed.arrays import NUMPY
from seedbed.data.base import Samples
from seedbed.draws import generator
from seedbed.engines.base import Engine, seen
from seedbed.metrics import compute as metrics
from seedbed.metrics.names import PARTS
from seedbed.nn.losses import LOSSES
from seedbed.training.evaluation import PICTURE_SAMPLES, outputs_of, targets_of
from seedbed.training.group import Group

SIDES = ("channels", "height", "width")
MOST_MISTAKES = 24  # stored per variant, with their images
MOST_BY_SAMPLE = 10_000  # samples of which metrics are stored one by one, at most
Kept = Mapping[str, Collection[str]]  # variant: the metrics, in full, that are stored sample by sample


def confusion_and_mistakes(
    group: Group, engine: Engine
) -> tuple[np.ndarray | None, dict[str, np.ndarray] | None]:
    """How classes are predicted on the test part, else on validation.

    Returns
    -------
    Confusion matrices (runs, classes, classes), None without classes, and the columns of `mistakes.parquet`, None
    where there are no mistakes or the samples are not images.
    """
    part = next((part for part in ("test", "val") if part in group.part_sizes), None)
    count = len(group.samples.classes)
    if not count or part is None:
        return None, None
    confusion, mistakes = np.empty((len(group.runs), count, count), np.int64), {}
    for runs, outputs, targets in outputs_of(group, engine, np.arange(len(group.runs)), group.part(part)):
        confusion[runs] = metrics.confusion(outputs, targets, count)
        for run, logits, labels in zip(runs, outputs, targets, strict=True):
            if _shows_mistakes(group, run) and np.isfinite(logits).all():
                mistakes[run] = _mistakes(group, part, run, logits, labels.reshape(-1).astype(np.int64))
    tables = [mistakes[run] for run in sorted(mistakes) if len(mistakes[run]["sample"])]
    return confusion, joined(tables) if tables else None


def _shows_mistakes(group: Group, run: int) -> bool:
    """Whether a run's surest mistakes are kept: those of images, under the first seed, are enough to look at."""
    shape = group.samples.inputs.shape[1:]
    return len(shape) == 3 and shape[0] in (1, 3) and group.runs[run].seed == 0


def _mistakes(
    group: Group, part: str, index: int, outputs: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """The columns of one run."""
    run, names = group.runs[index], np.array(group.samples.classes)
    probabilities = metrics.probabilities(outputs)
    answers, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    surest = np.argsort(-confidence, kind="stable")
    worst = surest[answers[surest] != labels[surest]][:MOST_MISTAKES]
    samples, count = run.prepared.parts[part][worst], len(worst)
    images = pixels(run.prepared.samples, samples)
    return {
        "variant": np.repeat([run.variant], count),
        "seed": np.repeat([run.seed], count),
        "part": np.repeat([part], count),
        "sample": samples,
        "true": names[labels[worst]],
        "answered": names[answers[worst]],
        "confidence": confidence[worst],
        **{name: np.repeat([side], count) for name, side in zip(SIDES, images.shape[1:], strict=True)},
        "image": np.array([image.tobytes() for image in images], dtype=object),
    }


def pixels(samples: Samples, indices: np.ndarray) -> np.ndarray:
    """Images (m, channels, height, width) as uint8; where they reach beyond [0, 1] their range is squeezed."""
    center, scale = (np.full((1, 1), value, np.float32) for value in samples.unit)
    images = np.asarray(seen(NUMPY, samples.inputs[indices][None], center, scale, None))[0]
    low, high = images.min(initial=0), images.max(initial=1)
    return np.rint((images - low) / (high - low) * 255).astype(np.uint8)


def predictions(group: Group, engine: Engine) -> dict[str, np.ndarray] | None:
    """Columns of `predictions.parquet` on the grid and the test part; None for classes and without such parts."""
    parts = [] if group.samples.classes else [part for part in ("grid", "test") if part in group.part_sizes]
    return joined([_predictions(group, engine, part) for part in parts]) if parts else None


def _predictions(group: Group, engine: Engine, part: str) -> dict[str, np.ndarray]:
    indices, data, runs = _thinned(group, part), group.data, np.arange(len(group.runs))
    outputs, targets = engine.predict(indices)[:, :, 0], targets_of(group, runs, indices)[:, :, 0]
    m = indices.shape[1]
    if data.inputs.ndim == 3 and data.inputs.shape[2] == 1:
        x = data.inputs[data.dataset[:, None], indices][:, :, 0]
    else:
        x = np.full(indices.shape, np.nan, np.float32)
    return {
        "variant": np.repeat(np.array([run.variant for run in group.runs], dtype=object), m),
        "seed": np.repeat([run.seed for run in group.runs], m),
        "part": np.full(m * len(runs), part, dtype=object),  # objects: one text, however many rows
        "sample": indices.ravel(),
        "x": x.ravel(),
        "target": targets.ravel(),
        "output": outputs.ravel(),
    }


def _thinned(group: Group, part: str) -> np.ndarray:
    """At most PICTURE_SAMPLES of a part: evenly spread over a grid, a random draw of any other part."""
    if part != "grid":
        return group.subset(part, PICTURE_SAMPLES)
    indices = group.part(part)
    m = indices.shape[1]
    return indices[:, np.linspace(0, m - 1, min(m, PICTURE_SAMPLES)).round().astype(int)]


def by_sample(group: Group, engine: Engine, kept: Kept) -> dict[str, np.ndarray] | None:
    """Columns of `samples.parquet`: metrics sample by sample, a row for each run; None where none is kept."""
    variants = {run.variant for run in group.runs}
    named = {metric for variant, metrics in kept.items() if variant in variants for metric in metrics}
    rows = [row for part in group.part_sizes for row in _by_sample(group, engine, part, named)]
    rows = [row for row in rows if row["metric"] in kept.get(row["variant"], ())]
    return {name: _column([row[name] for row in rows]) for name in rows[0]} if rows else None


def _by_sample(group: Group, engine: Engine, part: str, named: Collection[str]) -> Iterator[dict[str, Any]]:
    """The rows of one part; none of a run that diverged."""
    names = [metric.removeprefix(f"{part}.") for metric in named if metric.startswith(f"{part}.")]
    if not names:
        return
    indices = group.part(part)[:, shared_draw(group, part)]
    loss, classes, weights = LOSSES[group.loss], group.samples.classes, group.class_weights
    for some, outputs, targets in outputs_of(group, engine, np.arange(len(group.runs)), indices):
        own = None if weights is None else weights[some]
        for name, values in metrics.by_sample(loss, outputs, targets, classes, own, names).items():
            for run, each in zip(some, values.astype(np.float32), strict=True):
                if np.isfinite(each).all():
                    one = group.runs[run]
                    yield {
                        "variant": one.variant,
                        "seed": one.seed,
                        "metric": f"{part}.{name}",
                        "values": each,
                    }


def shared_draw(group: Group, part: str) -> np.ndarray:
    """Which samples of a part, by their place in it, are looked at one by one: the same of all runs of a study."""
    size = group.part_sizes[part]
    drawn = generator(group.study_seed, 0, "subset", PARTS.index(part)).permutation(size)
    return np.sort(drawn[:MOST_BY_SAMPLE])


def _column(values: Sequence[Any]) -> np.ndarray:
    """Objects, also where each is an array."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def joined(tables: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Tables of the same columns one below the other."""
    return {name: np.concatenate([np.asarray(table[name]) for table in tables]) for name in tables[0]}
