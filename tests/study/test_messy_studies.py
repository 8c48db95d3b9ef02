"""From a messy table to a report and to predictions, as a person would: gaps, dates, weights, in every engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seedbed.api import Study
from seedbed.data import DataError
from seedbed.results.predict import predict

TABLES = {
    "name": "t/messy",
    "data": {
        "source": "table",
        "path": "messy.csv",
        "target": "bought",
        "separator": ";",
        "decimal": ",",
        "exclude": ["customer"],
        "missing": "impute",
        "scale": "standard",
        "split": [0.6, 0.2, 0.2],
    },
    "model": {"kind": "mlp", "hidden": [5]},
    "training": {"loss": "bce", "class_weight": "balanced", "epochs": 4, "lr": 0.1, "momentum": 0.9},
    "study": {"seeds": 3, "metric": "val.auc"},
    "ablate": {"data.missing": ["category"]},
}


def rows(count: int = 150) -> list[str]:
    rng = np.random.default_rng(5)
    lines = ["customer;age;city;since;bought"]
    for i in range(count):
        age = rng.normal(40, 10)
        city = rng.choice(["Rom", "Wien", "Bern"])
        since = f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.{rng.integers(2019, 2024)}"
        bought = "yes" if age + 5 * (city == "Rom") + rng.normal(0, 3) > 50 else "no"
        shown = "" if rng.random() < 0.2 else f"{age:.1f}".replace(".", ",")
        lines.append(f"k{i};{shown};{'' if rng.random() < 0.1 else city};{since};{bought}")
    return lines


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "messy.csv").write_text("\n".join(rows()))
    return tmp_path


def test_engines_agree_on_a_messy_table(here: Path) -> None:
    study = Study.from_dict(TABLES)
    found, expected = (study.run(engine=engine, runs_dir=here / engine) for engine in ("fused", "numpy"))
    for metric in ("test.loss", "test.auc", "test.balanced_accuracy", "train.loss"):
        for variant in study.variants:
            ours, theirs = (result.values(variant.name, metric) for result in (found, expected))
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3, err_msg=metric)


def test_stored_networks_say_of_the_test_part_what_they_said_in_training(here: Path) -> None:
    """Gaps are filled by each run's own training part, and the loss is weighed by it."""
    result = Study.from_dict({**TABLES, "data": {**TABLES["data"], "seed": 0}}).run(engine="numpy")
    lines = rows()
    variants = [variant["name"] for variant in result.study["variants"]]
    order = rows_of_test()
    (here / "test.csv").write_text("\n".join([lines[0], *(lines[1 + row] for row in order)]))
    for variant in variants:
        answer = predict(result.directory, "test.csv", variant)
        for seed, scores in answer.scores.seeds.items():
            for name in ("loss", "auc", "balanced_accuracy", "accuracy"):
                stored = result.values(variant, f"test.{name}")[seed]
                assert scores[name] == pytest.approx(stored, rel=1e-5), (variant, seed, name)


def rows_of_test() -> np.ndarray:
    """The rows of the test part, which the split's own seed fixes."""
    from seedbed.plan.plan import plan

    study = Study.from_dict({**TABLES, "data": {**TABLES["data"], "seed": 0}})
    return plan(study).work.groups[0].runs[0].prepared.parts["test"]


def test_arrays_with_gaps_are_filled_where_the_networks_impute(here: Path) -> None:
    result = Study.from_dict(TABLES).run(engine="numpy")
    trained = result.trained("base")
    row = np.zeros((1, len(trained.features)))
    gap = row.copy()
    gap[0, trained.features.index("age")] = np.nan
    filled = row.copy()
    filled[0, trained.features.index("age")] = trained.fill[0, trained.features.index("age")]
    one = predict(result.directory, gap, "base").table["probability:yes"][0].as_py()
    spread = {float(value) for value in trained.fill[:, trained.features.index("age")]}
    other = predict(result.directory, filled, "base").table["probability:yes"][0].as_py()
    assert one == pytest.approx(other, rel=0.05)
    assert len(spread) > 1  # each run has its own median
    with pytest.raises(DataError, match="missing, infinite"):
        predict(result.directory, np.full_like(row, np.inf), "base")
