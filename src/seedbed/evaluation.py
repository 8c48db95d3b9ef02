"""What a group's networks answer on the parts of their data: metrics, confusion and predictions for pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedbed import metrics
from seedbed.engines.base import Engine
from seedbed.group import Group

PARTS = ("train", "val", "test", "grid")
PICTURE_SAMPLES = 1000  # predictions stored of one run and part, enough for any picture


class Evaluator:
    """Applies the networks of an engine to parts of the data; `rows` are the group's runs that the engine holds."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._classes = group.samples.classes
        self._indices = {part: group.part(part) for part in PARTS}

    def sizes(self) -> dict[str, int]:
        """Samples of each part that there is."""
        return {part: indices.shape[1] for part, indices in self._indices.items() if indices is not None}

    def targets(self, rows: np.ndarray, indices: np.ndarray) -> np.ndarray:
        """Targets of samples (runs, m) of the named runs."""
        data = self._group.data
        return data.targets[data.dataset[rows][:, None], indices]

    def metrics(
        self, engine: Engine, rows: np.ndarray, part: str, limit: int | None = None
    ) -> dict[str, np.ndarray]:
        """Metrics on a part (on its first `limit` samples) by full name such as "val.mse", each (runs,)."""
        outputs, targets = self._apply(engine, rows, part, limit)
        values = metrics.compute(self._group.loss, outputs, targets, self._classes)
        return {f"{part}.{name}": value for name, value in values.items()}

    def confusion(self, engine: Engine, rows: np.ndarray) -> np.ndarray | None:
        """Confusion matrices (runs, classes, classes) of the test part, else of validation; None for numbers."""
        part = next((part for part in ("test", "val") if part in self.sizes()), None)
        if not self._classes or part is None:
            return None
        outputs, targets = self._apply(engine, rows, part, None)
        return metrics.confusion(outputs, targets, len(self._classes))

    def outputs(self, engine: Engine, rows: np.ndarray) -> np.ndarray:
        """Outputs (runs, m, outputs) for the first samples of the training part."""
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
        return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}

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
        """At most PICTURE_SAMPLES of a part: evenly spread over a grid, the first ones of any other part."""
        indices = self._indices[part][rows]  # type: ignore[index]
        m = indices.shape[1]
        count = min(m, PICTURE_SAMPLES)
        kept = np.linspace(0, m - 1, count).round().astype(int) if part == "grid" else np.arange(count)
        return np.ascontiguousarray(indices[:, kept])

    def _apply(
        self, engine: Engine, rows: np.ndarray, part: str, limit: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        indices = np.ascontiguousarray(self._indices[part][rows, :limit])  # type: ignore[index]
        return engine.predict(indices), self.targets(rows, indices)
