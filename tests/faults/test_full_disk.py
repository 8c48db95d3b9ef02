"""A disk that is full, and writes that fail: a message with the path, nothing damaged, and the study goes on later."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from faults.same import differences
from faults.survival import Scene, directories, fail_and_go_on, told_of_a_failed_write

from seedbed.results.documents import document
from seedbed.results.result import Result


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"), "small")


def goes_on(scene: Scene, runs: Path) -> None:
    """Once there is room the study goes on, and gives what it would have given."""
    for directory in directories(runs):
        if (directory / "resolved.json").exists():
            document(Result.open(directory))
    end = scene.go_on(runs)
    assert end.code == 0, end.output
    directory = directories(runs)[-1]
    assert differences(scene.reference, directory) == []


@pytest.mark.parametrize("part", range(8))
def test_a_write_that_fails_is_told_and_the_study_goes_on(scene: Scene, part: int, tmp_path: Path) -> None:
    draw = random.Random(part)
    number = draw.randint(part * scene.operations // 8 + 1, (part + 1) * scene.operations // 8)
    fail_and_go_on(scene, tmp_path, draw, number)
    (directory,) = directories(tmp_path)
    assert differences(scene.reference, directory) == []


@pytest.mark.parametrize("size", [1000, 5000, 15000])
def test_a_file_that_may_not_grow_is_told_and_the_study_goes_on(
    scene: Scene, size: int, tmp_path: Path
) -> None:
    end = scene.go_on(tmp_path, partial(resource.setrlimit, resource.RLIMIT_FSIZE, (size, size)))
    told_of_a_failed_write(end, "File too large", tmp_path)
    goes_on(scene, tmp_path)


MOUNTED = """
set -e
mkdir -p {place} && mount -t tmpfs -o size={size} none {place}
set +e
{command} > {log} 2>&1
echo $? > {log}.code
set -e
mount -o remount,size=100m {place}
cp -r {place}/. {copy}
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare")
@pytest.mark.parametrize("size", ["16k", "64k", "200k"])
def test_a_full_disk_is_told_and_the_study_goes_on(scene: Scene, size: str, tmp_path: Path) -> None:
    place, copy, log = (tmp_path / name for name in ("disk", "copy", "log"))
    copy.mkdir()
    words = [sys.executable, "-m", "seedbed", *scene.words, "--runs-dir", str(place), "--quiet"]
    script = MOUNTED.format(place=place, size=size, command=" ".join(map(repr, words)), log=log, copy=copy)
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=120)
    if "unshare" in ran.stderr or "mount" in ran.stderr:
        pytest.skip(f"a small disk cannot be mounted here: {ran.stderr}")
    output = log.read_text()
    assert Path(f"{log}.code").read_text().strip() == "1", output
    assert "No space left on device" in output
    assert str(place) in output
    goes_on(scene, copy)
