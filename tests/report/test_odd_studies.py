"""Studies of odd numbers and names are shown and reported without a warning of any library."""

from __future__ import annotations

import io
import itertools
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pytest

from seedbed.api import Result
from seedbed.cli.output import print_json, print_result

HUGE, TINY = 1e300, 1e-300
Value = Callable[[int, int], float]  # of a variant by its number, and a seed
VALUES: dict[str, Value] = {
    "constant": lambda variant, seed: 0.5,
    "constant in each variant": lambda variant, seed: variant + 1.0,
    "zero": lambda variant, seed: 0.0,
    "huge": lambda variant, seed: HUGE * (1 + variant + seed),
    "huge of either sign": lambda variant, seed: (-1.7e308 if seed % 2 else 1.7e308) / (1 + variant),
    "tiny": lambda variant, seed: TINY * (1 + variant + seed),
    "least": lambda variant, seed: 5e-324 * seed,
    "huge and tiny": lambda variant, seed: (HUGE, TINY)[(variant + seed) % 2],
    "infinite": lambda variant, seed: np.inf,
    "undefined": lambda variant, seed: np.nan,
    "undefined in one variant": lambda variant, seed: np.nan if variant == 1 else seed + 1.0,
    "undefined under some seeds": lambda variant, seed: np.nan if seed % 2 else seed + 1.0,
    "negative": lambda variant, seed: -1.0 - seed,
    "nearly equal": lambda variant, seed: 1 + 1e-16 * seed,
}
NAMES = {
    "long": ["base", "x" * 60, f"{'x' * 59}y"],
    "CJK": ["基準", "学習率 小", "정규화"],
    "emoji": ["🧪", "👩‍🔬 lab", "é\u0301"],
    "right to left": ["בסיס", "مرجع", "שם"],
}


def write(
    root: Path,
    value: Value,
    names: list[str],
    seeds: int,
    metric: str = "val.mse",
    diverged: Value | None = None,
) -> Path:
    rows, curves = [], fake_studies.Curves()
    columns: dict[str, list[Any]] = {
        name: [] for name in ("variant", "seed", "part", "sample", "x", "target", "output")
    }
    for (number, name), seed in itertools.product(enumerate(names), range(seeds)):
        own = value(number, seed)
        failed = bool(diverged and diverged(number, seed))
        metrics = {} if failed else {metric: own, metric.replace("val", "test"): own}
        rows.append(fake_studies._row(name, seed, status="diverged" if failed else "complete", **metrics))
        for epoch in range(4):
            curves.add(
                name, seed, epoch, train__loss=own, lr=0.1, **{metric.replace(".", "__"): own * (1 + epoch)}
            )
        points = np.linspace(-1, 1, 5)
        for part in ("grid", "test"):
            fake_studies._predict(columns, name, seed, part, points, points, points + own)
    variants: dict[str, dict[str, Any]] = {name: {} for name in names}
    direction = "max" if "accuracy" in metric or "r2" in metric else "min"
    claims = (
        {"claim": "one is better", "better": names[-1], "than": [names[0]]},
        {"claim": "alike", "similar": [names[0], names[-1]], "within": 0.1},
        {"claim": "small", "variant": names[0], "metric": metric, "below": 1.0},
        {"claim": "early", "better": names[-1], "than": names[0], "metric": f"{metric}@2"},
    )  # fmt: skip
    return fake_studies.write_study(
        root,
        "odd",
        variants,
        seeds,
        metric,
        direction,
        rows,
        curves.columns,
        columns,
        claims if len(names) > 1 else (),
    )


def read(directory: Path) -> None:
    """Everything that people may ask of a study, with every warning an error."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()) as shown:
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of libraries among themselves
        result = Result.open(directory)
        print_result(result)
        print_json(result.document)
        str(result.table)
        assert result.report().stat().st_size
    assert len(shown.getvalue()) > 100


@pytest.mark.parametrize("values", VALUES)
def test_odd_errors(values: str, tmp_path: Path) -> None:
    read(write(tmp_path, VALUES[values], ["base", "other"], 7))


@pytest.mark.parametrize("values", ["constant", "huge", "huge of either sign", "undefined under some seeds"])
def test_odd_scores(values: str, tmp_path: Path) -> None:
    read(write(tmp_path, VALUES[values], ["base", "other"], 7, "val.r2"))


@pytest.mark.parametrize("names", NAMES)
def test_odd_names(names: str, tmp_path: Path) -> None:
    read(write(tmp_path, lambda variant, seed: 1.0 + variant + seed, NAMES[names], 2))


@pytest.mark.parametrize(("variants", "seeds"), [(1, 1), (1, 7), (2, 1)])
def test_few(variants: int, seeds: int, tmp_path: Path) -> None:
    names = ["base", *(f"v{number}" for number in range(1, variants))]
    read(write(tmp_path, lambda variant, seed: 1.0 + variant + seed, names, seeds))


@pytest.mark.parametrize("which", ["all", "base", "other", "half", "all but one"])
def test_diverged(which: str, tmp_path: Path) -> None:
    of: dict[str, Value] = {
        "all": lambda variant, seed: True,
        "base": lambda variant, seed: variant == 0,
        "other": lambda variant, seed: variant == 1,
        "half": lambda variant, seed: seed % 2,
        "all but one": lambda variant, seed: seed > 0,
    }
    read(write(tmp_path, lambda variant, seed: 1.0 + seed, ["base", "other"], 7, diverged=of[which]))
