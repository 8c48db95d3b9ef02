"""The text that is stored of a study runs again as it was run, wherever it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from study_files import small

from seedbed.api import Study
from seedbed.study.rerun import stored_text

ELSEWHERE = Path("/elsewhere")
TABLE = {"source": "table", "path": "a.csv", "target": "y", "scale": "standard"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = "".join(f"{x},{x * x}\n" for x in range(40))
    (tmp_path / "a.csv").write_text("x,y\n" + rows)
    (tmp_path / "b.csv").write_text("x,y\n" + rows)
    return tmp_path


def again(study: Study, elsewhere: Path) -> Study:
    """The study that is read from what is stored of it, in another folder."""
    elsewhere.mkdir()
    (elsewhere / "study.toml").write_text(stored_text(study, elsewhere), encoding="utf-8")
    return Study.load(elsewhere / "study.toml")


def asked(study: Study) -> list[Any]:
    variants = [(one.name, one.settings, one.configuration.model_dump()) for one in study.variants]
    return [variants, study.seeds, study.metric, study.hypotheses, study.seed, study.directory]


def test_a_study_that_stands_by_itself_is_stored_as_given() -> None:
    text = "# mine\n" + small({"study.seeds": 3})
    assert stored_text(Study.parse(text), ELSEWHERE) == text


def test_a_relative_path_keeps_its_folder_and_the_text_its_comments(table: Path) -> None:
    given = "# mine\n" + small({"data": TABLE, "ablate": {"data.path": ["b.csv"]}})
    (table / "study.toml").write_text(given)
    study = Study.load(table / "study.toml")
    assert stored_text(study, ELSEWHERE).endswith(given)
    stored = again(study, table / "elsewhere")
    assert asked(stored) == asked(study)
    assert [variant.name for variant in stored.variants] == ["base", "path = b.csv"]
    assert stored_text(stored, ELSEWHERE) == stored_text(study, ELSEWHERE)  # also of what was stored
    assert stored_text(stored.override(seeds=3), ELSEWHERE).count("directory") == 1


def test_what_override_changes_is_stored(table: Path) -> None:
    (table / "study.toml").write_text(small({"data": TABLE, "quick": {"training.steps": 3}}))
    study = Study.load(table / "study.toml").override(
        {"training.lr": 0.25}, {"training.batch_size": "5,6"}, seeds=7, quick=True
    )
    stored = again(study, table / "elsewhere")
    assert asked(stored) == asked(study)
    assert (stored.seeds, len(stored.variants)) == (7, 3)


def test_arrays_of_a_study_are_looked_for_beside_it(tmp_path: Path) -> None:
    x = np.arange(20.0).reshape(10, 2)
    tables = {"name": "a", "model": {"kind": "linear"}, "training": {"epochs": 1, "lr": 0.1, "batch_size": 4}}
    study = Study.from_dict(tables, x=x, y=x[:, 0])
    assert "directory" not in stored_text(study, ELSEWHERE)
    result = study.run(seeds=2, runs_dir=tmp_path, engine="numpy", progress=False)
    assert (
        Study.load(result.directory / "study.toml").run(runs_dir=tmp_path, progress=False).status
        == "complete"
    )
