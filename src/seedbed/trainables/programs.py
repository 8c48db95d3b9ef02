"""Finds the program that a command names."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

PYTHON = "python"  # the interpreter that runs Seedbed, so that both find the same packages


def program_of(name: str, study: Path) -> str:
    """What to start for the program of a command: its whole path where it is found.

    Parameters
    ----------
    study
        The study's directory, from which a path is looked for; a bare name is looked for where the user's PATH says.
    """
    if name == PYTHON:
        return sys.executable
    return str(study / name) if _is_path(name) else shutil.which(name) or name


def missing_program(name: str, study: Path) -> str | None:
    """Why a program cannot be started; None where it can."""
    if name == PYTHON:
        return None
    if not _is_path(name):
        return (
            None
            if shutil.which(name)
            else f'the program "{name}" was not found; install it, or write its path'
        )
    path = study / name
    if not path.is_file():
        return f"there is no program {path}"
    if not os.access(path, os.X_OK):
        return f"{path} may not be executed; allow that with chmod +x, or write what runs it first, such as python"
    return None


def _is_path(name: str) -> bool:
    return "/" in name or os.sep in name
