"""Running a study: what is recorded of how it was computed, and groups that fit the device."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_studies import older
from study_files import small

from seedbed.api import Result, Study, run
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.choice import Choice, EngineError, choose
from seedbed.execution.progress import Silent
from seedbed.plan.plan import plan
from seedbed.store.reader import listing
from seedbed.trainables import recipe_work
from seedbed.training import memory

STUDY = Study.parse(small({"study.seeds": 4}), "a.toml")


def computed(directory: Path, **options: Any) -> Result:
    return run(STUDY, runs_dir=directory, **options)


def pieces(result: Result) -> list[int]:
    """How many runs each group had."""
    lines = (Path(result.directory) / "journal.jsonl").read_text().splitlines()
    return [event["runs"] for event in map(json.loads, lines) if event["event"] == "group"]


def device_with(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numpy engine, as if on a device of its own memory."""
    chosen = Choice(ArrayEngine, "torch", "cuda", memory=free)
    monkeypatch.setattr(recipe_work, "choose", lambda *_: chosen)


def test_how_it_was_computed_is_recorded(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    result = computed(tmp_path, engine="torch", device="cpu", precision="bf16")
    facts = ("engine", "device", "precision", "cuda_graphs")
    assert [result.environment[fact] for fact in facts] == ["torch", "cpu", "bf16", False]


def test_what_a_study_says_of_its_metric_is_stored_and_used(tmp_path: Path) -> None:
    said = {"scale": "difference", "matters": 0.25, "fails_above": 1e-9}
    text = small({"study.seeds": 2, **{f"study.{name}": value for name, value in said.items()}})
    result = Study.parse(text).run(runs_dir=tmp_path, engine="numpy")
    assert {name: result.study[name] for name in said} == said
    assert (result.scale("val.mse"), result.matters, result.fails_beyond("base")) == (
        "difference",
        0.25,
        1e-9,
    )
    assert result.failed("base").tolist() == [True, True]
    usual = Study.parse(small({"study.seeds": 2})).run(runs_dir=tmp_path, engine="numpy")
    assert not {*said} & {*usual.study}
    assert not usual.failed("base").any()


def test_groups_are_cut_to_the_memory_of_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = computed(tmp_path, engine="numpy")
    (group,) = plan(STUDY).work.groups
    device_with(int(1.3 * memory.need(group, "torch").total), monkeypatch)  # of which half is used
    cut = computed(tmp_path)
    assert (pieces(whole), pieces(cut)) == ([4], [2, 2])
    for one, other in zip(cut.document["variants"], whole.document["variants"], strict=True):
        assert {**one, "seconds_per_run": None} == {**other, "seconds_per_run": None}


def test_a_run_larger_than_the_device_is_an_error_and_nothing_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device_with(1000, monkeypatch)
    with pytest.raises(
        EngineError, match=r"one run needs about .*, and 1 kB are free on the cuda device: use --device cpu"
    ):
        computed(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def mixed(tmp_path: Path) -> Study:
    """Some variants that the fused engine can train, and some that it cannot."""
    rng = np.random.default_rng(0)
    images, classes = rng.integers(0, 256, (40, 6, 6)).astype(np.uint8), rng.integers(0, 2, 40)
    np.savez(tmp_path / "a.npz", x=images, y=classes)
    wide = {"name": "wide", "set": {"model.blocks": [{"filters": 3}]}}
    dense = {"name": "dense", "set": {"model": {"kind": "mlp", "hidden": [3]}}}
    text = small(
        {
            "data": {"source": "npz", "path": "a.npz"},
            "model": {"kind": "cnn", "blocks": [{"filters": 2}]},
            "study.metric": "val.accuracy",
            "variant": [dense, wide],
        }
    )
    (tmp_path / "mixed.toml").write_text(text)
    return Study.load(str(tmp_path / "mixed.toml"))


def test_an_engine_that_cannot_train_some_variants_is_an_error_that_names_them(
    mixed: Study, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    message = (
        r"the fused engine cannot train 2 of 3 variants \(base, wide\): no kernel for the layer Conv2d; "
        "use --engine auto, which takes torch for"
    )
    with pytest.raises(EngineError, match=message):
        run(mixed, engine="fused", runs_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_auto_takes_the_best_engine_for_every_group(mixed: Study, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    result = run(mixed, runs_dir=tmp_path / "runs")
    assert result.environment["engine"] == "torch + fused"


def test_compiling_comes_before_the_clock_and_an_interrupt_of_it_stores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    class Watcher(Silent):
        def group_started(self, *_: object) -> None:
            calls.append("started")

    def interrupted() -> None:
        raise KeyboardInterrupt

    for prepare in (lambda: calls.append("compiled"), interrupted):
        monkeypatch.setattr(
            recipe_work, "choose", lambda *_, own=prepare: Choice(ArrayEngine, "numpy", prepare=own)
        )
        if prepare is interrupted:
            with pytest.raises(KeyboardInterrupt):
                computed(tmp_path / "interrupted", observer=Watcher())
        else:
            computed(tmp_path / "done", observer=Watcher())
    assert calls == ["compiled", "started"]
    assert listing(tmp_path / "interrupted") == []


def test_the_fused_engine_is_compiled_before_its_first_group() -> None:
    from seedbed.engines.fused.compiled import kernels

    (group,) = plan(STUDY).work.groups
    assert choose("fused", group.program()).prepare is kernels
    assert choose("numpy", group.program()).prepare is None


def test_what_the_data_are_is_stored_and_shown(tmp_path):
    study = Study.parse(small({"ablate": {"training.lr": [0.5]}}), tmp_path / "s.toml")
    result = study.run(runs_dir=tmp_path, engine="numpy")
    assert result.data == plan(study).facts == result.document["data"]
    page = result.report(tmp_path / "page.html").read_text()
    assert "baseline: always answering the training mean gives val.mse" in page
    assert "baseline: always" in result.table._repr_html_()
    resolved = older(result.directory) / "resolved.json"
    stored = json.loads(resolved.read_text())
    del stored["data"]
    resolved.write_text(json.dumps(stored))
    old = Result.open(result.directory)
    assert old.data == {}
    assert old.document["data"] is None
    assert "baseline" not in old.report(tmp_path / "old.html").read_text()


def test_what_is_odd_about_the_data_is_told_before_training(tmp_path: Path) -> None:
    calls: list[str] = []

    class Told(Silent):
        def message(self, text: str) -> None:
            calls.append(text)

    study = Study.parse(small({"study.seeds": 1, "data.split": [30, 5, 5]}), "a.toml")
    run(study, runs_dir=tmp_path, observer=Told())
    assert calls[0].startswith("! the split uses 40 of ")
