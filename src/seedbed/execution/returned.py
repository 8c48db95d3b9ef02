"""Holds what a trainable returned to what was asked of it, before any of it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from seedbed.store.contents import Contents
from seedbed.store.schema import RUN_COLUMNS, one_line, table_of, unified
from seedbed.study.trainable import Finished, FinishedRun, Shard, Status, TrainableError

if TYPE_CHECKING:
    import pyarrow as pa

    from seedbed.store.schema import Columns

STATUSES = get_args(Status)


def check(finished: Finished, shard: Shard) -> None:
    """Refuse results that are not those of the shard's runs, or that cannot be stored.

    Raises
    ------
    TrainableError
        Naming the first runs that are wrong, and what is.
    """
    asked = [(run.variant, run.seed) for run in shard.runs]
    given = [(run.variant, run.seed) for run in finished.runs]
    wrong = [] if given == asked else list(_different(asked, given))
    for run in finished.runs:
        wrong += [f"{_named(run.variant, run.seed)}: {problem}" for problem in _problems(run)]
    if wrong:
        more = f"; and {len(wrong) - 1:,} more" if len(wrong) > 1 else ""
        raise TrainableError(f"the trainable returned results that cannot be stored: {wrong[0]}{more}")


def _different(asked: Sequence[tuple[str, int]], given: Sequence[tuple[str, int]]) -> Iterator[str]:
    too_many, missing = Counter(given) - Counter(asked), Counter(asked) - Counter(given)
    yield from (f"{_named(*run)} was not asked for, or is there twice" for run in too_many)
    yield from (f"{_named(*run)} is missing" for run in missing)


def _named(variant: str, seed: int) -> str:
    return f'variant "{variant}", seed {seed}'


def _problems(run: FinishedRun) -> Iterator[str]:
    if run.status not in STATUSES:
        yield f"expected a status among {', '.join(STATUSES)}, got {run.status!r}"
    for name, value in run.metrics.items():
        if name in RUN_COLUMNS or name in run.columns or name.startswith("setting:"):
            yield f"a metric cannot be called {name!r}, which is a column of every run; use another name"
        elif type(value) is not float and (not isinstance(value, Real) or isinstance(value, bool)):
            yield f"expected metric {name!r} to be a number, got {value!r}"


class Artefacts:
    """Artefacts as tables whose columns can be joined with those of the shards before.

    Parameters
    ----------
    directory
        Of the study, in which some shards may be stored.
    """

    def __init__(self, directory: Path) -> None:
        contents = Contents(directory)
        self._stored: dict[str, pa.Schema] = {}
        for file in contents.files():
            if file.endswith(".parquet"):
                pieces = [contents.pieces(file, one) for one in contents.journal.partitions[file]]
                paths = [path for one in pieces for path in one.paths]
                self._stored[Path(file).stem] = unified([contents.columns(path).schema for path in paths])

    def tables(self, artefacts: Mapping[str, Columns]) -> dict[str, pa.Table]:
        """The artefacts of a shard.

        Raises
        ------
        TrainableError
            Naming the kind and the column that cannot be stored, or joined with what is.
        """
        return {kind: self._table(kind, columns) for kind, columns in artefacts.items()}

    def _table(self, kind: str, columns: Columns) -> pa.Table:
        found = self._joinable(kind, columns)
        if isinstance(found, str):
            problems = ((name, self._joinable(kind, {name: values})) for name, values in columns.items())
            named = (f'column "{name}": {problem}' for name, problem in problems if isinstance(problem, str))
            what = next(named, found)  # of all of them together, such as their lengths
            raise TrainableError(f'the trainable returned results that cannot be stored: "{kind}", {what}')
        self._stored[kind] = unified([*self._before(kind), found.schema])
        return found

    def _before(self, kind: str) -> list[pa.Schema]:
        return [self._stored[kind]] if kind in self._stored else []

    def _joinable(self, kind: str, columns: Columns) -> pa.Table | str:
        """Columns as a table that fits what is stored; or why there is none."""
        import pyarrow as pa

        try:
            table = table_of(kind, columns)
            unified([*self._before(kind), table.schema])
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            return one_line(error)
        return table
