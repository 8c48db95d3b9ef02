"""Going on with studies: after an interrupt, an error or too little memory the results are those of a whole study."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults.same import differences
from study_files import document, small, toml

from seedbed.api import Result, Study, resume
from seedbed.engines.array_engine import ArrayEngine
from seedbed.execution import resuming, saving
from seedbed.execution.progress import Silent
from seedbed.results.notices import notices
from seedbed.store.groups import Group
from seedbed.store.models import read_models
from seedbed.store.reader import listing
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store
from seedbed.study.events import Epoch
from seedbed.study.problems import StudyError
from seedbed.study.trainable import TrainableError

CHANGES = {
    "study.seeds": 3,
    "training.epochs": 8,
    "training.keep_best": True,
    "ablate": {"model.hidden": [[3], [5]], "training.optimizer": ["adam"]},
    "hypothesis": [{"claim": "wider is better", "better": "hidden = 5", "than": "hidden = 3"}],
}
STUDY = Study.parse(small(CHANGES), "a.toml")


class Interrupting(Silent):
    """Presses Ctrl-C at the n-th evaluation of all, and keeps what is said."""

    def __init__(self, at: int = -1) -> None:
        self.left, self.lines = at, list[str]()

    def epoch(self, epoch: Epoch) -> None:
        self.left -= 1
        if not self.left:
            signal.raise_signal(signal.SIGINT)

    def message(self, text: str) -> None:
        self.lines.append(text)


def interrupted(directory: Path, at: int, study: Study = STUDY, engine: str = "numpy") -> Result:
    result = study.run(runs_dir=directory, engine=engine, observer=Interrupting(at))
    assert result.status == "interrupted"
    return result


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The directory of the study that nobody interrupted, by engine."""
    made: dict[str, Path] = {}

    def by_engine(engine: str) -> Path:
        if engine not in made:
            directory = tmp_path_factory.mktemp("whole")
            made[engine] = STUDY.run(runs_dir=directory, engine=engine, observer=Silent()).directory
        return made[engine]

    return by_engine


def different(one: Path, other: Path) -> list[str]:
    """What differs, also of which groups the files of models are made: shards are the same here."""
    groups = [
        {path.name: read_models(path)[1] for path in directory.glob("models/*")} for directory in (one, other)
    ]
    return differences(one, other) + (["groups of models"] if groups[0] != groups[1] else [])


# --- interrupts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["numpy", "fused", "torch"])
def test_interrupts_change_no_bit(engine: str, tmp_path: Path, whole: Callable[[str], Path]) -> None:
    if engine == "torch":
        pytest.importorskip("torch")
    result = interrupted(tmp_path, 3, engine=engine)
    for _ in range(30):
        if result.status == "complete":
            break
        result = resume(result.directory, observer=Interrupting(4))
    assert result.status == "complete"
    assert different(result.directory, whole(engine)) == []
    assert not (result.directory / "checkpoints").exists()
    assert sum(event["event"] == "resumed" for event in result.events) >= 3


def test_what_is_finished_is_shown_meanwhile(tmp_path: Path) -> None:
    result = interrupted(tmp_path, 12)
    (row,) = listing(tmp_path)
    assert (row["status"], row["runs"]) == ("interrupted", 12)
    assert 0 < row["stored"] == result.runs.num_rows < 12
    assert result.document["status"] == "interrupted"
    assert result.report().stat().st_size > 1000


def test_findings_and_seconds_outlive_an_interrupt(tmp_path: Path, whole: Callable[[str], Path]) -> None:
    result = interrupted(tmp_path, 12)
    before = result.environment["seconds"]
    result = resume(result.directory, observer=Silent())
    assert result.findings == Result.open(whole("numpy")).findings
    after = result.environment["seconds"]
    assert 0 < before["train"] < after["train"] < after["total"]
    assert after["train"] == pytest.approx(
        sum(event["seconds"] for event in result.events if event["event"] == "group")
    )


def test_a_complete_study_is_left_as_it_is(tmp_path: Path) -> None:
    result = STUDY.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    journal = (result.directory / "journal.jsonl").read_bytes()
    assert resume(result.directory).status == "complete"
    assert (result.directory / "journal.jsonl").read_bytes() == journal


def test_it_goes_on_where_it_was_moved_and_with_data_that_it_finds_by_a_relative_path(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "a.csv").write_text("x,y\n" + "".join(f"{x},{x % 7}\n" for x in range(60)))
    tables = document(CHANGES | {"data": {"source": "table", "path": "a.csv", "target": "y"}})
    (tmp_path / "given" / "a.toml").write_text(toml(tables))
    study = Study.load(tmp_path / "given" / "a.toml")
    expected = study.run(runs_dir=tmp_path / "whole", engine="numpy", observer=Silent())
    result = interrupted(tmp_path / "runs", 5, study)
    moved = shutil.move(result.directory, tmp_path / "moved")
    result = resume(moved, observer=Silent())
    assert different(result.directory, expected.directory) == []


# --- errors ---------------------------------------------------------------------------------------------


def test_a_study_that_failed_goes_on(
    tmp_path: Path, whole: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_groups, calls = Store.add_groups, list[Sequence[Group]]()

    def fails_once(store: Store, groups: Sequence[Group]) -> None:
        calls.append(groups)
        if len(calls) == 2:
            raise ZeroDivisionError("what nobody thought of")
        add_groups(store, groups)

    monkeypatch.setattr(Store, "add_groups", fails_once)
    with pytest.raises(ZeroDivisionError):
        STUDY.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    (row,) = listing(tmp_path)
    assert row["status"] == "failed"
    result = resume(row["id"], runs_dir=tmp_path, observer=Silent())
    assert different(result.directory, whole("numpy")) == []


def test_what_does_not_fit_into_memory_is_halved_also_by_who_goes_on(
    tmp_path: Path, whole: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ArrayEngine.train

    def limited(engine: ArrayEngine, batches: Any, *arguments: Any) -> np.ndarray:
        if len(batches.indices) > 2:
            raise MemoryError
        return train(engine, batches, *arguments)

    monkeypatch.setattr(ArrayEngine, "train", limited)
    watching = Interrupting(4)
    result = STUDY.run(runs_dir=tmp_path, engine="numpy", observer=watching)
    assert "there is too little memory for 3 runs at once: going on with 2 runs" in " ".join(watching.lines)
    result = resume(result.directory, observer=Silent())
    assert max(event["runs"] for event in result.events if event["event"] == "group") == 2
    # Groups, and with them the order of the rows of all tables but the runs', are others.
    expected = Result.open(whole("numpy"))
    assert result.document["hypotheses"] == expected.document["hypotheses"]
    kept = [line for line in differences(result.directory, expected.directory) if line.startswith("runs")]
    assert kept == ["runs: column group"]
    for name in expected.variants:
        mine, other = (one.trained(name) for one in (result, expected))
        assert mine
        assert other
        assert [array.tobytes() for array in mine.parameters.values()] == [
            array.tobytes() for array in other.parameters.values()
        ]


def test_a_run_that_does_not_fit_alone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(ArrayEngine, "train", full)
    with pytest.raises(TrainableError, match=r"too little memory for one run .*seedbed resume"):
        STUDY.run(runs_dir=tmp_path, engine="numpy", observer=Silent())


def test_a_damaged_checkpoint_begins_again_and_says_so(tmp_path: Path, whole: Callable[[str], Path]) -> None:
    result = interrupted(tmp_path, 3)
    (checkpoint,) = (result.directory / "checkpoints").iterdir()
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    watching = Interrupting()
    result = resume(result.directory, observer=watching)
    assert any("begins again" in line and checkpoint.name in line for line in watching.lines)
    assert different(result.directory, whole("numpy")) == []


# --- refusals -------------------------------------------------------------------------------------------


def test_one_process_at_a_time(tmp_path: Path) -> None:
    result = interrupted(tmp_path, 3)
    with Store.open(result.directory), pytest.raises(StoreError, match="is being written by process"):
        resume(result.directory)


def test_data_that_changed_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    table.write_text("x,y\n" + "".join(f"{x},{x % 7}\n" for x in range(60)))
    study = Study.parse(
        small(CHANGES | {"data": {"source": "table", "path": str(table), "target": "y"}}), "a.toml"
    )
    result = interrupted(tmp_path / "runs", 3, study)
    table.write_text(table.read_text().replace("3,3", "3,4"))
    with pytest.raises(StoreError, match=r"a\.csv has changed since the study was begun"):
        resume(result.directory)


def test_a_study_that_means_something_else_now_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = interrupted(tmp_path, 3)
    asked = resuming.asked_of

    def otherwise(study: Any) -> dict[str, Any]:
        now = asked(study)
        now["variants"][0]["recipe"]["training"]["lr"] = 0.2
        return now

    monkeypatch.setattr(resuming, "asked_of", otherwise)
    with pytest.raises(
        StoreError, match=r'means something else now .*variant "base".*go on with that version'
    ):
        resume(result.directory)


# --- more seeds -----------------------------------------------------------------------------------------


def by_run(result: Result, name: str) -> Iterator[tuple[Any, ...]]:
    columns = [result.runs[column].to_pylist() for column in ("variant", "seed", name)]
    return zip(*columns, strict=True)


def test_seeds_are_added_and_nothing_is_trained_again(tmp_path: Path) -> None:
    expected = STUDY.run(6, runs_dir=tmp_path / "whole", engine="numpy", observer=Silent())
    result = STUDY.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    trained = (result.directory / "runs.parquet").read_bytes()
    result = resume(result.directory, 6, observer=Silent())
    assert (result.status, len(result.seeds)) == ("complete", 6)
    assert list(by_run(result, "val.mse")) == list(by_run(expected, "val.mse"))
    assert result.curves.num_rows == expected.curves.num_rows
    mine, other = (one.trained("base") for one in (result, expected))
    assert mine
    assert other
    assert mine.seeds == other.seeds
    for name, values in mine.parameters.items():
        np.testing.assert_array_equal(values, other.parameters[name])
    seconds = {run: taken for *run, taken in map(list, by_run(result, "seconds")) for run in [tuple(run)]}
    assert trained != (result.directory / "runs.parquet").read_bytes()
    assert len(seconds) == 24
    assert [one["verdict"] for one in result.document["hypotheses"]] == [
        one["verdict"] for one in expected.document["hypotheses"]
    ]
    assert result.document["findings"] == expected.document["findings"]
    assert Study.load(result.directory / "study.toml").seeds == 6


def test_that_one_looked_before_seeds_were_added_is_said(tmp_path: Path) -> None:
    study = STUDY.override(seeds=6)
    result = study.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    result = resume(result.directory, 8, observer=Silent())
    (peeked,) = (event for event in result.events if event["event"] == "peeked")
    assert peeked["before"] == {"this study, round 1": 6}
    assert any("6 seeds in this study, round 1" in line for line in notices(result))


def test_seeds_are_added_to_a_study_that_is_not_complete(tmp_path: Path) -> None:
    expected = STUDY.run(5, runs_dir=tmp_path / "whole", engine="numpy", observer=Silent())
    result = interrupted(tmp_path / "runs", 3)
    result = resume(result.directory, 5, observer=Interrupting(20))
    assert result.status == "interrupted"
    (row,) = listing(tmp_path / "runs")
    assert row["runs"] in (12, 20)
    result = resume(result.directory, observer=Silent())
    assert (result.status, len(result.seeds)) == ("complete", 5)
    assert list(by_run(result, "val.mse")) == list(by_run(expected, "val.mse"))


def test_seeds_that_cannot_be_added_are_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    result = STUDY.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    plan = (result.directory / "plan.json").read_bytes()
    with pytest.raises(StudyError, match="expected 3 seeds or more"):
        resume(result.directory, 2)
    crossed = Study.parse(small({"study.seeds": 9, "study.vary_seeds": ["init", "order"]}), "a.toml")
    other = crossed.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    with pytest.raises(StudyError, match="crossed seeds cannot be added to"):
        resume(other.directory, 16)
    assert (result.directory / "plan.json").read_bytes() == plan
    assert [Result.open(one.directory).status for one in (result, other)] == ["complete", "complete"]


def test_checkpoints_are_written_while_it_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "EVERY", 0.0)
    monkeypatch.setattr(saving, "SHARE", 1e9)
    saved = list[int]()
    save = Store.save_checkpoint

    def noted(store: Store, number: int, *arguments: Any) -> None:
        saved.append(number)
        save(store, number, *arguments)

    monkeypatch.setattr(Store, "save_checkpoint", noted)
    result = STUDY.run(runs_dir=tmp_path, engine="numpy", observer=Silent())
    assert set(saved) == {0, 1, 2, 3}
    assert not (result.directory / "checkpoints").exists()
    assert json.loads((result.directory / "plan.json").read_text())["compute"]["engine"] == "numpy"
