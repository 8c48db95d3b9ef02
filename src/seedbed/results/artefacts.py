"""Which artefacts a study stored: what only some trainables have of their runs."""

from __future__ import annotations

from seedbed.results.result import Result

RUN_COLUMNS = ("confusion",)  # artefacts that are one value per run and stand among its columns


def artefacts(result: Result) -> frozenset[str]:
    """Their kinds: names of stored tables and of columns of the runs, and "models"."""
    kinds = result.kinds - {"runs"}
    return frozenset(kinds | {name for name in RUN_COLUMNS if name in result.runs.column_names})
