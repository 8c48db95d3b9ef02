"""Variants side by side where runs diverged, were interrupted or have long names: the figures, the table, the words."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import fake_studies
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from seedbed.api import Result
from seedbed.report import comparisons, style

SEEDS = 6


def study(root: Path, ends: dict[str, Any], metric: str = "val.mse") -> Result:
    """A study by name -> its value under the first seed, or the status in which all of its runs are."""
    rows = [
        fake_studies._row(name, seed, **({"status": end} if isinstance(end, str) else {metric: end + 0.01 * seed}))
        for name, end in ends.items()
        for seed in range(SEEDS)
    ]  # fmt: skip
    variants: dict[str, dict[str, Any]] = {
        name: {"settings": {"training.lr": 100 / 10**place, "training.weight_decay": 1e-5 * place}}
        for place, name in enumerate(ends)
    }
    empty = fake_studies.Curves().columns
    return Result.open(fake_studies.write_study(root, "c", variants, SEEDS, metric, "min", rows, empty))


def page(result: Result) -> str:
    return " ".join(result.report().read_text(encoding="utf-8").split())


# --- runs that diverged ---------------------------------------------------------------------------------


def test_a_study_with_nothing_to_draw_has_no_forest(tmp_path: Path) -> None:
    result = study(tmp_path, {"base": 0.5, "lr 9": "diverged"})
    assert comparisons.forest(result) is None
    assert "6 diverged" in page(result)


@pytest.mark.parametrize("base", [0.5, 40.0])
def test_the_row_of_a_variant_that_diverged_says_so(tmp_path: Path, base: float) -> None:
    with style.drawing():
        picture = comparisons.forest(study(tmp_path, {"base": base, "good": 0.1, "lr 9": "diverged"}))
    assert picture
    told = [text.get_text() for text in picture.figure.axes[0].texts]
    assert told[1].startswith("diverged\np\u00a0=")
    assert "diverged" not in told[0]


def test_what_diverged_runs_did_to_a_verdict_stands_under_its_row(tmp_path: Path) -> None:
    told = page(study(tmp_path, {"base": 0.5, "lr 9": "diverged"}))
    columns, note = re.findall(r'<tr><td class="told" colspan="(\d+)"><span>(.*?)</span>', told)[0]
    assert note == "6 runs failed against none (p = 0.031: shown)."
    row = re.findall(r'<tr class="noted">(.*?)</tr>', told)[0]
    assert int(columns) == row.count("<td") + row.count("<th")
    assert "failed against" not in row


def test_the_row_of_a_variant_that_often_failed_says_so(tmp_path: Path) -> None:
    result = study(tmp_path, {"base": 0.5, "good": 0.1, "wild": 0.5})
    rows = result.runs.to_pylist()
    for row in rows:
        if row["variant"] == "wild" and row["seed"] < 2:
            row["val.mse"] = 50.0
    fake_studies.write_table(result.directory, "runs", rows)
    with style.drawing():
        picture = comparisons.forest(Result.open(result.directory))
    assert picture
    told = [text.get_text() for text in picture.figure.axes[0].texts]
    assert told[1].startswith("often failed\np\u00a0=")


# --- the best -------------------------------------------------------------------------------------------


def winner(result: Result) -> str:
    """What is said of the variant that comes first."""
    (told,) = re.findall(r"By median .*?</p>", page(result))
    return told.removesuffix("</p>")


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ({"base": 0.5}, "“base” comes first with 0.5250 (0.5000 to 0.5500)."),
        ({"base": 0.5, "a": 90.0}, "It is distinguishable from all others."),
        (
            {"base": 0.5, "a": 90.0, "b": 90.1},
            "No variant is distinguishable from the best.",
        ),  # in so few seeds
    ],
)
def test_what_is_not_distinguishable_from_the_best_is_said(
    tmp_path: Path, ends: dict[str, Any], told: str
) -> None:
    assert winner(study(tmp_path, ends)).endswith(told)


def test_those_not_distinguishable_from_the_best_are_named(tmp_path: Path) -> None:
    result = Result.open(fake_studies.regression(tmp_path))
    assert winner(result).endswith(f"Not distinguishable from the best: “{result.among_the_best[1]}”.")
    assert page(result).count('class="best">among the best') == 2


def test_the_interval_of_the_winner_is_wide_enough_for_having_been_chosen(tmp_path: Path) -> None:
    result = Result.open(fake_studies.classification(tmp_path))
    values = np.sort(result.values("momentum", "test.accuracy"))
    told = winner(result)
    # of 10 runs, 1 may lie beyond on either side at 95 % (binomial tail 0.0107), none at 98.75 %
    assert f"({values[0]:.4f} to {values[9]:.4f}, wide enough for the best of 4)" in told
    assert result.summary("momentum", "test.accuracy").median_low == values[1]
    assert told.endswith("It is distinguishable from all others.")


def test_nothing_comes_first_where_all_diverged(tmp_path: Path) -> None:
    told = page(study(tmp_path, {"base": "diverged", "lr 9": "diverged"}))
    assert "At least half of the runs of every variant diverged or crashed, so none comes first." in told
    assert 'class="best">best' not in told


# --- studies without a finished run ---------------------------------------------------------------------


def test_runs_that_were_all_interrupted_say_that_none_has_finished(tmp_path: Path) -> None:
    result = study(tmp_path, {"base": "interrupted", "lr 9": "interrupted"})
    told = page(result)
    assert "No run has finished, so there is nothing to compare." in told
    assert "comes first" not in told
    assert 'class="best">best' not in told
    assert not (result.directory / "figures").exists()


def test_a_metric_that_no_run_has_puts_no_variant_first(tmp_path: Path) -> None:
    result = study(tmp_path, {"base": float("nan"), "lr 9": float("nan")})
    assert "No run has a val.mse, so no variant comes first." in page(result)


# --- names and numbers ----------------------------------------------------------------------------------


def test_names_that_differ_late_have_labels_that_differ(tmp_path: Path) -> None:
    names = [f"weight_decay = 0.0, optimizer = {kind}" for kind in ("adam", "rmsprop", "adagrad")]
    result = study(tmp_path, {"base": 0.5, **dict.fromkeys(names, 0.6)})
    with style.drawing():
        pictures = [comparisons.every_run(result), comparisons.forest(result)]
    for picture in pictures:
        assert picture
        labels = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
        assert {" ".join(label.split()) for label in labels} >= set(names)


@pytest.mark.parametrize("step", [0.0002, 0.0273, 1.7, 3000.0])
def test_ticks_of_a_narrow_axis_stay_apart(tmp_path: Path, step: float) -> None:
    names = [f"weight_decay = 0.0, optimizer = {number}" for number in range(3)]
    ends = {"base": 10 * step, **{name: (10 + 0.8 * place) * step for place, name in enumerate(names)}}
    with style.drawing():
        picture = comparisons.forest(study(tmp_path, ends))
        assert picture
        canvas = FigureCanvasAgg(picture.figure)
        canvas.draw()
        axes = picture.figure.axes[0]
        low, high = sorted(axes.get_xlim())
        boxes = [
            label.get_window_extent(canvas.get_renderer())
            for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
            if low <= place <= high
        ]
    assert len(boxes) >= 2
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))


def test_settings_break_neither_words_nor_numbers(tmp_path: Path) -> None:
    result = study(tmp_path, {"base": 0.5, "a": 0.6, "b": 0.7})
    told = page(result).split('<section id="configuration">')[1]
    row = re.findall(r'<th scope="row">training\.weight_decay</th>(.*?)</tr>', told)[0]
    assert re.findall(r'<span class="whole">(.*?)</span>', row) == ["0.0", "1e-05", "2e-05"]
    assert '<span class="whole">10.0</span>' in told.split("What each of")[1]
    styles = page(result).split("</style>")[0]
    assert ".whole { white-space: nowrap; }" in styles
    assert not re.search(r"\.settings t[dh][^}]*overflow-wrap: anywhere", styles)
