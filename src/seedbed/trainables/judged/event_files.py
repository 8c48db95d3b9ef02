"""Reads the scalars of TensorBoard logs; a run is a directory of event files, and what it is stands in its path."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from seedbed.data import bounded
from seedbed.data.base import DataError
from seedbed.data.bounded import Room
from seedbed.study.problems import Problem
from seedbed.text import first_few
from seedbed.trainables.judged.directories import NAME, STEP, VALUE, Points, folders
from seedbed.trainables.judged.rows import Source, Wrong
from seedbed.trainables.judged.settings import ResultsSettings

EVENTS = "tfevents"
FIELD = re.compile(r"\{([^{}]*)\}")
OF_PYTHON = 4  # bytes that values take here for one of the files


def find(root: Path) -> dict[Path, list[Path]]:
    """The event files below a directory, by the directory that each lies in."""
    found = {}
    for place, _, files in folders(root):
        if events := [place / name for name in files if EVENTS in name]:
            found[place] = events
    return found


def read(
    root: Path, runs: dict[Path, list[Path]], settings: ResultsSettings, metric: str
) -> tuple[Source, ResultsSettings]:
    """The scalars of event files as a table, and the settings that say what its columns are; raises `Wrong`."""
    paths = {place: place.relative_to(root).as_posix() for place in runs}
    fields, form = _pattern(settings.pattern, list(paths.values()))
    size = sum(file.stat().st_size for files in runs.values() for file in files)
    points, others = Points(metric), []
    try:
        Room().refuse(OF_PYTHON * size, f"{root} takes about")
        for place, files in runs.items():
            if told := form.fullmatch(paths[place]):
                points.add(dict(zip(fields, told.groups(), strict=True)), _scalars(files))
            else:
                others.append(paths[place])
    except DataError as error:
        raise Wrong(*(Problem("results.path", problem) for problem in error.problems)) from None
    if len(others) == len(runs):
        message = f"fits none of the directories with event files: {first_few(others)}"
        raise Wrong(Problem("results.pattern", message))
    left_out = f"left out, since they do not fit the pattern: {first_few(others)}"
    seed = settings.seed or ("seed" if "seed" in fields else None)
    told_settings = settings.model_copy(
        update={
            "variant": settings.variant or tuple(name for name in fields if name != seed),
            "seed": seed,
            "long": (NAME, VALUE),
            "epoch": STEP,
        }
    )
    return points.source("scalar", (left_out,) if others else ()), told_settings


def _pattern(pattern: str | None, paths: list[str]) -> tuple[list[str], re.Pattern[str]]:
    """The fields of a pattern, and an expression that finds them in a path."""
    example = f'such as "{{optimizer}}/{{seed}}"; the directories with event files are {first_few(paths)}'
    if pattern is None:
        raise Wrong(Problem("results.pattern", f"expected what directories of runs tell, {example}"))
    fields = FIELD.findall(pattern)
    odd = [name for name in fields if not name.strip() or name in (NAME, STEP, VALUE)]
    if not fields or odd or len(set(fields)) < len(fields):
        names = f"names other than {NAME}, {STEP} and {VALUE}, each once, in braces"
        raise Wrong(Problem("results.pattern", f"expected {names}, {example}"))
    between = FIELD.split(pattern.strip("/"))[::2]
    return fields, re.compile("([^/]+?)".join(map(re.escape, between)))


def _scalars(files: list[Path]) -> dict[tuple[str, int], float | None]:
    """The value of each tag at each step, what was written last where there are several."""
    try:
        logging.getLogger("tensorboard").setLevel(logging.ERROR)
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
        from tensorboard.util.tensor_util import make_ndarray
    except ImportError:
        message = (
            "is a directory of TensorBoard logs, which need its package: pip install 'seedbed[tensorboard]'"
        )
        raise Wrong(Problem("results.path", message)) from None
    found: dict[tuple[str, int], float | None] = {}
    for file in files:
        bounded.opened(file).close()  # a regular file, that may be read
        with bounded.reading(f"{file} is no proper file of TensorBoard events"):
            for event in LegacyEventFileLoader(str(file)).Load():
                for one in event.summary.value:
                    value = _value(one, make_ndarray)
                    if value is not None:
                        found[one.tag, event.step] = value
    return found


def _value(one: Any, make_array: Any) -> float | None:
    """The number of a summary; None of what is no scalar."""
    if one.HasField("simple_value"):
        return float(one.simple_value)
    if not one.HasField("tensor") or one.tensor.tensor_shape.dim:
        return None
    array = make_array(one.tensor)
    return float(array) if array.dtype.kind in "fiu" else None
