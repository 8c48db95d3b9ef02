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

from seedbed.api import Result
from seedbed.report import series, style
from seedbed.report.sections import curves


def study(root: Path, made: fake_studies.Curves, seeds: int, diverged: tuple[str, ...] = ()) -> Result:
    """A study of the variants of some curves, which end by `val.mse`."""
    names = list(dict.fromkeys(["base", *made.columns["variant"], *diverged]))
    rows: list[dict[str, Any]] = []
    for name in names:
        ended = {"status": "diverged"} if name in diverged else {"val.mse": 0.5}
        rows += [fake_studies._row(name, seed, **ended) for seed in range(seeds)]
    variants: dict[str, dict[str, Any]] = {name: {} for name in names}
    return Result.open(
        fake_studies.write_study(root, "c", variants, seeds, "val.mse", "min", rows, made.columns)
    )


# --- points ---------------------------------------------------------------------------------------------


def test_a_point_that_one_run_alone_has_is_a_median_over_all(tmp_path: Path) -> None:
    made = fake_studies.Curves()
    for seed in range(5):
        for epoch in (1, 10, 20):
            if seed or epoch < 20:
                made.add("base", seed, epoch, val__mse=1 / epoch, lr=0.1 if epoch < 20 else 0.01)
    made.add("base", 0, 15, val__mse=40.0, lr=0.1)  # the final point of a run that stopped
    result = study(tmp_path, made, 5)
    seen = series.curve_bands(result, "val.mse", ["base"])["base"]
    assert list(seen.x) == [1, 10, 15, 20]
    assert seen.median == pytest.approx([1, 0.1, 0.075, 0.05])
    rates = series.curve_bands(result, "lr", ["base"])["base"]
    assert rates.median == pytest.approx([0.1, 0.1, 0.01, 0.01])  # no rate that no run had


@given(st.sets(st.integers(2, 40)), st.lists(st.integers(2, 40), min_size=1, max_size=6))
def test_runs_on_one_line_have_that_line_as_their_band(recorded: set[int], ends: list[int]) -> None:
    """However runs are thinned and wherever they end, runs that agree draw no spikes."""
    made = fake_studies.Curves()
    for seed, end in enumerate([*ends, 41]):
        for epoch in sorted({1, end} | {epoch for epoch in recorded if epoch < end}):
            made.add("base", seed, epoch, val__mse=100 - epoch)
    table = pa.table(made.columns)
    seen = series._over_seeds(table, {}, in_steps=False)
    assert np.all(np.diff(seen.median) <= 1e-9)
    together = seen.x <= min(ends)
    for line in (seen.low, seen.median, seen.high):
        assert line[together] == pytest.approx(100 - seen.x[together])


# --- learning rates -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [0.3, 1e-9, 0.0])
def test_every_variants_rate_is_on_the_axis(tmp_path: Path, end: float) -> None:
    peaks = {"base": 0.03, "slow": 0.0001, "wild": 1000.0}
    made = fake_studies.Curves()
    for name, peak in peaks.items():
        for epoch, share in ((1, 1.0), (2, 0.5), (3, end)):
            made.add(name, 0, epoch, val__mse=0.5, lr=peak * share)
    with style.drawing():
        pictures = next(iter(curves.blocks(study(tmp_path, made, 1)))).pictures
        _, under = pictures[0].figure.axes
        low, high = under.get_ylim()
        low, high, *places = under.transAxes.inverted().transform(
            under.transData.transform([(1, value) for value in (low, high, *peaks.values())])
        )[:, 1]
    assert (low, high) == pytest.approx((0, 1))
    assert all(0.01 < place < 0.99 for place in places)
    assert min(abs(one - other) for one in places for other in places if one is not other) > 0.1


# --- words ----------------------------------------------------------------------------------------------


def page(result: Result) -> str:
    return " ".join(result.report().read_text(encoding="utf-8").split())


def some_curves(names: tuple[str, ...], seeds: int = 2, **values: float) -> fake_studies.Curves:
    made = fake_studies.Curves()
    for name in names:
        for seed in range(seeds):
            for epoch in range(1, 4):
                made.add(name, seed, epoch, lr=0.1, **values)
    return made


def test_a_variant_that_always_diverged_is_named_under_the_curves(tmp_path: Path) -> None:
    said = "Every run of “lr 9” diverged: such a line ends early, or is missing."
    made = some_curves(("base",), val__mse=0.5)
    assert said in page(study(tmp_path / "a", made, 2, diverged=("lr 9",)))
    assert "diverged: such a line" not in page(study(tmp_path / "b", made, 2))


def test_panels_of_many_variants_say_what_they_show(tmp_path: Path) -> None:
    many = ("base", *(f"lr {number}" for number in range(7)))
    told = page(study(tmp_path / "a", some_curves(many, train__loss=0.4, val__mse=0.5), 2))
    assert "One figure per variant: val.mse after each epoch." in told
    few = page(study(tmp_path / "b", some_curves(many[:3], train__loss=0.4, val__mse=0.5), 2))
    assert "Each figure of a variant" not in few


def test_training_samples_are_spoken_of_where_a_training_curve_is_drawn(tmp_path: Path) -> None:
    many = ("base", *(f"lr {number}" for number in range(7)))
    for names, drawn in ((many, False), (many[:3], True)):
        result = study(tmp_path / str(drawn), some_curves(names, train__loss=0.4, val__mse=0.5), 2)
        for row in result.study["variants"]:
            row["train_curve"] = {"samples": 10, "of": 600}
        assert ("10 of 600 training samples" in page(result)) == drawn


def test_points_that_are_left_out_are_spoken_of(tmp_path: Path) -> None:
    result = study(tmp_path, some_curves(("base",), val__mse=0.5), 2)
    assert "Points:" not in page(result)
    result.study["variants"][0]["curve_points"] = "every second evaluation"
    assert "Points: every second evaluation." in page(result)


@pytest.mark.filterwarnings("error")
def test_names_of_any_script_are_drawn_without_a_word(tmp_path: Path) -> None:
    result = study(tmp_path, some_curves(("base", "größer / 中文"), val__mse=0.5), 2)
    assert "größer / 中文" in page(result)
    drawn = (result.directory / "figures" / "every-run.svg").read_text(encoding="utf-8")
    assert "größer / 中文" in drawn
