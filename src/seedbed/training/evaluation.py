"""What a group's networks answer on the parts of their data: metrics, confusion, predictions and mistakes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from seedbed.analysis.findings import output_spread
from seedbed.data.base import Samples
from seedbed.engines.base import Engine
from seedbed.metrics import compute as metrics
from seedbed.metrics.names import PARTS, SLOW, bare_name
from seedbed.nn.losses import LOSSES
from seedbed.training.group import Group

PICTURE_SAMPLES = 1000  # predictions stored of one run and part, enough for any picture
FEWEST_IN_CURVE = 1000  # training samples behind a point of a training curve, where there are as many
SIDES = ("channels", "height", "width")
MOST_MISTAKES = 24  # stored of one variant with their images
# Numbers that networks are asked for in one go, and of those the ones that metrics are computed of at once, which takes
# several float64 a number. A run is never cut: some metrics need all of its answers.
ASKED = 2**24
JUDGED = 2**20


class Evaluator:
    """Applies the networks of an engine to parts of the data; `rows` are the group's runs that the engine holds."""

    def __init__(self, group: Group, followed: Collection[str] = ()) -> None:
        self._group = group
        # What takes long is computed during training only where it is followed (in full, such as "val.auc").
        self._unfollowed = tuple(name for name in SLOW if not any(bare_name(one) == name for one in followed))
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

    def metrics(
        self, engine: Engine, rows: np.ndarray, part: str, final: bool = True
    ) -> dict[str, np.ndarray]:
        """Metrics on a part by full name such as "val.mse", each (runs,); unless `final` those to be followed."""
        return self._metrics(engine, rows, part, self._indices[part], () if final else self._unfollowed)

    def training_metrics(self, engine: Engine, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Metrics for a training curve, on a random draw of `curve_samples` of the training part."""
        return self._metrics(engine, rows, "train", self._curve, self._unfollowed)

    def _metrics(
        self,
        engine: Engine,
        rows: np.ndarray,
        part: str,
        indices: np.ndarray | None,
        without: Collection[str],
    ) -> dict[str, np.ndarray]:
        values: dict[str, np.ndarray] = {}
        loss, weights = LOSSES[self._group.loss], self._group.data.class_weights
        for places, outputs, targets in self._answered(engine, rows, indices):
            own = None if weights is None else weights[rows[places]]
            found = metrics.compute(loss, outputs, targets, self._classes, own, without)
            for name, value in found.items():
                values.setdefault(f"{part}.{name}", np.empty(len(rows)))[places] = value
        return values

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
        count = len(self._classes)
        confusion, mistakes = np.empty((len(rows), count, count), np.int64), {}
        for places, outputs, targets in self._answered(engine, rows, self._indices[part]):
            confusion[places] = metrics.confusion(outputs, targets, count)
            for place, logits, labels in zip(places, outputs, targets, strict=True):
                if self._shows_mistakes(rows[place]) and np.isfinite(logits).all():
                    labels = labels.reshape(-1).astype(np.int64)
                    mistakes[place] = self._mistake_columns(part, rows[place], logits, labels)
        tables = [mistakes[place] for place in sorted(mistakes) if len(mistakes[place]["sample"])]
        return confusion, joined(tables) if tables else None

    def _shows_mistakes(self, row: int) -> bool:
        """Whether a run's surest mistakes are kept: those of images, under the first seed, are enough to look at."""
        shape = self._group.samples.inputs.shape[1:]
        return len(shape) == 3 and shape[0] in (1, 3) and self._group.runs[row].seed == 0

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

    def output_spread(self, engine: Engine, rows: np.ndarray) -> np.ndarray:
        """How much the outputs of each run vary over a random draw of the training part, (runs,)."""
        spread = np.empty(len(rows))
        for places, outputs, _ in self._answered(engine, rows, self._thinned("train")):
            spread[places] = output_spread(outputs)
        return spread

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
        indices = self._thinned(part)[rows]
        outputs, targets = engine.predict(indices)[:, :, 0], self.targets(rows, indices)[:, :, 0]
        m = indices.shape[1]
        inputs = group.data.inputs
        if inputs.ndim == 3 and inputs.shape[2] == 1:
            x = inputs[group.data.dataset[rows][:, None], indices][:, :, 0]
        else:
            x = np.full(indices.shape, np.nan, np.float32)
        return {
            "variant": np.repeat(np.array([group.runs[row].variant for row in rows], dtype=object), m),
            "seed": np.repeat([group.runs[row].seed for row in rows], m),
            "part": np.full(m * len(rows), part, dtype=object),  # objects: one text, however many rows
            "sample": indices.ravel(),
            "x": x.ravel(),
            "target": targets.ravel(),
            "output": outputs.ravel(),
        }

    def _thinned(self, part: str) -> np.ndarray:
        """At most PICTURE_SAMPLES of a part: evenly spread over a grid, a random draw of any other part."""
        if part != "grid":
            return self._group.subset(part, PICTURE_SAMPLES)
        indices = self._indices[part]
        assert indices is not None
        m = indices.shape[1]
        kept = np.linspace(0, m - 1, min(m, PICTURE_SAMPLES)).round().astype(int)
        return indices[:, kept]

    def _answered(
        self, engine: Engine, rows: np.ndarray, indices: np.ndarray | None
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Runs by place in `rows`, their outputs and targets: a few runs at a time, see `ASKED`.

        Every piece has runs of all the parts that an engine may train side by side.
        """
        assert indices is not None
        numbers = max(1, indices.shape[1] * self._group.network.outputs)  # of a run
        places = np.arange(len(rows))
        pieces = -(-len(rows) * numbers // ASKED)
        at_once = max(1, JUDGED // numbers)
        for first in range(pieces):
            asked = places[first::pieces]
            own = np.ascontiguousarray(indices[rows[asked]])
            outputs = engine.predict(own, asked if pieces > 1 else None)
            for start in range(0, len(asked), at_once):
                some = slice(start, start + at_once)
                yield asked[some], outputs[some], self.targets(rows[asked[some]], own[some])


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
