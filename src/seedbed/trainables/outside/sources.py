"""The files that a Python module or script is made of, found by reading them; nothing is imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path

from seedbed.files import read_regular

LARGEST = 10_000_000  # bytes of a file that is looked into for what it imports


def files_of(module: str, directory: Path) -> tuple[Path, ...]:
    """The file of a module, and those files below a directory that it imports, also by way of others of them.

    Parameters
    ----------
    module
        Its dotted name.
    directory
        Where modules are looked for first.

    Returns
    -------
    Sorted; empty where there is no such module.
    """
    there = module_files(module, directory)
    return tuple(sorted(with_imports(there, directory))) if there else tuple(_installed(module))


def with_imports(files: Iterable[Path], directory: Path) -> set[Path]:
    """Files below a directory, and those below it that they import, also by way of others of them.

    What a program imports in another way, such as by a name that it makes up, is not found.
    """
    found, left = set[Path](), list(files)
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            for name in _imported(path, path.relative_to(directory).parent.parts):
                left += module_files(name, directory)
    return found


def module_files(name: str, directory: Path) -> list[Path]:
    """The file of a module below a directory, and those of the packages that it is in; empty where there is none."""
    *packages, last = name.split(".")
    paths = []
    for package in packages:
        directory /= package
        paths.append(directory / "__init__.py")
    own = [directory / last / "__init__.py", directory / f"{last}.py"]
    there = next((path for path in own if path.is_file()), None)
    return [*(path for path in paths if path.is_file()), there] if there else []


def _installed(name: str) -> Iterator[Path]:
    """The file of a module that is installed; only where it is source."""
    first, *rest = name.split(".")
    spec = PathFinder.find_spec(first, [path for path in sys.path if path])
    origin = Path(spec.origin) if spec and spec.origin else None
    if origin and rest:
        yield from module_files(name, origin.parent.parent)
    elif origin and origin.suffix == ".py":
        yield origin


def _imported(path: Path, package: tuple[str, ...]) -> Iterator[str]:
    """The dotted names of modules, and of what may be modules, that a file imports."""
    with suppress(OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        for node in ast.walk(ast.parse(read_regular(path, LARGEST))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                within = package[: len(package) - node.level + 1] if node.level else ()
                base = ".".join([*within, *([node.module] if node.module else [])])
                names = [base] if base else []
                yield from [*names, *(".".join([*names, alias.name]) for alias in node.names)]
