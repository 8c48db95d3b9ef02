"""Verdicts on results that exist already: a study is made of a table and run as any other."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from seedbed.api.study import Study
from seedbed.study.document import tables_of, text_of
from seedbed.study.own_data import OwnTable
from seedbed.study.problems import Problem, StudyError
from seedbed.trainables.choice import trainable_of

if TYPE_CHECKING:
    from seedbed.api.result import Result
    from seedbed.execution.progress import Observer
    from seedbed.trainables.judged.frames import Tabular


def judge(
    table: Tabular | str | os.PathLike[str],
    *,
    variant: str | Sequence[str] = (),
    seed: str | None = None,
    metric: str | Sequence[str],
    base: Any = None,
    direction: Literal["min", "max"] | None = None,
    scale: Literal["difference", "ratio"] | None = None,
    claims: Sequence[Mapping[str, Any]] | str | os.PathLike[str] = (),
    matters: float | None = None,
    fails_above: float | None = None,
    fails_below: float | None = None,
    epoch: str | None = None,
    status: str | None = None,
    long: tuple[str, str] | None = None,
    wide: bool = False,
    pattern: str | None = None,
    name: str | None = None,
    runs_dir: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    observer: Observer | None = None,
) -> Result:
    """Compare variants on results that exist already, test claims on them, and store all of it as a study.

    Parameters
    ----------
    table
        A data frame of pandas or Polars, an Arrow table, a dictionary of columns, or a path: of a CSV, JSONL, Parquet
        or Arrow file, of TensorBoard logs or of an MLflow file store.
    variant
        The column that tells variants apart, or several.
    seed
        The column of seeds: runs of two variants under the same seed are compared in pairs. Without one, and where
        variants have other seeds than one another, nothing is paired, and results say so.
    metric
        The column that variants are compared by; of several the first, and all of them are metrics.
    base
        The variant that all others are compared with: its value, its name such as "optimizer = adam", or a dictionary;
        that of the first row unless given.
    direction
        Whether less ("min") or more ("max") of the metric is better, where its name does not tell.
    scale
        Whether variants are compared by differences, as they are unless given, or by ratios.
    claims
        As the tables [[hypothesis]] of a study, such as `{"claim": "Adam helps", "better": "adam", "than": "base"}`,
        or a file of them, which may have a table [study], too. A variant is called by its value, or its name such as
        "optimizer = adam"; base also "base".
    matters, fails_above, fails_below
        As in the table [study].
    epoch
        The column of epochs or steps, where a run has a row for each.
    status
        The column of how runs ended, such as finished or crashed.
    long
        Where each metric has a row of its own: the column of its name and that of its value.
    wide
        Whether each column but that of seeds is a variant, and each row a seed.
    pattern
        What directories of TensorBoard runs tell, such as "{optimizer}/{seed}".
    name
        What the study is called; as the file unless given.
    runs_dir, progress, observer
        See `Study.run`.

    Raises
    ------
    StudyError, StoreError
        With all that is wrong with the table or the claims; nothing is stored then.
    """
    metrics = [metric] if isinstance(metric, str) else list(metric)
    results = {
        "variant": variant, "seed": seed, "base": base, "epoch": epoch, "status": status, "long": long,
        "wide": wide or None, "pattern": pattern, "metrics": metrics[1:] or None,
    }  # fmt: skip
    asked = {
        "metric": metrics[0] if metrics else None, "direction": direction, "scale": scale, "matters": matters,
        "fails_above": fails_above, "fails_below": fails_below,
    }  # fmt: skip
    given = claims_of(claims)
    tables = {"name": name or name_of(table), **given, "results": results}
    tables["study"] = given.get("study", {}) | {
        key: value for key, value in asked.items() if value is not None
    }
    return study_of(tables, table).run(runs_dir=runs_dir, progress=progress, observer=observer)


def claims_of(claims: Sequence[Mapping[str, Any]] | str | os.PathLike[str]) -> dict[str, Any]:
    """The tables of a study that has these claims."""
    if not isinstance(claims, str | os.PathLike):
        return {"hypothesis": list(claims)} if claims else {}
    text, path = text_of(Path(claims))
    tables = tables_of(text, str(path))
    if not isinstance(tables.get("study", {}), dict):
        raise StudyError(str(path), [Problem("study", "expected a table")])
    return tables


def study_of(tables: Mapping[str, Any], table: Tabular | str | os.PathLike[str]) -> Study:
    """The study of a table that lies somewhere, or is put into a file of its own."""
    if isinstance(table, str | os.PathLike):
        results = {**tables["results"], "path": os.fspath(table)}
        origin = f"results in {os.fspath(table)}"
        return Study._from_dict({**tables, "results": results}, trainable_of, ".", {}, None, origin)
    from seedbed.trainables.judged.frames import arrow_table

    own = OwnTable(arrow_table(table))
    results = {**tables["results"], "path": own.file.name}
    study = Study._from_dict({**tables, "results": results}, trainable_of, own.path, {}, None, "the table")
    return replace(study, own_data=own)


def name_of(table: object) -> str:
    """What the study of a table is called unless somebody says."""
    if not isinstance(table, str | os.PathLike):
        return "results"
    stem = Path(table).absolute().name.partition(".")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:100] or "results"
