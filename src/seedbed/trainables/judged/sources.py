"""Where results lie: tables of several formats, and the directories of other tools."""

from __future__ import annotations

from pathlib import Path

from seedbed.data.base import DataError
from seedbed.data.tables import tablefile
from seedbed.data.tables.csvfile import PLAIN, TextLayout
from seedbed.study.problems import Problem
from seedbed.trainables.judged.rows import Source, Wrong
from seedbed.trainables.judged.settings import ResultsSettings


def read(settings: ResultsSettings, path: Path, metric: str) -> tuple[Source, ResultsSettings]:
    """The table of a file or directory, and the settings with what its tool settles; raises `Wrong`."""
    return _directory(settings, path, metric) if path.is_dir() else (_file(settings, path), settings)


def _file(settings: ResultsSettings, path: Path) -> Source:
    layout = TextLayout(settings.separator, settings.decimal, encoding=settings.encoding, as_written=True)
    try:
        with tablefile.taken_apart(path):
            table = tablefile.read(path, layout=layout)
            return Source(table, tablefile.layout_of(path, layout) or PLAIN)
    except DataError as error:
        problems = (problem.replace("set data.", "set results.") for problem in error.problems)
        raise Wrong(*(Problem("results.path", problem) for problem in problems)) from None


def _directory(settings: ResultsSettings, path: Path, metric: str) -> tuple[Source, ResultsSettings]:
    from seedbed.trainables.judged import event_files, mlflow_store

    if settings.wide or settings.long or settings.epoch:
        message = "is a directory, whose values have their steps already; leave wide, long and epoch out"
        raise Wrong(Problem("results.path", message))
    if runs := mlflow_store.find(path):
        return mlflow_store.read(runs, settings, metric)
    if logs := event_files.find(path):
        return event_files.read(path, logs, settings, metric)
    raise Wrong(Problem("results.path", f"{path} holds neither TensorBoard logs nor an MLflow file store"))
