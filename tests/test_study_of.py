"""Studies that a program makes of a function of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import seedbed
from seedbed.api import Study
from seedbed.study.problems import StudyError


def score(settings: dict[str, Any], seed: int) -> dict[str, float]:
    """A function of a module that other processes find."""
    return {"accuracy": settings["skill"] + 0.01 * seed, "loss": 1.0}


def study(function: Any = score, **more: Any) -> Study:
    asked = {"settings": {"skill": 1.0}, "ablate": {"skill": [2.0]}, "seeds": 6, "metric": "accuracy"}
    return Study.of(function, **{**asked, **more})


def test_a_function_of_a_notebook_is_run_stored_and_gone_on_with(tmp_path: Path) -> None:
    offset = 3.0

    def run(settings: dict[str, Any], seed: int) -> Iterator[dict[str, float]]:
        for epoch in range(3):
            yield {"accuracy": settings["skill"] + offset + 0.01 * seed + epoch}

    claim = {"claim": "More skill is better", "better": "skill = 2.0", "than": "base"}
    result = study(run, hypotheses=[claim]).run(runs_dir=tmp_path)
    assert result.summary("skill = 2.0", "accuracy").median == pytest.approx(2 + 3 + 2 + 0.025)
    assert result.document["hypotheses"][0]["verdict"] == "supported"
    assert len(result.curves) == 2 * 6 * 3
    assert list((result.directory / "code").rglob("test_study_of.py"))  # which code ran
    with pytest.raises(StudyError, match=r"seedbed.resume\(ID, function=\.\.\.\)"):
        seedbed.resume(result.directory, 8)
    more = seedbed.resume(result.directory, 8, function=run)
    assert (more.status, len(more.runs)) == ("complete", 16)


def test_a_function_of_a_module_runs_again_from_what_is_stored(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from seedbed import Study\n\n\n"
        "def run(settings, seed):\n    return {'score': settings['a'] * seed}\n\n\n"
        "if __name__ == '__main__':\n"
        "    import mine\n"
        "    Study.of(mine.run, {'a': 1.0}, ablate={'a': [2.0]}, seeds=2, metric='score').run(runs_dir='runs')\n"
    )
    subprocess.run([sys.executable, "mine.py"], cwd=tmp_path, check=True, capture_output=True)
    (stored,) = (tmp_path / "runs" / "run").iterdir()
    again = Study.load(stored / "study.toml").run(runs_dir=tmp_path / "again", trust=True)
    assert again.runs["score"].to_pylist() == seedbed.open(stored).runs["score"].to_pylist() == [0, 1, 0, 2]


@pytest.mark.parametrize("on", ["local", "processes"])
def test_it_runs_wherever_shards_are_computed(tmp_path: Path, on: str) -> None:
    assert study().run(runs_dir=tmp_path, on=on).summary("base", "accuracy").median == pytest.approx(1.025)


def test_what_is_wrong_is_said_in_the_words_of_a_study_file() -> None:
    with pytest.raises(
        StudyError, match=r'"settings\.skil": no such setting; did you mean "settings\.skill"'
    ):
        study(ablate={"skil": [1]})
    with pytest.raises(StudyError, match=r"study\.direction"):
        study(metric="zest")
    with pytest.raises(StudyError, match=r"function\.time_out"):
        study(time_out=3)
    assert study(direction="min", metric="zest", name="mine/zest", timeout=3).direction == "min"
