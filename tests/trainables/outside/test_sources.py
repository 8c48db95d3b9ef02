"""Which files beside a script are its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from seedbed.trainables.outside.sources import files_of, with_imports

FILES = {
    "train.py": "import numpy, helpers\nfrom parts import model\nfrom parts.data import load\nimport absent",
    "helpers.py": "import train\nimport far.away",
    "parts/__init__.py": "",
    "parts/model.py": "from . import layers\nfrom .data import load\nfrom ....x import y",
    "parts/layers.py": "",
    "parts/data.py": "def f():\n    import late",
    "parts/unused.py": "",
    "far/away.py": "",
    "late.py": "",
    "unused.py": "import helpers",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def names(directory: Path, *files: str) -> set[str]:
    found = with_imports([directory / file for file in files], directory)
    return {file.relative_to(directory).as_posix() for file in found}


def test_what_a_script_imports_from_beside_it_is_found(directory: Path) -> None:
    expected = set(FILES) - {"parts/unused.py", "unused.py"}
    assert names(directory, "train.py") == expected
    assert files_of("train", directory) == tuple(sorted(directory / name for name in expected))


def test_of_a_package_each_file_on_the_way_is_found(directory: Path) -> None:
    assert files_of("parts.layers", directory) == (
        directory / "parts/__init__.py",
        directory / "parts/layers.py",
    )


def test_a_module_that_is_not_there_has_none(directory: Path) -> None:
    assert files_of("absent", directory) == ()
    assert files_of("parts.absent", directory) == ()


@pytest.mark.parametrize("text", ["def", "\0", "(" * 100_000, "# -*- coding: nonsense -*-\nimport helpers"])
def test_what_python_cannot_read_is_only_itself(directory: Path, text: str) -> None:
    (directory / "odd.py").write_text(text)
    assert names(directory, "odd.py") == {"odd.py"}
