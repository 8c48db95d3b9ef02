"""Boosted trees that predict how long a GPU kernel takes from its 14 tuning parameters."""

from __future__ import annotations

import lzma
import zipfile
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split

from seedbed.data.sources.sgemm import DATASET


def opened(path: Path) -> IO[bytes]:
    """The file of the table, as it was fetched or put there."""
    if path.suffix == ".zip":
        return zipfile.ZipFile(path).open("sgemm_product.csv")
    return lzma.open(path) if path.suffix == ".xz" else path.open("rb")


@cache  # one process makes many runs
def table() -> np.ndarray:
    """The table, (241600, 18): parameters, and the times of four measurements in ms."""
    ((path, _),) = DATASET.checked().values()
    with opened(path) as file:
        return np.loadtxt(file, delimiter=",", skiprows=1, dtype=np.float32)


def run(settings: dict[str, Any], seed: int) -> dict[str, float]:
    """One run: draw rows, fit trees to some of them, and measure their error on the others."""
    rows = np.random.default_rng(seed).choice(table(), settings["rows"], replace=False)
    inputs, logs = rows[:, :14], np.log(rows[:, 14:].mean(axis=1))
    x, x_rest, y, y_rest = train_test_split(inputs, logs, train_size=0.6, random_state=seed)
    x_val, x_test, y_val, y_test = train_test_split(x_rest, y_rest, train_size=0.5, random_state=seed)
    model = HistGradientBoostingRegressor(
        max_depth=settings["depth"],
        learning_rate=settings["rate"],
        max_features=settings["columns"],
        max_iter=settings["trees"],
        early_stopping=False,
        random_state=seed,
    ).fit(x, y)
    return {
        "val.rmse": np.sqrt(np.mean((model.predict(x_val) - y_val) ** 2)),
        "test.rmse": np.sqrt(np.mean((model.predict(x_test) - y_test) ** 2)),
    }
