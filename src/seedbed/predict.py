"""What the trained networks of a stored study say about new rows, summed up over seeds."""

from __future__ import annotations

import difflib
import io
import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import array_api_compat.numpy as xp
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from seedbed.data.base import DataError
from seedbed.data.table import features_from_table
from seedbed.files import slug
from seedbed.metrics import direction, probabilities
from seedbed.nn import models
from seedbed.nn.base import Context
from seedbed.progress import counted
from seedbed.recipe import Recipe
from seedbed.store import StoreError
from seedbed.trained import Trained, read_trained

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Answer:
    """Predictions, a row for each row asked about.

    Attributes
    ----------
    table
        For numbers "mean" and "spread" (standard deviation over seeds, null for a single one); for classes
        "class", then "probability:CLASS" and "spread:CLASS" of each.
    variant
        Which one predicted.
    seeds
        Those of the networks asked.
    left_out
        Those whose runs diverged.
    """

    table: pa.Table
    variant: str
    seeds: tuple[int, ...]
    left_out: tuple[int, ...]

    @property
    def said(self) -> str:
        """Who predicted, in one line."""
        text = f"variant {self.variant!r}, {counted(len(self.seeds), 'seed')}"
        return text + (f"; left out {len(self.left_out)} that diverged" if self.left_out else "")


def predict(directory: str | Path, path: str | Path, variant: str | None = None) -> Answer:
    """Ask every network of one variant about the rows of a table.

    Parameters
    ----------
    directory
        Of a stored study.
    path
        A table with the columns that the variant was trained on.
    variant
        Its name; where absent, the best by validation among those with the fewest diverged runs.

    Raises
    ------
    StoreError, TrainedError, DataError
        Where the study has no such variant or no models, or the table does not fit.
    """
    directory = Path(directory)
    runs = _runs(directory)
    if variant is None:
        variant = _best(directory, runs)
    elif variant not in runs["variant"].to_pylist():
        raise StoreError(_no_variant(variant, runs))
    trained = read_trained(directory / "models" / f"{slug(variant)}.safetensors")
    of_variant = runs.filter(pa.compute.equal(runs["variant"], variant))
    statuses = dict(zip(of_variant["seed"].to_pylist(), of_variant["status"].to_pylist(), strict=True))
    sound = np.array([statuses.get(seed) != "diverged" for seed in trained.seeds])
    if not sound.any():
        raise StoreError(f"all runs of variant {variant!r} in {directory} diverged; name another")
    seeds = np.array(trained.seeds)
    outputs = apply(trained, _inputs(trained, Path(path)))[sound]
    table = _classes(trained, outputs) if trained.classes else _numbers(outputs[:, :, 0])
    return Answer(table, variant, tuple(seeds[sound].tolist()), tuple(seeds[~sound].tolist()))


def apply(trained: Trained, inputs: np.ndarray) -> np.ndarray:
    """Outputs (runs, rows, outputs) of all networks for raw inputs (rows, *shape), in evaluation mode."""
    recipe = Recipe.model_validate(trained.recipe)
    network = models.build(
        recipe.model, trained.shape, trained.outputs, recipe.data.powers, recipe.training.augment
    )
    like = np.empty((len(trained.seeds), 0), dtype=np.float32)
    params = network.parameters.flatten(xp, trained.parameters, like)
    state = network.state.flatten(xp, trained.state, like)
    parts = []
    for start in range(0, len(inputs), ROWS_AT_ONCE):
        x = inputs[None, start : start + ROWS_AT_ONCE].astype(np.float32)
        if trained.center is not None and trained.scale is not None:
            x = (x - trained.center[:, None]) * trained.scale[:, None]
        parts.append(network.forward(params, state, x, Context(xp))[0])
    return np.concatenate(parts, axis=1)


def to_csv(table: pa.Table) -> bytes:
    """A table as CSV."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(table, buffer, pyarrow.csv.WriteOptions(quoting_style="needed"))
    return buffer.getvalue()


def _inputs(trained: Trained, path: Path) -> np.ndarray:
    inputs = features_from_table(path, trained.features)
    wanted = prod(trained.shape)
    if inputs.shape[1] != wanted:  # images have no names of columns
        raise DataError(f"{path} has {inputs.shape[1]} columns; the networks take {wanted}, one a pixel")
    return inputs.reshape(-1, *trained.shape)


def _numbers(outputs: np.ndarray) -> pa.Table:
    return pa.table({"mean": outputs.mean(axis=0), "spread": _spread(outputs)})


def _classes(trained: Trained, outputs: np.ndarray) -> pa.Table:
    chances = probabilities(outputs)
    mean, names = chances.mean(axis=0), trained.classes
    columns: dict[str, Any] = {"class": [names[place] for place in mean.argmax(axis=1)]}
    for place, name in enumerate(names):
        columns[f"probability:{name}"] = mean[:, place]
        columns[f"spread:{name}"] = _spread(chances[:, :, place])
    return pa.table(columns)


def _spread(values: np.ndarray) -> Any:
    """Standard deviation over runs, (rows,); nulls for one run, which has none."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else pa.nulls(values.shape[1], pa.float64())


def _runs(directory: Path) -> pa.Table:
    path = directory / "runs.parquet"
    if not path.exists():
        raise StoreError(f"{directory} has no {path.name}: the study ended before a run was stored")
    return pyarrow.parquet.read_table(path)


def _best(directory: Path, runs: pa.Table) -> str:
    """The variant with the fewest diverged runs and, of those, the best mean on validation."""
    metric = _validation_metric(directory, runs)
    sign = 1 if direction(metric) == "min" else -1
    scores: dict[str, list[float]] = {}
    for variant, value in zip(runs["variant"].to_pylist(), runs[metric].to_pylist(), strict=True):
        scores.setdefault(variant, []).append(np.inf if value is None or np.isnan(value) else sign * value)

    def rank(variant: str) -> tuple[float, float]:
        values = np.array(scores[variant])
        sound = values[np.isfinite(values)]
        return len(values) - len(sound), float(sound.mean()) if len(sound) else np.inf

    return min(scores, key=rank)


def _validation_metric(directory: Path, runs: pa.Table) -> str:
    """The study's metric on the validation part, or as it is where nothing was held out for validation."""
    metric = str(json.loads((directory / "resolved.json").read_text())["metric"])
    on_validation = f"val.{metric.split('.', 1)[1]}"
    return on_validation if on_validation in runs.column_names else metric


def _no_variant(name: str, runs: pa.Table) -> str:
    names = runs["variant"].unique().to_pylist()
    close = difflib.get_close_matches(name, names, n=1)
    return f"no variant {name!r}; " + (
        f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(names)}"
    )
