"""Reads the runs of an MLflow file store: a folder of plain files for each, with its parameters, metrics and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from seedbed.files import read_regular
from seedbed.study.problems import Problem
from seedbed.text import counted
from seedbed.trainables.judged.directories import NAME, STEP, VALUE, Points, folders
from seedbed.trainables.judged.rows import Source, Wrong
from seedbed.trainables.judged.settings import ResultsSettings

META, STATUS, RUN_NAME = "meta.yaml", "status", "mlflow.runName"
MOST_OF_META, MOST_OF_VALUE, MOST_OF_METRIC = 100_000, 100_000, 50_000_000  # bytes
MOST_POINTS = 20_000_000
STATUSES = {"1": "running", "2": "scheduled", "3": "finished", "4": "failed", "5": "killed"}
GOES_ON = ("running", "scheduled")
FACT = re.compile(r"^(status|lifecycle_stage): *'?(\w+)'? *$", re.MULTILINE)


def find(root: Path) -> list[Path]:
    """The folders of runs below a directory."""
    found = []
    for place, inner, files in folders(root):
        if META in files and {"metrics", "params"} & {*inner}:
            found.append(place)
            inner.clear()
    return found


def read(runs: list[Path], settings: ResultsSettings, metric: str) -> tuple[Source, ResultsSettings]:
    """The runs as a table, and the settings that say what its columns are; raises `Wrong`.

    Parameters are columns, tags `tags.NAME`. A run without the metric has a row without a value.
    """
    points, going_on = Points(metric), 0
    for run in runs:
        facts = dict(FACT.findall(_text(run / META, MOST_OF_META)))
        status = STATUSES.get(facts.get(STATUS, ""), facts.get(STATUS, "").lower())
        if facts.get("lifecycle_stage", "active") != "active":
            continue
        if status in GOES_ON:
            going_on += 1
            continue
        told = {name: _text(path, MOST_OF_VALUE).strip() for name, path in _files(run / "params")}
        for name, path in _files(run / "tags"):
            if name == RUN_NAME or not name.startswith("mlflow."):
                told.setdefault(f"tags.{name}", _text(path, MOST_OF_VALUE).strip())
        found = {key: value for name, path in _files(run / "metrics") for key, value in _history(name, path)}
        points.add({**told, STATUS: status or "finished"}, found)
        if len(points.names) > MOST_POINTS:
            message = f"has more than {MOST_POINTS:,} values of metrics; name the folder of one experiment"
            raise Wrong(Problem("results.path", message))
    shape = {"long": (NAME, VALUE), "epoch": STEP, STATUS: settings.status or STATUS}
    notes = (f"left out, since {counted(going_on, 'run')} had not ended",) if going_on else ()
    return points.source("value", notes), settings.model_copy(update=shape)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Files below a folder, by their path in it: names of metrics may have slashes."""
    for place, _, files in folders(folder):
        yield from (((place / name).relative_to(folder).as_posix(), place / name) for name in files)


def _text(path: Path, limit: int) -> str:
    try:
        return read_regular(path, limit).decode()
    except OSError as error:
        raise Wrong(Problem("results.path", f"{path} cannot be read: {error.strerror}")) from None
    except UnicodeDecodeError:
        raise Wrong(Problem("results.path", f"{path} is not UTF-8 text")) from None


def _history(name: str, path: Path) -> Iterator[tuple[tuple[str, int], float | None]]:
    """The values of a metric by step: a line has a time, a value and a step."""
    for number, line in enumerate(_text(path, MOST_OF_METRIC).splitlines(), 1):
        parts = line.split()
        try:
            value, step = float(parts[1]), int(parts[2]) if len(parts) > 2 else 0
        except (ValueError, IndexError):
            expected = "expected a time, a value and a step"
            raise Wrong(Problem("results.path", f"{path}: line {number}: {expected}")) from None
        if not 0 <= step < 2**53:
            raise Wrong(
                Problem("results.path", f"{path}: line {number}: expected a step of at least 0, got {step}")
            )
        yield (name, step), value
