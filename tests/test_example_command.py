"""The example of a command: a script that knows nothing of Seedbed, and the few lines that put it under study."""

from __future__ import annotations

import difflib
import tomllib
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree

import pytest

from seedbed.api import Study

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "command"


def difference() -> list[str]:
    before, after = ((EXAMPLE / name).read_text().splitlines() for name in ("before/digits.py", "digits.py"))
    return list(difflib.unified_diff(before, after, "before/digits.py", "digits.py", n=1, lineterm=""))


def test_at_most_ten_lines_put_a_script_under_study_and_the_docs_show_them() -> None:
    lines = difference()
    changed = [line for line in lines[2:] if line.startswith(("+", "-"))]
    assert 0 < len(changed) <= 10
    assert "\n".join(lines) in (ROOT / "docs" / "your-own-training.md").read_text(encoding="utf-8")


@pytest.mark.skipif(
    not (find_spec("torch") and find_spec("sklearn")), reason="needs PyTorch and scikit-learn"
)
def test_it_runs(tmp_path: Path) -> None:
    copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    study = Study.load(tmp_path / "study.toml")
    assert study.seeds >= study.seeds_needed.versus_base
    assert study.seeds >= study.seeds_needed.hypotheses
    tables = {
        name: table
        for name, table in tomllib.loads(study.text).items()
        if name not in ("ablate", "hypothesis")
    }
    alone = Study.from_dict(tables, directory=tmp_path).override(quick=True, seeds=1)
    result = alone.run(runs_dir=tmp_path / "runs", trust=True)
    (run,) = result.runs.to_pylist()
    assert (run["status"], run["epochs"]) == ("complete", 1)
    assert 0.1 < run["accuracy"] < 1
    assert set(result.environment["code"]["files"]) == {"digits.py"}
