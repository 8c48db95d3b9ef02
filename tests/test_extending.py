"""docs/extending.md shows how each kind of part is added; what it shows is added to a copy of the package and run.

A fenced block with a path after its language is a new file, a `diff` block with a path changes that file: lines with a
`+` are put after the line before them, which the file has once. A `toml` block is a study, which is run; a `python`
block without a path is a program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the path after that, and its text."""

    language: str
    path: str
    text: str


def sections(page: str) -> Iterator[tuple[str, list[Block]]]:
    """The title of every section that shows something, and its blocks."""
    for section in page.split("\n## ")[1:]:
        title = section.partition("\n")[0]
        blocks = [Block(*match) for match in BLOCK.findall(section)]
        if blocks:
            yield title, blocks


def with_rows(source: str, diff: str) -> str:
    """A file with the lines of a diff put in; what stands before them says where."""
    lines, at = source.splitlines(), None
    for line in diff.splitlines():
        if not line.startswith("+"):
            known = [number for number, own in enumerate(lines) if own == line.removeprefix(" ")]
            assert len(known) == 1, f"{line!r} stands there {len(known)} times"
            at = known[0]
            continue
        assert at is not None, "a diff begins with the line that the new ones follow"
        at += 1
        lines.insert(at, line.removeprefix("+"))
    return "\n".join(lines) + "\n"


SHOWN = dict(sections(PAGE))


@pytest.mark.parametrize("title", SHOWN)
def test_what_is_shown_works(title: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src"), "SEEDBED_RUNS": str(tmp_path / "runs")}
    done = 0
    for block in SHOWN[title]:
        path = tmp_path / block.path
        match block.language, bool(block.path):
            case "python", True:
                assert not path.exists(), f"{block.path} is there already"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            case "diff", True:
                path.write_text(with_rows(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
            case "toml", False:
                (tmp_path / "study.toml").write_text(block.text, encoding="utf-8")
                arguments = ["-m", "seedbed", "run", "study.toml", "--engine", "numpy", "--quiet"]
                done += ran(arguments, tmp_path, environment)
            case "python", False:
                program = block.text.replace(".run()", '.run(engine="numpy")')  # which compiles nothing
                done += ran(["-c", program], tmp_path, environment)
            case other:
                pytest.fail(f"{title}: nobody knows what a block {other} is for")
    assert done, f"{title} shows nothing that is run"


def ran(arguments: list[str], directory: Path, environment: dict[str, str]) -> int:
    """Run Python; 1, or a failure with what it said."""
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr or process.stdout
    return 1
