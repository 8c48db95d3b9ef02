"""Which files beside a script are its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedbed.trainables.source_files import with_imports

FILES = {
    "train.py": "import numpy, helpers\nfrom parts import model\nfrom parts.data import load\nimport absent",
    "helpers.py": "import train\nimport far.away",
    "parts/__init__.py": "",
    "parts/model.py": "from . import layers\nfrom .data import load\nfrom ..x import y",
    "parts/layers.py": "",
    "parts/data.py": "def f():\n    import late",
    "parts/unused.py": "",
    "far/away.py": "",
    "late.py": "",
    "numbers.txt": "import helpers",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def names(directory: Path, *files: str) -> list[str]:
    found = with_imports(directory / file for file in files)
    return [file.relative_to(directory).as_posix() for file in found]


def test_what_a_script_imports_from_beside_it_is_found(directory: Path) -> None:
    found = names(directory, "train.py", "numbers.txt")
    assert found[:2] == ["train.py", "numbers.txt"]
    assert set(found) == set(FILES) - {"parts/unused.py"}
    assert len(set(found)) == len(found)


def test_other_files_are_not_read(directory: Path) -> None:
    assert names(directory, "numbers.txt") == ["numbers.txt"]


@pytest.mark.parametrize("text", ["def", "\0", "(" * 100_000, "# -*- coding: nonsense -*-\nimport helpers"])
def test_what_python_cannot_read_is_only_itself(directory: Path, text: str) -> None:
    (directory / "odd.py").write_text(text)
    assert names(directory, "odd.py") == ["odd.py"]
