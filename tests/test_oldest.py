"""The versions that are tested are those that pyproject.toml names."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("digits", "images")  # what the run on the oldest versions installs


def lines() -> list[Requirement]:
    text = (ROOT / ".ci" / "oldest.txt").read_text(encoding="utf-8")
    return [Requirement(line) for line in text.splitlines() if not line.startswith("#")]


def test_the_oldest_versions_are_the_lower_bounds() -> None:
    asked = [
        *PROJECT["dependencies"],
        *(one for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra]),
    ]
    bounds = {one.name: str(one.specifier).replace(">=", "==") for one in map(Requirement, asked)}
    assert {one.name: str(one.specifier) for one in lines()} == bounds


def test_an_extra_asks_everywhere_for_the_same() -> None:
    bounds: dict[str, set[str]] = {}
    for names in PROJECT["optional-dependencies"].values():
        for one in map(Requirement, names):
            if not str(one.specifier).startswith("=="):  # what tests pin
                bounds.setdefault(one.name, set()).add(str(one.specifier))
    assert {name: found for name, found in bounds.items() if len(found) > 1} == {}


def test_the_pythons_that_are_named_are_those_that_ci_tests() -> None:
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    tested = re.findall(r"\d\.\d+", re.findall(r"python: \[(.*)\]", workflow)[0])
    named = [line.rpartition(" :: ")[2] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert named == tested
    assert PROJECT["requires-python"] == f">={tested[0]}"


def test_what_is_left_out_on_the_oldest_versions_exists() -> None:
    left_out = re.findall(r"--(?:ignore|deselect) (\S+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert len(left_out) >= 5
    for path, _, test in (one.partition("::") for one in left_out):
        assert f"def {test}" in (ROOT / path).read_text(encoding="utf-8")
