"""Where a process finds the files of a study that lie on another machine: below a folder, under their whole paths."""

from __future__ import annotations

from pathlib import Path

_root: Path | None = None


def use(root: Path | None) -> None:
    """Look for files below a folder first, from now on; None where they lie where they are said to."""
    global _root
    _root = root


def inside(root: Path, path: Path) -> Path:
    """Where an absolute path is below a folder."""
    return root / path.relative_to(path.anchor)


def found(path: Path) -> Path:
    """The path itself, or its copy where there is one."""
    if _root is None or not path.is_absolute() or path.is_relative_to(_root):
        return path
    copy = inside(_root, path)
    return copy if copy.exists() else path
