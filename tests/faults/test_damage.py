"""A file of an unfinished study is damaged: resuming it names the file, or ends with what would have been."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from faults.damaged import damages, outcome, unfinished
from faults.survival import Scene


def test_a_damaged_study_is_refused_or_ends_as_it_would_have(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "scene", "small")
    directory = unfinished(scene, tmp_path / "killed")
    outcomes = [
        outcome(scene, directory, one, tmp_path / "runs") for one in islice(damages(directory, 1, 2), 16)
    ]
    assert "refused" in outcomes
