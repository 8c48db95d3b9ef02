"""`seedbed predict` as people and programs meet it."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

import fake_studies
import numpy as np
import pytest
from click.testing import CliRunner, Result

from seedbed.api import Study
from seedbed.cli import program
from seedbed.store.writer import Store

ROWS = [(f"{i:03d}", i / 40, "red" if i % 2 else "blue", i / 20 + i % 2) for i in range(40)]
TABLES = {
    "name": "t/prices",
    "data": {"source": "table", "path": "all.csv", "target": "price", "features": ["size", "color"]},
    "model": {"kind": "linear"},
    "training": {"epochs": 3, "lr": 0.1},
    "study": {"seeds": 3, "metric": "val.mse"},
}


def write(path: Path, rows: list[tuple[str, float, str, float]]) -> None:
    """A table with an id and the target."""
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["id,size,color,price", *lines]) + "\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a study that was run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEEDBED_RUNS", raising=False)
    write(tmp_path / "all.csv", ROWS)
    Study.from_dict(TABLES).run(engine="numpy")
    write(tmp_path / "new.csv", ROWS[:4])
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(program, ["predict", "t/prices", *words], prog_name="seedbed")


def test_rows_come_out_with_their_ids_and_the_scores_beside(here: Path) -> None:
    answer = call("--input", "new.csv")
    assert answer.exit_code == 0, answer.output
    lines = answer.stdout.splitlines()
    assert lines[0] == '"id","price","mean","spread"'
    assert [line.split(",")[0] for line in lines[1:]] == ['"000"', '"001"', '"002"', '"003"']
    which, said, header, *metrics = answer.stderr.splitlines()
    assert which.startswith("t/prices: the latest is 20")
    assert which.endswith(", complete)")
    assert said == "variant 'base', 3 seeds; scored on 4 of 4 rows"
    assert header.split() == ["metric", "ensemble", "seed", "0", "seed", "1", "seed", "2"]
    assert {line.split()[0] for line in metrics} >= {"mse", "mae", "r2"}
    assert all(len(line.split()) == 5 for line in metrics)


def test_json_stands_alone_and_holds_every_seed(here: Path) -> None:
    document = json.loads(call("--input", "new.csv", "--json").stdout)
    assert [row["id"] for row in document["predictions"]] == ["000", "001", "002", "003"]
    scores = document["scores"]
    assert [row["seed"] for row in scores["seeds"]] == [0, 1, 2]
    errors = [row["mean"] - row["price"] for row in document["predictions"]]
    assert scores["ensemble"]["mse"] == pytest.approx(np.mean(np.square(errors)))
    assert call("--input", "new.csv", "--json", "--output", "a.json").stdout == ""
    assert json.loads((here / "a.json").read_text()) == document


def test_of_many_seeds_the_range_is_shown(here: Path) -> None:
    Study.from_dict({**TABLES, "study": {"seeds": 8, "metric": "val.mse"}}).run(engine="numpy")
    header = call("--input", "new.csv").stderr.splitlines()[2]
    assert header.split() == ["metric", "ensemble", "median", "seed", "lowest", "highest"]


def test_one_row_without_its_target_is_answered(here: Path) -> None:
    (here / "one.csv").write_text("color,size\nred,0.5\n")
    answer = call("--input", "one.csv")
    assert len(answer.stdout.splitlines()) == 2
    assert answer.stderr.splitlines()[1:] == [
        "variant 'base', 3 seeds; not scored: the table has no target 'price'"
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("color,size\nteal,0.5\nred,1\n", "expected a value that the networks were trained on (blue, red)"),
        ("size\n0.5\n", "lacks 'color'"),
        ("color,size\nred,\n", "'size' is missing"),
        ("", "is empty"),
        ("color,size\n", "has a header but no rows"),
    ],
)
def test_what_cannot_be_answered_is_one_error_and_leaves_nothing(here: Path, content: str, says: str) -> None:
    (here / "new.csv").write_text(content)
    answer = call("--input", "new.csv", "--output", "out.csv")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert answer.stderr.splitlines()[1].startswith("error: new.csv")
    assert says in answer.stderr
    assert not (here / "out.csv").exists()


def test_an_untrained_study_is_refused(here: Path) -> None:
    (directory,) = (here / "runs" / "t" / "prices").iterdir()
    rows = [
        {"variant": "base", "seed": seed, "status": "interrupted", "steps": 0, "val.mse": 0.1}
        for seed in range(3)
    ]
    fake_studies.write_table(fake_studies.older(directory), "runs", rows)
    answer = call("--input", "new.csv")
    assert answer.exit_code == 2
    assert "its runs were interrupted before their first step" in answer.stderr


def test_what_is_good_to_know_is_said_beside_the_rows(here: Path) -> None:
    data = {**TABLES["data"], "target": "log(price + 1)", "where": "size < 0.98"}
    Study.from_dict({**TABLES, "data": data}).run(engine="numpy")
    (here / "new.csv").write_text("mean,size,color\n7,0.99,red\n8,0.5,blue\n")
    answer = call("--input", "new.csv")
    assert answer.stdout.splitlines()[0] == '"mean","predicted:mean","spread"'
    assert [line.split(",")[0] for line in answer.stdout.splitlines()[1:]] == ['"7"', '"8"']
    assert "predicted:mean is of log(price + 1)" in answer.stderr
    assert "'mean' came with the rows and stays" in answer.stderr
    assert "data.where = 'size < 0.98' would have left out 1 of 2 rows of training" in answer.stderr
    document = json.loads(call("--input", "new.csv", "--json").stdout)
    assert document["columns"] == {"mean": "predicted:mean", "spread": "spread"}
    assert (document["target"], document["rows_outside_where"]) == ("log(price + 1)", 1)


def test_of_a_name_it_is_said_which_run_of_the_study_it_stands_for(here: Path) -> None:
    def first_lines(name: str) -> set[str]:
        shown = [
            ["show", name],
            ["show", name, "--json"],
            ["report", name],
            ["predict", name, "--input", "new.csv"],
        ]
        called = [CliRunner().invoke(program, words, prog_name="seedbed") for words in shown]
        return {(one.stderr.splitlines() or [""])[0] for one in called}

    (first,) = (here / "runs" / "t" / "prices").iterdir()
    began = datetime.strptime(first.name[:15], "%Y%m%d-%H%M%S").strftime("%Y-%m-%d %H:%M")
    (said,) = first_lines("t/prices")
    assert said == f"t/prices: the latest is {first.name} ({began}, complete)"
    assert not any("the latest" in line for line in first_lines(first.name) | first_lines(str(first)))

    later = Store.create(here / "runs", "t/prices", "ff" * 8)
    for name in ("resolved.json", "study.toml"):
        (later.directory / name).write_bytes((first / name).read_bytes())
    later.close()
    (said,) = first_lines("t/prices")
    assert said.startswith(f"t/prices: the latest is {later.id} (")
    assert said.endswith(
        f", interrupted), and no run of it finished; {first.name} ({began}, complete) has some: name it by its id"
    )
    shutil.rmtree(first)
    (said,) = first_lines("t/prices")
    assert said.endswith(", interrupted), and no run of it finished")


def test_json_is_bounded_and_csv_is_written_in_pieces(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = call("--input", "all.csv").stdout
    monkeypatch.setattr("seedbed.cli.predict.MOST_ROWS_AS_JSON", 39)
    monkeypatch.setattr("seedbed.results.predict.ROWS_WRITTEN_AT_ONCE", 7)
    refused = call("--input", "all.csv", "--json", "--output", "all.json")
    assert refused.exit_code == 2
    assert "--json takes at most 39 rows, got 40" in refused.stderr
    assert not (here / "all.json").exists()
    call("--input", "all.csv", "--output", "out.csv")
    assert (here / "out.csv").read_text() == call("--input", "all.csv").stdout == whole
