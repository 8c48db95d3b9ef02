"""The examples run as their first lines say, with their quick settings."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from seedbed.data.datasets import listed

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("SEEDBED_DATA", ROOT.parent / "shared" / "data"))
NEEDS: dict[str, tuple[str, ...]] = {  # modules and public datasets
    "command": ("torch", "sklearn"),
    "function": ("sklearn", "sgemm"),
    "module": ("torch", "sklearn"),
}


def missing(name: str) -> list[str]:
    """What an example needs and is not at hand."""
    present = {row["name"] for row in listed(SHARED) if row["present"]}
    return [one for one in NEEDS[name] if one not in present and not find_spec(one)]


def test_the_example_of_results_is_judged(tmp_path: Path) -> None:
    results = ROOT / "examples" / "results"
    line = (results / "claims.toml").read_text(encoding="utf-8").splitlines()[1]
    words = shlex.split(line.removeprefix("#"))
    assert words[0] == "seedbed"
    ran = subprocess.run(
        [sys.executable, "-m", *words, "--json", "--runs-dir", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert [one["verdict"] for one in document["hypotheses"]] == ["supported"] * 3
    assert document["ranking"][:2] == ["model = support vectors", "model = nearest neighbours"]


@pytest.mark.parametrize("name", sorted(path.parent.name for path in ROOT.glob("examples/*/study.toml")))
def test_examples_run(name: str, tmp_path: Path) -> None:
    if lacking := missing(name):
        pytest.skip(f"{' and '.join(lacking)} not at hand")
    study = ROOT / "examples" / name / "study.toml"
    words = ["run", str(study), "--quick", "--trust", "--json", "--runs-dir", str(tmp_path)]
    ran = subprocess.run(
        [sys.executable, "-m", "seedbed", *words],
        capture_output=True, text=True, check=False, env={**os.environ, "SEEDBED_DATA": str(SHARED)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["status"] == "complete"
    assert all(one["runs"] and not one["diverged"] + one["crashed"] for one in document["variants"])
