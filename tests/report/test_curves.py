"""Curves over epochs: what their points are medians of, what their axes show and what the page says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.report import series
from seedbed.results import Result


def study(root: Path, curves: fake_studies.Curves, seeds: int, diverged: tuple[str, ...] = ()) -> Result:
    """A study of the variants of some curves, which end by `val.mse`."""
    names = list(dict.fromkeys(["base", *curves.columns["variant"], *diverged]))
    rows: list[dict[str, Any]] = []
    for name in names:
        ended = {"status": "diverged"} if name in diverged else {"val.mse": 0.5}
        rows += [fake_studies._row(name, seed, **ended) for seed in range(seeds)]
    variants: dict[str, dict[str, Any]] = {name: {} for name in names}
    return Result.open(
        fake_studies.write_study(root, "c", variants, seeds, "val.mse", "min", rows, curves.columns)
    )


# --- points ---------------------------------------------------------------------------------------------


def test_a_point_that_one_run_alone_has_is_a_median_over_all(tmp_path: Path) -> None:
    curves = fake_studies.Curves()
    for seed in range(5):
        for epoch in (1, 10, 20):
            if seed or epoch < 20:
                curves.add("base", seed, epoch, val__mse=1 / epoch, lr=0.1 if epoch < 20 else 0.01)
    curves.add("base", 0, 15, val__mse=40.0, lr=0.1)  # the final point of a run that stopped
    result = study(tmp_path, curves, 5)
    seen = series.curve_bands(result, "val.mse", ["base"])["base"]
    assert list(seen.x) == [1, 10, 15, 20]
    assert seen.median == pytest.approx([1, 0.1, 0.075, 0.05])
    rates = series.curve_bands(result, "lr", ["base"])["base"]
    assert rates.median == pytest.approx([0.1, 0.1, 0.01, 0.01])  # no rate that no run had


@given(st.sets(st.integers(2, 40)), st.lists(st.integers(2, 40), min_size=1, max_size=6))
def test_runs_on_one_line_have_that_line_as_their_band(recorded: set[int], ends: list[int]) -> None:
    """However runs are thinned and wherever they end, runs that agree draw no spikes."""
    curves = fake_studies.Curves()
    for seed, end in enumerate([*ends, 41]):
        for epoch in sorted({1, end} | {epoch for epoch in recorded if epoch < end}):
            curves.add("base", seed, epoch, val__mse=100 - epoch)
    table = pa.table(curves.columns)
    seen = series._over_seeds(table, {}, in_steps=False)
    assert np.all(np.diff(seen.median) <= 1e-9)
    together = seen.x <= min(ends)
    for line in (seen.low, seen.median, seen.high):
        assert line[together] == pytest.approx(100 - seen.x[together])
