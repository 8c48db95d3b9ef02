"""What a stored study says of new data, by how the samples of its runs came about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_studies import write_study, write_table

from seedbed.analysis.contrasts import contrast
from seedbed.analysis.new_data import moves, moves_of_one, over_samples, over_splits
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.runs import Runs
from seedbed.analysis.sentences import sentence
from seedbed.api import Result
from seedbed.cli.output import print_result
from seedbed.report.sections import present
from seedbed.results import stored
from seedbed.results.documents import document
from seedbed.results.new_data import basis

SEEDS, SAMPLES = 12, 40
SPLIT = {"test": {"kind": "split", "samples": 100, "train": 800}}
FIXED = {"test": {"kind": "fixed", "samples": SAMPLES, "train": 800, "same": "a"}}
DRAWN = {"test": {"kind": "drawn", "samples": 100, "train": 800}}
CLAIM = {"claim": "it errs less", "better": "other", "than": "base"}


def errors(ahead: float, of_seeds: float, of_samples: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """(seeds, samples) of squared errors of the base and of a variant that is typically `ahead` on the log scale."""
    random = np.random.default_rng(5)
    seeds = of_seeds * random.standard_normal((SEEDS, 1)) - ahead
    samples = of_samples * random.standard_normal((1, SAMPLES))
    base = random.exponential(1.0, (SEEDS, SAMPLES)) + 0.2
    return base, base * np.exp(seeds + samples)


def study(
    root: Path,
    evaluation: dict[str, Any] | None,
    values: tuple[np.ndarray, np.ndarray],
    is_stored: bool = True,
    other: dict[str, Any] | None = None,
    **more: Any,
) -> Result:
    """A study of the base and one variant on test.mse, each with the same evaluation unless `other` is given."""
    sides = dict(zip(("base", "other"), values, strict=True))
    rows = [
        {"variant": name, "seed": seed, "group": 0, "status": "complete", "stop_reason": None, "steps": 10}
        | {"epochs": 1, "seconds": 0.1, "parameters": 5, "test.mse": float(side[seed].mean())}
        for name, side in sides.items()
        for seed in range(SEEDS)
    ]
    names = ("variant", "seed", "step", "epoch", "metric", "value")
    curves: dict[str, list[Any]] = {name: [] for name in names}
    variants = {"base": {}, "other": {"settings": {"training.lr": 0.2}}}
    where = write_study(root, "study", variants, SEEDS, "test.mse", "min", rows, curves, hypotheses=(CLAIM,))
    resolved = json.loads((where / "resolved.json").read_text())
    for variant, own in zip(resolved["variants"], (evaluation, other or evaluation), strict=True):
        variant |= {} if own is None else {"evaluation": own}
    (where / "resolved.json").write_text(json.dumps(resolved | more))
    if is_stored:
        table = [(name, seed, side[seed]) for name, side in sides.items() for seed in range(SEEDS)]
        columns = zip(*table, strict=True)
        kept = dict(zip(("variant", "seed", "values"), map(list, columns), strict=True))
        write_table(where, "samples", kept | {"metric": ["test.mse"] * len(table)})
    return Result.open(where)


def gaps(values: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    base, other = (side.mean(axis=1) for side in values)
    return np.log(other) - np.log(base)


def test_of_a_fixed_part_seeds_and_samples_count(tmp_path: Path) -> None:
    values = errors(0.2, 0.1, of_samples=1.0)
    versus = study(tmp_path, FIXED, values).versus_base["other"]
    known = over_samples(gaps(values), moves(values[1], values[0], "ratio"), SAMPLES)
    assert versus.new_data is not None
    low, high = np.exp(known.interval())
    assert versus.new_data.high == pytest.approx(max(high, versus.comparison.high))
    assert versus.new_data.low == pytest.approx(min(low, versus.comparison.low))
    assert (versus.verdict, versus.new_data.verdict) == ("better", "no evidence")


def test_of_splits_their_overlap_counts(tmp_path: Path) -> None:
    values = errors(0.05, 0.06)
    versus = study(tmp_path, SPLIT, values, is_stored=False).versus_base["other"]
    assert versus.new_data is not None
    low, high = np.exp(over_splits(gaps(values), 100, 800).interval())
    assert (versus.new_data.low, versus.new_data.high) == pytest.approx((low, high))
    assert (versus.verdict, versus.new_data.verdict) == ("better", "no evidence")


def test_of_two_kinds_of_splits_the_more_overlapping_counts(tmp_path: Path) -> None:
    values = errors(0.3, 0.1)
    half = {"test": {"kind": "split", "samples": 400, "train": 400}}
    new = study(tmp_path, SPLIT, values, is_stored=False, other=half).versus_base["other"].new_data
    assert new is not None
    assert new.high == pytest.approx(np.exp(over_splits(gaps(values), 400, 400).interval()[1]))


def test_what_every_seed_draws_is_new_data_already(tmp_path: Path) -> None:
    result = study(tmp_path, DRAWN, errors(0.05, 0.06), is_stored=False)
    versus, judged = result.versus_base["other"], result.judgements[0]
    assert versus.new_data is not None
    assert judged.new_data is not None
    seen = versus.comparison
    assert (versus.new_data.low, versus.new_data.high, versus.new_data.verdict) == (
        seen.low,
        seen.high,
        "better",
    )
    assert judged.new_data.verdict == judged.verdict == "supported"
    assert "On new data" not in sentence(judged)
    assert result.about == "Every seed draws its own data, so verdicts are about new data of this kind too."


@pytest.mark.parametrize(
    ("evaluation", "other", "stored", "more"),
    [
        (None, None, True, {}),
        ({}, None, True, {}),
        ({"val": FIXED["test"]}, None, True, {}),
        (FIXED, None, False, {}),
        (FIXED, SPLIT, True, {}),
        (FIXED, {"test": FIXED["test"] | {"same": "b"}}, True, {}),
        (DRAWN, SPLIT, True, {}),
        (FIXED, None, True, {"levels": {"init": [0] * SEEDS, "split": [0] * SEEDS}}),
        (DRAWN, None, True, {"levels": {"init": [0] * SEEDS, "split": [0] * SEEDS}}),
    ],
    ids=[
        "old",
        "told nothing",
        "another part",
        "not stored",
        "two kinds",
        "other samples",
        "drawn",
        "crossed",
        "both",
    ],
)
def test_otherwise_nothing_is_said_of_new_data(
    tmp_path: Path,
    evaluation: dict[str, Any] | None,
    other: dict[str, Any] | None,
    stored: bool,
    more: dict[str, Any],
) -> None:
    result = study(tmp_path, evaluation, errors(0.3, 0.1), stored, other, **more)
    assert result.versus_base["other"].new_data is None
    assert result.judgements[0].new_data is None
    assert result.about == ""
    assert document(result)["variants"][1]["versus_base"]["new_data"] is None
    assert result.table.column("new data") is None


def test_it_is_said_in_document_sentence_table_and_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = study(tmp_path, SPLIT, errors(0.3, 0.1), is_stored=False)
    written = document(result)
    for told in (written["variants"][1]["versus_base"], written["hypotheses"][0]):
        assert set(told["new_data"]) == {"low", "high", "verdict", "data"}
        assert told["new_data"]["low"] <= told["low"] < told["high"] <= told["new_data"]["high"] < 1
        assert told["new_data"]["verdict"] == told["verdict"]
    assert "On new data: also supported (95\u00a0%\u00a0interval 1." in sentence(result.judgements[0])
    column = result.table.column("new data")
    assert column is not None
    assert column.cells == ("", "better")
    print_result(result)
    about = "on new data they may differ: every seed splits the same samples."
    assert about in capsys.readouterr().out
    page = " ".join(str(block) for _, blocks in present(result) for block in blocks)
    assert about in page
    assert "Better than base, also on new data: “other”" in page


def test_what_holds_here_alone_is_told_apart(tmp_path: Path) -> None:
    result = study(tmp_path, SPLIT, errors(0.05, 0.06), is_stored=False)
    assert "On new data: undecided (95\u00a0%\u00a0interval" in sentence(result.judgements[0])
    page = " ".join(str(block) for _, blocks in present(result) for block in blocks)
    assert "Better than base here, not shown on new data: “other”" in page


def test_a_draw_of_the_samples_is_told(tmp_path: Path) -> None:
    more = {"test": FIXED["test"] | {"samples": 10 * SAMPLES}}
    result = study(tmp_path, more, errors(0.3, 0.1))
    assert result.versus_base["other"].new_data.drawn == SAMPLES  # type: ignore[union-attr]
    assert "the spread over samples is that of 40 drawn ones" in result.about


def test_only_a_few_columns_of_samples_are_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "MOST_KEPT", 1)
    values = errors(0.3, 0.1)
    result = study(tmp_path, FIXED, values)
    for name, side in [("base", values[0]), ("other", values[1]), ("base", values[0])]:
        found = result.by_sample(name, "test.mse")
        assert sorted(found) == list(range(SEEDS))
        np.testing.assert_array_equal(found[3], side[3])
    assert result.by_sample("base", "test.mae") == {}
    assert len(result._known_samples) == 1


def test_a_sum_of_several_variants_moves_with_the_samples_of_each(tmp_path: Path) -> None:
    values = errors(0.3, 0.1, of_samples=0.5)
    result = study(tmp_path, FIXED, values)
    base, other = (Runs.of(side.mean(axis=1)) for side in values)
    pairs = contrast([(2.0, other), (-3.0, base)], "ratio")
    found = basis(result, [(2.0, ("other", "test.mse")), (-3.0, ("base", "test.mse"))], pairs)
    assert found is not None
    moved = 2 * moves_of_one(values[1], "ratio") - 3 * moves_of_one(values[0], "ratio")
    assert found.estimate == over_samples(pairs.gaps, moved.astype(float), SAMPLES)


def test_seeds_of_which_a_run_failed_are_left_out(tmp_path: Path) -> None:
    values = errors(0.3, 0.1)
    result = study(tmp_path, FIXED, values)
    base, other = (side.mean(axis=1) for side in values)
    other[4] = np.inf
    left = [seed for seed in range(SEEDS) if seed != 4]
    terms = [(1.0, ("other", "test.mse")), (-1.0, ("base", "test.mse"))]
    for pairs in (
        contrast([(1.0, Runs.of(other)), (-1.0, Runs.of(base))], "ratio"),
        Pairs.of(Runs.of(other), Runs.of(base), "ratio"),
    ):
        found = basis(result, terms, pairs)
        assert found is not None
        expected = moves(values[1][left], values[0][left], "ratio")
        assert found.estimate == over_samples(pairs.gaps, expected, SAMPLES)
