"""What the trained networks of a stored study say about new rows, summed up over seeds."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import array_api_compat.numpy as xp
import numpy as np
import pyarrow as pa
import pyarrow.csv

from seedbed.data.base import DataError
from seedbed.data.table import features_from_table
from seedbed.metrics import probabilities
from seedbed.networks import Networks, choose
from seedbed.nn import models
from seedbed.nn.base import Context
from seedbed.recipe import Recipe
from seedbed.results import Result
from seedbed.trained import Trained

ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class Answer:
    """Predictions, a row for each row asked about.

    Attributes
    ----------
    table
        For numbers "mean" and "spread" (standard deviation over seeds, null for a single one); for classes
        "class", then "probability:CLASS" and "spread:CLASS" of each.
    networks
        Which ones were asked.
    """

    table: pa.Table
    networks: Networks

    @property
    def variant(self) -> str:
        """Which variant predicted."""
        return self.networks.trained.variant

    @property
    def seeds(self) -> tuple[int, ...]:
        """Those of the networks asked."""
        return self.networks.seeds

    @property
    def left_out(self) -> tuple[int, ...]:
        """Those whose networks were not asked, since their runs diverged or were interrupted."""
        return self.networks.left_out

    @property
    def said(self) -> str:
        """Who predicted, in one line."""
        return self.networks.said


def predict(directory: str | Path, path: str | Path, variant: str | None = None) -> Answer:
    """Ask every trained network of one variant about the rows of a table.

    Runs that diverged are left out, and so are interrupted ones where others have finished.

    Parameters
    ----------
    directory
        Of a stored study.
    path
        A table with the columns that the variant was trained on.
    variant
        Its name; where absent, the first of the study's ranking that has trained networks.

    Raises
    ------
    StoreError, TrainedError, DataError
        Where the study has no such variant or no trained networks, or the table does not fit.
    """
    result = Result.open(directory)
    networks = choose(result, variant)
    outputs = apply(networks.trained, _inputs(networks.trained, Path(path)))[networks.rows]
    table = _classes(networks.trained, outputs) if networks.trained.classes else _numbers(outputs[:, :, 0])
    return Answer(table, networks)


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
