"""Predictions of the trained networks of a stored study for new rows, summed up over seeds, and their scores."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from math import prod
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import ArrayLike

from seedbed.arrays import NUMPY
from seedbed.data.base import DataError
from seedbed.engines.base import seen
from seedbed.machine import available
from seedbed.metrics import compute as metrics
from seedbed.nn.base import Context
from seedbed.nn.chain import Chain
from seedbed.nn.losses import LOSSES
from seedbed.results.code import code_directory
from seedbed.results.fitting import network_of
from seedbed.results.inputs import NewRows, Rows, new_rows
from seedbed.results.networks import Networks, choose
from seedbed.results.predictions import Predictions, Scores
from seedbed.results.result import Result
from seedbed.store.models import Trained
from seedbed.text import byte_size, counted

NUMBERS_AT_ONCE = 2**25  # activations held while a slice of the rows goes through a network: 128 MB
MOST_ROWS_AT_ONCE = 2**16
ROWS_WRITTEN_AT_ONCE = 2**16
HELD, HELD_TO_SCORE = 6, 14  # float64 for each row and output at the peak, measured
Column: TypeAlias = np.ndarray | pa.Array | list[str]
SMALLEST = np.finfo(np.float64).tiny  # a probability of 0 has no logarithm


def predict(
    directory: str | Path,
    rows: Rows,
    variant: str | None = None,
    targets: ArrayLike | None = None,
    trust: bool = False,
) -> Predictions:
    """Predict from new rows with every trained network of one variant.

    Runs that diverged are left out, and so are interrupted ones where others have finished.

    Parameters
    ----------
    directory
        Of a stored study.
    rows
        A file or folder as `inputs.read` takes it, a data frame, or an array as `inputs.arrays.rows` takes it.
    variant
        Its name; where absent, the first of the study's ranking that has trained networks.
    targets
        The true targets of an array or data frame, to score the predictions. Files have them as a column.
    trust
        Whether the user allows the code that the study names to run; see `study.trust`.

    Raises
    ------
    TrustError
        Where its networks are modules whose code the user has not allowed.
    StoreError, TrainedError, DataError
        Where the study has no such variant or no trained networks, or the rows do not fit.
    """
    result = Result.open(directory)
    networks = choose(result, variant, code_directory(result, trust))
    new = new_rows(rows, targets, networks.trained)
    predictions, scores = _predicted(networks, new)
    table, columns = _beside(new.extra, predictions)
    return Predictions(
        table,
        networks,
        result.study["study"],
        result.id,
        scores,
        new.unscored,
        columns,
        new.outside,
    )


def _predicted(networks: Networks, new: NewRows) -> tuple[dict[str, Column], Scores | None]:
    trained = networks.trained
    _check_room(new, trained)
    scored = np.zeros(0, int) if new.targets is None else np.flatnonzero(~np.isnan(new.targets))
    truth = None if new.targets is None else new.targets[scored]
    sums, seeds = Sums(), {}
    for network in networks.networks():
        outputs = apply(network, new.inputs, networks.code)[0]
        _check_finite(outputs)
        sums.add(metrics.probabilities(outputs) if trained.classes else outputs.astype(np.float64))
        if truth is not None and len(scored):
            seeds[network.seeds[0]] = _score(network, outputs[scored], truth)
    predictions = (_classes if trained.classes else _numbers)(trained, sums)
    if truth is None or not len(scored):
        return predictions, None
    mean = sums.mean[scored]
    together = np.log(np.maximum(mean, SMALLEST)) if trained.classes else mean
    return predictions, Scores(len(scored), _score(trained, together, truth), seeds)


def _check_room(new: NewRows, trained: Trained) -> None:
    """Refuse more rows than there is memory for what is predicted of them."""
    rows, held = len(new.inputs), HELD if new.targets is None else HELD_TO_SCORE
    needed, free = rows * trained.outputs * held * np.dtype(np.float64).itemsize, available()
    if free is not None and needed > free:
        raise DataError(
            f"predictions of {rows:,} rows take {byte_size(needed)}, and {byte_size(free)} of memory are free; divide "
            "the rows among several files, or use a machine with more memory"
        )


def _check_finite(outputs: np.ndarray) -> None:
    """Refuse rows (rows, outputs) without an answer: the class of one that is no number would be the first."""
    bad = ~np.isfinite(outputs).all(axis=1)
    if bad.any():
        raise DataError(
            f"the networks give no finite answer for data row {int(np.argmax(bad)) + 1} "
            f"({counted(int(bad.sum()), 'such row')}); its values are far from those of training, leave such rows out"
        )


def apply(trained: Trained, inputs: np.ndarray, code: Path | None = None) -> np.ndarray:
    """Outputs (runs, rows, outputs) of all networks for raw inputs (rows, *shape), in evaluation mode.

    Parameters
    ----------
    code
        See `fitting.network_of`.
    """
    return np.concatenate(list(_in_slices(trained, inputs, code)), axis=1)


def _in_slices(trained: Trained, inputs: np.ndarray, code: Path | None) -> Iterator[np.ndarray]:
    """The outputs of some rows at a time, so that memory does not grow with the number of rows."""
    network = network_of(trained, code)
    like = np.empty((len(trained.seeds), 0), dtype=np.float32)
    params = network.parameters.flatten(NUMPY, trained.parameters, like)
    state = network.state.flatten(NUMPY, trained.state, like)
    width = len(trained.seeds) * (prod(trained.shape) + Chain(network.layers).numbers(trained.shape))
    at_once = min(max(NUMBERS_AT_ONCE // width, 1), MOST_ROWS_AT_ONCE)
    for start in range(0, len(inputs), at_once):
        rows = inputs[None, start : start + at_once].astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused by who asked
            x = seen(NUMPY, rows, trained.center, trained.scale, trained.fill)
            outputs = network.forward(params, state, x, Context(NUMPY))[0]
        yield np.asarray(outputs)


def to_csv(table: pa.Table) -> Iterator[bytes]:
    """A table as CSV, piece by piece: as text it takes more memory than as numbers."""
    for start in range(0, max(len(table), 1), ROWS_WRITTEN_AT_ONCE):
        buffer = io.BytesIO()
        options = pyarrow.csv.WriteOptions(include_header=start == 0, quoting_style="needed")
        pyarrow.csv.write_csv(table.slice(start, ROWS_WRITTEN_AT_ONCE), buffer, options)
        yield buffer.getvalue()


# --- over seeds ---------------------------------------------------------------------------------------------


class Sums:
    """Mean and standard deviation over seeds of (rows, k) numbers that arrive seed by seed (Welford 1962)."""

    def __init__(self) -> None:
        self.count, self.mean, self._squares = 0, np.zeros(()), np.zeros(())

    def add(self, values: np.ndarray) -> None:
        """Take in the outputs of one more network."""
        self.count += 1
        gap = values - self.mean
        self.mean = self.mean + gap / self.count
        self._squares = self._squares + gap * (values - self.mean)

    def spread(self, column: int) -> np.ndarray | pa.Array:
        """Standard deviation of a column, (rows,); nulls for a single network."""
        if self.count == 1:
            return pa.nulls(len(self.mean), pa.float64())
        return np.sqrt(self._squares[:, column] / (self.count - 1))


def _numbers(trained: Trained, sums: Sums) -> dict[str, Column]:
    return {"mean": sums.mean[:, 0], "spread": sums.spread(0)}


def _classes(trained: Trained, sums: Sums) -> dict[str, Column]:
    names = trained.classes
    columns: dict[str, Column] = {"class": [names[index] for index in sums.mean.argmax(axis=1)]}
    for index, name in enumerate(names):
        columns[f"probability:{name}"] = sums.mean[:, index]
        columns[f"spread:{name}"] = sums.spread(index)
    return columns


def _beside(extra: pa.Table, predictions: dict[str, Column]) -> tuple[pa.Table, dict[str, str]]:
    """The extra columns of the rows and the predictions; and prediction -> its column.

    Extra columns of other types than numbers and truth values become text, nested and binary ones are left out. A
    prediction has another name where an extra column has its own.
    """
    plain = {}
    for name in extra.column_names:
        kind = extra[name].type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            continue
        is_plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        plain[name] = extra[name] if is_plain else extra[name].cast(pa.string())
    columns = {name: _free(name, plain.keys() | predictions.keys() - {name}) for name in predictions}
    named = {columns[name]: values for name, values in predictions.items()}
    return pa.table({**plain, **named}), columns


def _free(name: str, taken: Collection[str]) -> str:
    """A name or, where it is taken, the same behind "predicted:"."""
    while name in taken:
        name = f"predicted:{name}"
    return name


# --- against the targets ------------------------------------------------------------------------------------


def _score(trained: Trained, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Every metric of outputs (rows, k) of one network or of all together."""
    loss = LOSSES[trained.recipe["training"]["loss"]]
    truth = targets.astype(np.int64)[None] if trained.classes else targets[None, :, None]
    weights = trained.class_weights
    of_all = None if weights is None else weights.mean(axis=0, keepdims=True)
    values = metrics.compute(loss, outputs[None], truth, trained.classes, of_all)
    return {name: float(value[0]) for name, value in values.items()}
