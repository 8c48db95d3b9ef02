"""From Python: studies of plain data, results opened by name, signatures and texts that help."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import fake_studies
import pytest
from study_files import document, small

import seedbed
from seedbed.analysis.wording import number
from seedbed.api import Result, Study
from seedbed.store.schema import StoreError
from seedbed.study.problems import StudyError


def test_a_study_of_plain_data_is_the_study_of_its_file() -> None:
    changes = {
        "ablate": {"training.lr": [0.01], "model.norm": ["none"]},
        "variant": [{"name": "big", "set": {"model.hidden": [64, 64]}}],
        "hypothesis": [{"claim": "A norm helps", "better": "base", "than": "norm = none"}],
        "quick": {"training.epochs": 1},
    }
    made, read = Study.from_dict(document(changes)), Study.parse(small(changes))
    assert (made.variants, made.hypotheses, made.tables) == (read.variants, read.hypotheses, read.tables)
    assert Study.parse(made.text).variants == read.variants  # what is stored can be run again


def test_all_that_is_wrong_with_plain_data_is_said_at_once() -> None:
    with pytest.raises(StudyError) as caught:
        Study.from_dict(document({"training.learnrate": 0.1, "model.kind": "mpl"}))
    assert "learnrate" in str(caught.value)
    assert '"mpl" is not one of' in str(caught.value)
    with pytest.raises(StudyError, match=r"study: training\.lr: expected text, a number, .* got object"):
        Study.from_dict(document({"training.lr": object()}))


def test_paths_count_from_the_directory_given(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{i},{i}\n" for i in range(40)))
    tables = document({"data": {"source": "table", "path": "t.csv", "target": "y"}, "model.norm": None})
    result = Study.from_dict(tables, directory=tmp_path).run(runs_dir=tmp_path / "runs")
    assert result.status == "complete"


def test_results_are_opened_by_name_and_by_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = fake_studies.regression(tmp_path / "runs", seeds=2)
    assert seedbed.open("trig/norm-init", runs_dir=tmp_path / "runs").directory == directory
    assert seedbed.open(directory).id == directory.name
    monkeypatch.chdir(tmp_path)
    assert seedbed.open(directory.name[:15]).id == directory.name
    monkeypatch.setenv("SEEDBED_RUNS", str(tmp_path / "absent"))
    with pytest.raises(StoreError, match="no study 'trig/norm-init'"):
        seedbed.open("trig/norm-init")
    assert seedbed.load("trig/norm-init").name == "trig/norm-init"


def test_a_star_import_leaves_open_alone() -> None:
    names: dict[str, Any] = {}
    exec("from seedbed import *", names)
    assert "Study" in names
    assert "open" not in names


def test_a_study_is_run_by_its_method_or_the_function() -> None:
    assert seedbed.run is Study.run
    parameters = inspect.signature(seedbed.run).parameters.values()
    assert all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters)


def test_a_study_says_what_it_is() -> None:
    claims = [{"claim": "A", "better": "base", "than": "norm = none"}]
    study = Study.parse(small({"ablate": {"model.norm": ["none"]}, "hypothesis": claims}))
    assert repr(study) == (
        "<Study tests/small: 2 variants ('base', 'norm = none') x 2 seeds, compared by val.mse (lower is better), "
        "1 claim to test>"
    )
    many = Study.parse(small({"ablate": {"training.lr": [0.01 * i for i in range(1, 9)]}}))
    assert "9 variants ('base', 'lr = 0.01', 'lr = 0.02', 'lr = 0.03', 'lr = 0.04', ...)" in repr(many)


def test_a_result_says_what_came_out(tmp_path: Path) -> None:
    result = Result.open(fake_studies.classification(tmp_path))
    median = number(result.summary("momentum", "val.accuracy").median)
    assert repr(result).startswith(
        f"<Result mnist/mlp {result.id}: complete, 4 variants x 10 seeds; best by median "
    )
    assert f"val.accuracy: 'momentum' ({median})" in repr(result)
    assert repr(result).endswith(f"; 3 runs diverged; in {result.directory}>")


def test_a_result_without_runs_says_so(tmp_path: Path) -> None:
    shown = repr(Result.open(fake_studies.regression(tmp_path, finished=False)))
    assert "interrupted, 4 variants x 12 seeds; 0 of 48 runs finished; in " in shown
