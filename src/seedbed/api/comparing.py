"""Stored studies side by side: their runs are one table, which is judged as any other."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seedbed.api.judging import claims_of, study_of
from seedbed.api.result import Result, open

if TYPE_CHECKING:
    from seedbed.execution.progress import Observer

NAME = "comparison"


def compare(
    *results: Result | str | os.PathLike[str],
    metric: str | None = None,
    base: str | None = None,
    claims: Sequence[Mapping[str, Any]] | str | os.PathLike[str] = (),
    name: str | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
) -> Result:
    """Compare the variants of several stored studies, and store that as a study of its own.

    Runs are paired by seed where the studies have the same data, split and seeds; else they are compared as independent
    ones, and the result says why. Of a study that has not ended the finished runs are taken.

    Parameters
    ----------
    results
        Two or more, opened, or as `open` takes them.
    metric
        What variants are compared by, a metric of all of them; that of the studies where they have the same.
    base
        The variant that all others are compared with, as "study: variant" or by its name where no other study has
        one of that name; the base of the first study unless given.
    claims
        See `judge`; a table [study] in a file of them decides where studies differ in direction, scale, or what fails.
    name
        What the comparison is called.
    runs_dir, progress, observer
        See `Study.run`.

    Raises
    ------
    StudyError, StoreError
        Where they cannot be compared; nothing is stored then.
    """
    import pyarrow as pa

    from seedbed.results.joining import SEED, STATUS, VARIANT, joined

    opened = [one if isinstance(one, Result) else open(os.fspath(one), runs_dir) for one in results]
    given = claims_of(claims)
    asked = given.get("study", {})
    table = joined(opened, metric, asked)
    described = ", ".join(f"{one.study['study']} ({one.id})" for one in opened)
    tables = {
        "name": name or NAME,
        "description": f"The variants of {described} side by side; base is {base or table.columns[VARIANT][0]}.",
        **given,
        "study": {**table.study, **asked, "metric": table.metrics[0]},
        "results": {
            "variant": VARIANT,
            "seed": SEED,
            "status": STATUS,
            "base": base,
            "metrics": table.metrics[1:] or None,
            "unpaired": table.unpaired,
            "notes": table.notes or None,
        },
    }
    study = study_of(tables, pa.table(table.columns))
    return study.run(runs_dir=runs_dir, progress=progress, observer=observer)
