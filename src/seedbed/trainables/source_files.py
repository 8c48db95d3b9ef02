"""The Python files beside a script that it imports, as far as its text says so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from seedbed.files import read_regular

MOST_BYTES = 1_000_000  # of a file that is looked into
MOST_FILES = 1000


def with_imports(files: Iterable[Path]) -> tuple[Path, ...]:
    """Some files and, of those in Python, what they import from beside them, and so on; each once, in order.

    Nothing is imported. What a program imports in another way, such as by a name that it makes up, is not found.
    """
    found = {file: _root(file) for file in files}
    waiting = [file for file in found if file.suffix == ".py"]
    while waiting and len(found) < MOST_FILES:
        file = waiting.pop(0)
        for imported in _imported(file, found[file]):
            if imported not in found:
                found[imported] = found[file]
                waiting.append(imported)
    return tuple(found)


def module_files(start: Path, path: list[str]) -> Iterator[Path]:
    """The files that importing a dotted name loads: of every package on the way, and its own."""
    directory = start
    for index, name in enumerate(path):
        for file in (directory / name / "__init__.py", directory / f"{name}.py"):
            if file.is_file() and (file.name == "__init__.py" or index == len(path) - 1):
                yield file
        directory /= name


def _root(file: Path) -> Path:
    """Where Python looks first for what a script imports: its directory; of a module in packages, that of the first."""
    directory = file.parent
    while (directory / "__init__.py").is_file() and directory != directory.parent:
        directory = directory.parent
    return directory


def _imported(file: Path, root: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(read_regular(file, MOST_BYTES))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):  # Python will say what is wrong
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from module_files(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            start = file.parents[node.level - 1] if 0 < node.level <= len(file.parents) else root
            path = node.module.split(".") if node.module else []
            yield from module_files(start, path)
            for alias in node.names:
                yield from module_files(start, [*path, alias.name])
