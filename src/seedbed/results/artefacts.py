"""Which artefacts a study stored: what only some trainables have of their runs."""

from __future__ import annotations

from seedbed.results.result import Result
from seedbed.store.models import models_path
from seedbed.store.schema import table_names

RUN_COLUMNS = ("confusion",)  # artefacts that are one value per run and stand among its columns


def artefacts(result: Result) -> frozenset[str]:
    """Their kinds: names of stored tables and of columns of the runs, and "models"."""
    kinds = table_names(result.directory) - {"runs"}
    kinds |= {name for name in RUN_COLUMNS if name in result.runs.column_names}
    if any(models_path(result.directory, name).exists() for name in result.variants):
        kinds.add("models")
    return frozenset(kinds)
