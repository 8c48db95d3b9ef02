"""Tables of results are judged as the same runs of Seedbed's own are; what is wrong with one is said with its rows."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
import pytest

import seedbed
from seedbed.api import Result, Study
from seedbed.study import seeds
from seedbed.study.problems import StudyError
from seedbed.trainables.results import ResultsWork

Judge = Callable[..., Result]
SEEDS = 8


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    def judged(table: Any, **asked: Any) -> Result:
        wanted = {"variant": "optimizer", "seed": "seed", "metric": "accuracy"} | asked
        return seedbed.judge(table, runs_dir=tmp_path / "runs", progress=False, **wanted)

    return judged


def columns(**changed: list[Any]) -> dict[str, list[Any]]:
    """Two optimizers under eight seeds; adam is better by 0.05."""
    luck = np.random.default_rng(0).normal(size=SEEDS)
    accuracy = [0.8 + 0.01 * one for one in luck] + [
        0.85 + 0.01 * one + 0.001 * n for n, one in enumerate(luck)
    ]
    return {
        "optimizer": ["sgd"] * SEEDS + ["adam"] * SEEDS,
        "lr": [0.1] * SEEDS + [0.01] * SEEDS,
        "seed": [*range(SEEDS), *range(SEEDS)],
        "accuracy": accuracy,
        "train_loss": [1.0 - one for one in accuracy],
        "host": [f"node{n % 3}" for n in range(2 * SEEDS)],
    } | changed


def without_what_differs(document: Mapping[str, Any]) -> dict[str, Any]:
    """The statistics of a document without what a table does not tell: on new data, and what runs cost."""
    kept = {name: document[name] for name in ("metric", "direction", "ranking")}
    variants = [
        {key: one[key] for key in ("name", "runs", "diverged", "failures", "typical", "versus_base")}
        for one in document["variants"]
    ]
    return {
        **kept,
        "variants": without_new_data(variants),
        "claims": without_new_data(document["hypotheses"]),
    }


def without_new_data(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: without_new_data(one) for key, one in value.items() if key != "new_data"}
    return [without_new_data(one) for one in value] if isinstance(value, list) else value


# --- equal to Seedbed's own -----------------------------------------------------------------------------


def test_verdicts_are_those_of_the_same_runs_trained_here(tmp_path: Path, judge: Judge) -> None:
    claims = [
        {"claim": "slower is worse", "better": "base", "than": "lr = 0.01"},
        {"claim": "alike", "similar": ["base", "lr = 0.01"]},
        {"claim": "low", "variant": "base", "metric": "val.mse", "below": 0.5},
    ]
    study = Study.from_dict(
        {
            "name": "own",
            "data": {
                "source": "function", "expression": "sin(x)", "domain": [0, 6.28], "samples": 120,
                "split": [0.5, 0.5, 0], "scale": "standard",
            },
            "model": {"kind": "mlp", "hidden": [4]},
            "training": {"lr": 0.1, "epochs": 3},
            "study": {"seeds": 10, "metric": "val.mse", "fails_above": 0.9, "matters": 1.1},
            "ablate": {"training.lr": [0.01, 100.0, 1e9]},
            "hypothesis": claims,
        }
    )  # fmt: skip
    own = study.run(runs_dir=tmp_path / "own", engine="numpy", progress=False)
    runs = own.runs
    assert "diverged" in runs["status"].to_pylist()
    table = pa.table(
        {
            "lr": pc.fill_null(runs["setting:training.lr"], "0.1"),
            "seed": runs["seed"],
            "val.mse": runs["val.mse"],
        }
    )
    diverged = np.array(runs["status"]) == "diverged"
    values = np.where(diverged, np.nan, runs["val.mse"].to_numpy())
    path = tmp_path / "exported.parquet"
    parquet.write_table(table.set_column(2, "val.mse", pa.array(values)), path)
    judged = judge(
        path, variant="lr", metric="val.mse", base="0.1", scale="ratio", fails_above=0.9, matters=1.1,
        claims=claims,
    )  # fmt: skip
    assert without_what_differs(judged.document) == without_what_differs(own.document)


# --- every shape of a table -----------------------------------------------------------------------------


def written(path: Path, table: Mapping[str, list[Any]]) -> Path:
    """A table in the format of the suffix."""
    made = pa.table(dict(table))
    if path.suffix in (".csv", ".tsv"):
        from pyarrow import csv

        csv.write_csv(made, path, csv.WriteOptions(delimiter="\t" if path.suffix == ".tsv" else ","))
    elif path.suffix == ".jsonl":
        rows = (json.dumps(row) for row in made.to_pylist())
        path.write_text("\n".join(rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        parquet.write_table(made, path)
    else:
        from pyarrow import feather

        feather.write_feather(made, path)
    return path


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "arrow", "feather"])
def test_all_formats_say_the_same(tmp_path: Path, judge: Judge, suffix: str) -> None:
    result = judge(written(tmp_path / f"results.{suffix}", columns()))
    assert result.study["study"] == "results"
    assert result.variants == ["base", "optimizer = adam"]
    assert result.versus_base["optimizer = adam"].verdict == "better"
    assert result.settings("optimizer = adam") == {"settings.optimizer": "adam", "settings.lr": 0.01}
    assert result.configuration("base")["settings"] == {"optimizer": "sgd", "lr": 0.1}
    assert set(result.metrics) == {"accuracy", "train_loss"}
    assert np.allclose(result.values("base", "accuracy"), columns()["accuracy"][:SEEDS])
    assert any("host" in note for note in result.data["notes"])


def test_a_row_for_each_metric(judge: Judge) -> None:
    table = columns()
    count = 2 * SEEDS
    long = {name: table[name] * 2 for name in ("optimizer", "seed", "lr")}
    long["what"] = ["accuracy"] * count + ["train_loss"] * count
    long["number"] = table["accuracy"] + table["train_loss"]
    result = judge(long, long=("what", "number"))
    assert np.array_equal(result.values("optimizer = adam", "train_loss"), table["train_loss"][SEEDS:])
    assert result.settings("optimizer = adam")["settings.lr"] == 0.01


def test_a_column_for_each_variant(judge: Judge) -> None:
    accuracy = columns()["accuracy"]
    wide = {"seed": [*range(SEEDS)], "sgd": accuracy[:SEEDS], "adam": accuracy[SEEDS:]}
    result = judge(wide, wide=True)
    assert result.variants == ["base", "optimizer = adam"]
    assert np.array_equal(result.values("base", "accuracy"), accuracy[:SEEDS])
    with_gaps = judge({**wide, "sgd": [*accuracy[: SEEDS - 1], None]}, wide=True, variant=())
    assert with_gaps.variants == ["base", "adam"]
    assert len(with_gaps.seeds) == SEEDS - 1  # those that both have


def test_rows_of_epochs_become_curves(judge: Judge) -> None:
    table = columns()
    epochs = {
        name: [value for value in table[name] for _ in range(3)] for name in ("optimizer", "seed", "lr")
    }
    epochs["epoch"] = [3, 1, 2] * (2 * SEEDS)
    epochs["accuracy"] = [value - 0.01 * off for value in table["accuracy"] for off in (0, 2, 1)]
    epochs["val_loss"] = [None if off else value for value in table["train_loss"] for off in (0, 1, 0)]
    claim = {"claim": "ahead early", "better": "adam", "than": "sgd", "metric": "accuracy@1"}
    result = judge(epochs, epoch="epoch", claims=[claim])
    assert np.array_equal(result.values("base", "accuracy"), table["accuracy"][:SEEDS])
    assert np.array_equal(result.values("base", "val_loss"), table["train_loss"][:SEEDS])
    assert np.allclose(result.values("base", "accuracy@1"), np.array(table["accuracy"][:SEEDS]) - 0.02)
    assert result.judgements[0].verdict == "supported"
    assert result.curves.num_rows == 2 * SEEDS * (3 + 2)


def test_several_columns_of_variants(judge: Judge) -> None:
    table = columns(optimizer=["sgd", "sgd", "adam", "adam"] * 4, lr=[0.1] * 8 + [0.2] * 8)
    table["seed"] = [0, 1, 0, 1, 2, 3, 2, 3] * 2
    result = judge(table, variant=["optimizer", "lr"], base="adam, 0.20")
    assert result.variants == [
        "base", "optimizer = sgd, lr = 0.1", "optimizer = adam, lr = 0.1", "optimizer = sgd, lr = 0.2"
    ]  # fmt: skip
    assert result.configuration("base")["settings"] == {"optimizer": "adam", "lr": 0.2}


# --- seeds ----------------------------------------------------------------------------------------------


def test_seeds_of_any_name_are_paired(judge: Judge) -> None:
    table = columns(seed=[f"s{n}" for n in range(SEEDS)] + [f"s{n}" for n in reversed(range(SEEDS))])
    result = judge(table)
    assert "paired" not in result.study
    assert result.study["seed_labels"] == [f"s{n}" for n in range(SEEDS)]
    assert np.array_equal(result.values("optimizer = adam", "accuracy"), table["accuracy"][: SEEDS - 1 : -1])


def test_other_seeds_are_not_paired(judge: Judge) -> None:
    for table, seed in ((columns(seed=[*range(2 * SEEDS)]), "seed"), (columns(), None)):
        result = judge(table, seed=seed)
        assert result.study["paired"] is False
        assert result.study["pairing_note"]
        assert len(result.seeds) == SEEDS


def test_variants_may_have_different_numbers_of_runs(judge: Judge) -> None:
    table = {name: values[3:] for name, values in columns().items()}
    result = judge(table, seed=None)
    assert [len(result.status_of(name)) for name in result.variants] == [SEEDS - 3, SEEDS]


# --- failed runs ----------------------------------------------------------------------------------------


def test_nan_and_infinity_are_runs_that_failed(tmp_path: Path, judge: Judge) -> None:
    accuracy = [f"{value}" for value in columns()["accuracy"]]
    table = columns(accuracy=["nan", "-inf", *accuracy[2:]])
    result = judge(written(tmp_path / "a.csv", table))
    assert [*result.status_of("base").values()][:3] == ["diverged", "diverged", "complete"]
    assert result.runs["stop_reason"].to_pylist()[:2] == ["accuracy is nan", "accuracy is -inf"]
    assert result.failures["base"].runs == 2


def test_a_column_says_how_runs_ended(judge: Judge) -> None:
    table = columns(state=["finished"] * (2 * SEEDS - 1) + ["Crashed"])
    table["accuracy"][-1] = None
    result = judge(table, status="state")
    assert result.crashed == 1
    table["state"][0] = "running"
    with pytest.raises(StudyError, match='got "running" in data row 1; leave out'):
        judge(table, status="state")


# --- what is wrong --------------------------------------------------------------------------------------

ROWS = [f"{value}" for value in columns()["accuracy"]]
WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"seed": [*range(SEEDS), *range(SEEDS - 1), 0]}, {}, "data rows 9 and 16 are all of optimizer = adam, seed 0"),
    ({"accuracy": [None, *ROWS[1:]]}, {}, '"accuracy" is empty in data row 1; give the value, nan where'),
    ({"accuracy": [*ROWS[:11], "n/a", *ROWS[12:]]}, {}, 'expected a number in "accuracy", got "n/a" in data row 12'),
    ({"seed": [None, *range(1, 16)]}, {}, '"seed" is empty in data row 1'),
    ({}, {"metric": "acuracy"}, 'study.metric: there is no column "acuracy"; did you mean "accuracy"?'),
    ({}, {"variant": "optimiser"}, 'results.variant: there is no column "optimiser"; did you mean "optimizer"?'),
    ({}, {"base": "rmsprop"}, 'results.base: there is no variant "rmsprop"; known: sgd, adam'),
    ({"optimizer": ["sgd"] * 16, "seed": [*range(16)]}, {}, "all runs are of one variant, optimizer = sgd"),
    ({"optimizer": [*range(16)]}, {}, "every variant has one run"),
    ({"epoch": [1] * 16, "seed": [0] * 16}, {}, 'if a run has a row for each epoch, write epoch = "epoch"'),
    ({}, {"metric": "zeal"}, 'there is no column "zeal"; known: optimizer, lr, seed'),
    ({"zeal": [*range(16)]}, {"metric": "zeal"}, 'whether more or less of "zeal" is better; write "max" or "min"'),
    ({"seconds": [*range(16)]}, {"metric": "seconds"}, "which is a column of every run; rename it"),
    ({}, {"claims": [{"claim": "x", "better": "nadam", "than": "sgd"}]}, 'no variant "nadam"; known: base'),
    ({}, {"seed": "optimizer"}, '"optimizer" is named for two things'),
    ({}, {"name": "../up"}, "is not a valid study name"),
    ({}, {"claims": [3]}, "hypothesis"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "asked", "message"), WRONG)
def test_what_is_wrong_is_said(
    tmp_path: Path, judge: Judge, changed: dict[str, Any], asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(StudyError) as error:
        judge(columns(**changed), **asked)
    assert message in str(error.value)
    assert not (tmp_path / "runs").exists()


def test_too_many_variants_are_refused(judge: Judge) -> None:
    count = 10_001
    table = {
        "optimizer": [*range(count)] * 2,
        "seed": [0] * count + [1] * count,
        "accuracy": [0.5] * (2 * count),
    }
    with pytest.raises(StudyError, match="10,001 variants; 10,000 are the most"):
        judge(table)
    with pytest.raises(StudyError, match="10,001 columns, each a variant; 10,000 are the most"):
        judge({f"v{number}": [0.5] for number in range(count)}, wide=True, seed=None)


def test_too_many_runs_are_refused(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "MOST_RUNS", 1000)
    count = 501
    table = {
        "optimizer": ["a"] * count + ["b"] * count,
        "seed": [*range(count)] * 2,
        "accuracy": [0.5] * (2 * count),
    }
    with pytest.raises(StudyError, match="1,000 are the most"):
        judge(table)


# --- a study like any other -----------------------------------------------------------------------------


def test_a_study_file_may_name_a_table(tmp_path: Path) -> None:
    written(tmp_path / "results.csv", columns())
    text = """
name = "judged"
[results]
path = "results.csv"
variant = "optimizer"
seed = "seed"
[study]
metric = "accuracy"
[[hypothesis]]
claim = "Adam is better"
better = "adam"
than = "sgd"
"""
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    result = seedbed.load(path).run(runs_dir=tmp_path / "runs", progress=False)
    assert result.judgements[0].verdict == "supported"
    again = seedbed.load(result.directory / "study.toml").run(runs_dir=tmp_path / "again", progress=False)
    assert again.document["hypotheses"] == result.document["hypotheses"]
    with pytest.raises(StudyError, match="the results have 8 seeds, and nothing is run"):
        seedbed.resume(result.directory, seeds=12)
    with pytest.raises(StudyError, match=r"ablate: .*leave this out"):
        Study.parse(f'{text}\n[ablate]\n"settings.lr" = [1]', path)
    assert 'id="variants"' in result.report().read_text(encoding="utf-8")


def test_one_that_was_interrupted_goes_on(
    judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {name: values[3:] for name, values in columns().items()}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ResultsWork, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            judge(table, seed=None)
    (directory,) = (tmp_path / "runs" / "results").iterdir()
    result = seedbed.resume(directory, progress=False)
    assert result.status == "complete"
    assert result.document["ranking"] == judge(table, seed=None).document["ranking"]


def test_a_table_in_memory_is_stored_with_its_study(judge: Judge, tmp_path: Path) -> None:
    result = judge(pa.table(columns()))
    again = seedbed.load(result.directory / "study.toml").run(runs_dir=tmp_path / "again", progress=False)
    assert again.document["ranking"] == result.document["ranking"]


def test_claims_may_come_from_a_file(judge: Judge, tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(
        '[study]\nmatters = 0.01\n[[hypothesis]]\nclaim = "alike"\nsimilar = ["adam", "base"]', "utf-8"
    )
    result = judge(columns(), claims=path)
    assert (result.matters, result.judgements[0].verdict) == (0.01, "refuted")
    assert math.isclose(judge(columns(), claims=path, matters=0.2).matters or 0, 0.2)


@pytest.mark.skipif(not hasattr(pa, "string_view"), reason="this pyarrow has no views")
@pytest.mark.parametrize("in_file", [True, False])
def test_text_in_views_is_text_as_polars_writes_it(judge: Judge, tmp_path: Path, in_file: bool) -> None:
    long = "adam with a name that no view holds by itself"
    names = pa.array([*["sgd"] * SEEDS, *[long] * SEEDS, None], pa.string_view())[:-1]
    table = pa.table({**columns(), "optimizer": names})
    seen = [judge(table)]
    if in_file:
        with (
            pa.OSFile(str(tmp_path / "views.arrow"), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
        seen = [judge(tmp_path / "views.arrow")]
    assert seen[0].variants == ["base", f"optimizer = {long}"]


def test_gaps_of_pandas_are_nan(judge: Judge) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(columns())
    frame.loc[0, "accuracy"] = float("nan")
    assert judge(frame).diverged == 1
