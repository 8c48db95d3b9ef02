"""An unfinished study of which a file is damaged before it is resumed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from damage import Damage, sweep
from faults.moments import Fault
from faults.same import differences
from faults.survival import Scene, directories


def unfinished(scene: Scene, runs: Path) -> Path:
    """A study that was killed after its first group."""
    begun = Fault("SIGKILL", runs, scene.root / "struck", operation=scene.operations * 6 // 10)
    assert scene.go_on(runs, begun).is_killed
    (directory,) = directories(runs)
    return directory


def damages(directory: Path, seed: int, number: int) -> Iterator[Damage]:
    """Every damage to its files, in a random order, at so many places."""
    every = list(sweep(directory, seed, number, number))
    random.Random(seed).shuffle(every)
    yield from every


def outcome(scene: Scene, directory: Path, damage: Damage, place: Path) -> str:
    """Resume a damaged copy; it is "refused", naming the file, or ends as it would have ("recovered")."""
    copy = place / directory.name
    shutil.copytree(directory, copy)
    try:
        with (
            suppress(FileNotFoundError),
            damage.done_to(copy),
        ):  # a file of which nothing is left to be made whole
            end = scene.command(["resume", str(copy), "--runs-dir", str(place)])
            found = differences(scene.reference, copy) if end.code == 0 else []
    finally:
        shutil.rmtree(copy)
    assert end.code in (0, 2), f"{damage}: {end.output}"
    assert found == [], f"{damage}: {found}"
    assert end.code == 0 or damage.file in end.output, f"{damage}: {end.output}"
    assert "Traceback" not in end.output
    return "refused" if end.code else "recovered"
