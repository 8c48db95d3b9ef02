"""Where results lie: tables of several formats, and the directories of other tools."""

from __future__ import annotations

from pathlib import Path

from seedbed.data.base import DataError
from seedbed.data.tables import tablefile
from seedbed.data.tables.csvfile import PLAIN, TextLayout
from seedbed.study.problems import Problem
from seedbed.trainables.judged.rows import Source, Wrong
from seedbed.trainables.judged.settings import ResultsSettings


def read(settings: ResultsSettings, path: Path) -> Source:
    """The table of a file or directory; raises `Wrong`."""
    layout = TextLayout(settings.separator, settings.decimal, encoding=settings.encoding, as_written=True)
    try:
        with tablefile.taken_apart(path):
            table = tablefile.read(path, layout=layout)
            return Source(table, tablefile.layout_of(path, layout) or PLAIN)
    except DataError as error:
        problems = (problem.replace("set data.", "set results.") for problem in error.problems)
        raise Wrong(*(Problem("results.path", problem) for problem in problems)) from None
