"""A file of an unfinished study is damaged: resuming it names the file, or ends with what would have been."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import Damage
from faults.damaged import damages, outcome, unfinished
from faults.survival import Scene

from seedbed.files import TEMPORARY
from seedbed.store.schema import JOURNAL


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A small study."""
    return Scene(tmp_path_factory.mktemp("scene"), "small")


@pytest.fixture(scope="module")
def directory(scene: Scene) -> Path:
    """It, killed while its second group was written."""
    return unfinished(scene, scene.root / "killed")


def test_no_file_can_be_damaged_unseen(scene: Scene, directory: Path, tmp_path: Path) -> None:
    one_of_each: dict[str, Damage] = {}
    for one in damages(directory, 1, 2):
        if not one.file.endswith(TEMPORARY):
            one_of_each.setdefault(one.file, one)
    outcomes = {file: outcome(scene, directory, one, tmp_path) for file, one in one_of_each.items()}
    outcomes.pop(JOURNAL)  # whose last line may be what a crash left
    assert set(outcomes.values()) == {"refused"}, outcomes
    assert {"plan.json", "resolved.json", "study.toml", "parts/runs-000000.parquet"} < outcomes.keys()


@pytest.mark.parametrize("kind", ["directory", "flipped"])
def test_what_was_half_written_stops_nothing(
    scene: Scene, directory: Path, tmp_path: Path, kind: str
) -> None:
    one = next(one for one in damages(directory, 1, 2) if one.kind == kind and one.file.endswith(TEMPORARY))
    assert outcome(scene, directory, one, tmp_path) == "recovered"
