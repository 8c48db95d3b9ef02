"""What a group's networks answer on the parts of their data: metrics, confusion, predictions and mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from seedbed import metrics
from seedbed.data.base import Samples
from seedbed.engines.base import Engine
from seedbed.group import Group
from seedbed.metrics import PARTS

PICTURE_SAMPLES = 1000  # predictions stored of one run and part, enough for any picture
FEWEST_IN_CURVE = 1000  # training samples behind a point of a training curve, where there are as many
SIDES = ("channels", "height", "width")
MOST_MISTAKES = 24  # stored of one variant with their images


class Evaluator:
    """Applies the networks of an engine to parts of the data; `rows` are the group's runs that the engine holds."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._classes = group.samples.classes
        self._indices = {part: group.part(part) for part in PARTS}
        self._curve = group.subset("train", curve_samples(group.part_sizes))

    def sizes(self) -> dict[str, int]:
        """Samples of each part that there is."""
        return {part: indices.shape[1] for part, indices in self._indices.items() if indices is not None}

    def targets(self, rows: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """Targets of samples (runs, m) of the named runs."""
        data = self._group.data
        return data.targets[data.dataset[rows][:, None], indices]

    def metrics(self, engine: Engine, rows: np.ndarray, part: str) -> dict[str, np.ndarray]:
        """Metrics on a part by full name such as "val.mse", each (runs,)."""
        return self._metrics(engine, rows, part, self._indices[part])

    def training_metrics(self, engine: Engine, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Metrics for a training curve, on a random draw of `curve_samples` of the training part."""
        return self._metrics(engine, rows, "train", self._curve)

    def _metrics(
        self, engine: Engine, rows: np.ndarray, part: str, indices: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        outputs, targets = self._apply(engine, rows, indices)
        values = metrics.compute(self._group.loss, outputs, targets, self._classes)
        return {f"{part}.{name}": value for name, value in values.items()}

    def answers(
        self, engine: Engine, rows: np.ndarray
    ) -> tuple[np.ndarray | None, dict[str, np.ndarray] | None]:
        """What is answered on the test part, else on validation; None for numbers.

        Returns
        -------
        Confusion matrices (runs, classes, classes), and the columns of `mistakes.parquet`, None where there are
        no mistakes or the samples are no images.
        """
        part = next((part for part in ("test", "val") if part in self.sizes()), None)
        if not self._classes or part is None:
            return None, None
        outputs, targets = self._apply(engine, rows, self._indices[part])
        confusion = metrics.confusion(outputs, targets, len(self._classes))
        return confusion, self._mistakes(part, rows, outputs, targets)

    def _mistakes(
        self, part: str, rows: np.ndarray, outputs: np.ndarray, targets: np.ndarray
    ) -> dict[str, np.ndarray] | None:
        """The surest mistakes of the runs under the first seed: enough to look at."""
        shape = self._group.samples.inputs.shape[1:]
        if len(shape) != 3 or shape[0] not in (1, 3):
            return None
        labels = targets.reshape(outputs.shape[:2]).astype(np.int64)
        tables = [
            self._mistake_columns(part, row, outputs[place], labels[place])
            for place, row in enumerate(rows)
            if self._group.runs[row].seed == 0 and np.isfinite(outputs[place]).all()
        ]
        tables = [table for table in tables if len(table["sample"])]
        return joined(tables) if tables else None

    def _mistake_columns(
        self, part: str, row: int, outputs: np.ndarray, labels: np.ndarray
    ) -> dict[str, np.ndarray]:
        run, names = self._group.runs[row], np.array(self._classes)
        chances = metrics.probabilities(outputs)
        answers, confidence = chances.argmax(axis=1), chances.max(axis=1)
        surest = np.argsort(-confidence, kind="stable")
        worst = surest[answers[surest] != labels[surest]][:MOST_MISTAKES]
        samples, count = run.prepared.parts[part][worst], len(worst)
        images = _pixels(run.prepared.samples, samples)
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

    def outputs(self, engine: Engine, rows: np.ndarray) -> np.ndarray:
        """Outputs (runs, m, outputs) for a random draw of the training part."""
        return engine.predict(self._thinned("train", rows))

    def predictions(self, engine: Engine, rows: np.ndarray) -> dict[str, Any] | None:
        """Columns of `predictions.parquet` for numbers; None for classes."""
        if self._classes:
            return None
        tables = [
            self._prediction_columns(engine, rows, part) for part in ("grid", "test") if part in self.sizes()
        ]
        if not tables:
            return None
        return joined(tables)

    def _prediction_columns(self, engine: Engine, rows: np.ndarray, part: str) -> dict[str, np.ndarray]:
        group = self._group
        indices = self._thinned(part, rows)
        outputs, targets = engine.predict(indices)[:, :, 0], self.targets(rows, indices)[:, :, 0]
        m = indices.shape[1]
        inputs = group.data.inputs
        if inputs.ndim == 3 and inputs.shape[2] == 1:
            x = inputs[group.data.dataset[rows][:, None], indices][:, :, 0]
        else:
            x = np.full(indices.shape, np.nan, np.float32)
        return {
            "variant": np.repeat([group.runs[row].variant for row in rows], m),
            "seed": np.repeat([group.runs[row].seed for row in rows], m),
            "part": np.repeat([part], m * len(rows)),
            "sample": indices.ravel(),
            "x": x.ravel(),
            "target": targets.ravel(),
            "output": outputs.ravel(),
        }

    def _thinned(self, part: str, rows: np.ndarray) -> np.ndarray:
        """At most PICTURE_SAMPLES of a part: evenly spread over a grid, a random draw of any other part."""
        if part != "grid":
            return self._group.subset(part, PICTURE_SAMPLES)[rows]
        indices = self._indices[part][rows]  # type: ignore[index]
        m = indices.shape[1]
        kept = np.linspace(0, m - 1, min(m, PICTURE_SAMPLES)).round().astype(int)
        return np.ascontiguousarray(indices[:, kept])

    def _apply(
        self, engine: Engine, rows: np.ndarray, indices: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        assert indices is not None
        own = np.ascontiguousarray(indices[rows])
        return engine.predict(own), self.targets(rows, own)


def curve_samples(sizes: Mapping[str, int]) -> int:
    """How many training samples stand behind a point of a training curve, from the sizes of all parts.

    As many as the larger of validation and test have, so that the curve costs no more than theirs; all where there
    is neither.
    """
    others = [sizes[part] for part in ("val", "test") if part in sizes]
    return min(sizes["train"], max(FEWEST_IN_CURVE, *others)) if others else sizes["train"]


def joined(tables: Iterable[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Tables of the same columns one below the other."""
    tables = list(tables)
    return {name: np.concatenate([np.asarray(table[name]) for table in tables]) for name in tables[0]}


def _pixels(samples: Samples, numbers: np.ndarray) -> np.ndarray:
    """Images (m, channels, height, width) as uint8; where they reach beyond [0, 1] their range is squeezed."""
    center, scale = samples.unit
    seen = (samples.inputs[numbers] - np.float32(center)) * np.float32(scale)
    low, high = seen.min(initial=0), seen.max(initial=1)
    return np.rint((seen - low) / (high - low) * 255).astype(np.uint8)
