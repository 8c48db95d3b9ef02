"""What Python users start from: load a study, open a result."""

from __future__ import annotations

import os
from pathlib import Path

from seedbed.results import Result
from seedbed.store import find, runs_root
from seedbed.study import Study


def load(path_or_lab: str | Path) -> Study:
    """Read a study file, or a lab by its name.

    Raises
    ------
    StudyError
        With all that is wrong with it.
    """
    return Study.load(path_or_lab)


def open(id_or_path: str | Path, runs_dir: str | os.PathLike[str] | None = None) -> Result:
    """Open the result of a study that was run.

    Parameters
    ----------
    id_or_path
        Its directory, its id or the beginning of that, or the study's name for its latest run.
    runs_dir
        Where studies are kept; by default $SEEDBED_RUNS, or ./runs.

    Raises
    ------
    StoreError
        Where nothing, or more than one id, fits.
    """
    return Result.open(find(runs_root(runs_dir), str(id_or_path)))
