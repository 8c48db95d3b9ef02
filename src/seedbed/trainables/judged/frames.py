"""Tables of results in memory: data frames of any library that exports Arrow's stream, and columns by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from seedbed.store.schema import one_line
from seedbed.study.problems import Problem, StudyError

if TYPE_CHECKING:
    import pyarrow as pa


class Frame(Protocol):
    """A table of any library that exports Arrow's stream of it, such as pandas, Polars or pyarrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule with the stream."""
        ...


Tabular = Frame | Mapping[str, Sequence[Any]]


def arrow_table(table: Tabular) -> pa.Table:
    """The same as an Arrow table.

    Raises
    ------
    StudyError
        Where it is no table, or has columns that Arrow cannot hold.
    """
    import pyarrow as pa

    from seedbed.data.tables.typedfile import without_views

    if (
        not isinstance(table, Mapping)
        and not hasattr(table, "__arrow_c_stream__")
        and not hasattr(table, "__dataframe__")
    ):
        got = type(table).__name__
        raise _wrong(f"expected a data frame, an Arrow table, a dictionary of columns or a path, got {got}")
    try:
        made = pa.table(dict(table) if isinstance(table, Mapping) else table)
    except (pa.ArrowException, ValueError, TypeError, OverflowError, AttributeError) as error:
        raise _wrong(f"the table cannot be read: {one_line(error)}") from None
    made = without_views(made)
    if type(table).__module__.partition(".")[0] != "pandas":
        return made
    columns = [_with_nan(column) for column in made.columns]
    return pa.table(columns, made.column_names)


def _with_nan(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of pandas, whose gaps among numbers are nan."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.fill_null(column, float("nan")) if pa.types.is_floating(column.type) else column


def _wrong(message: str) -> StudyError:
    return StudyError("results", [Problem("", message)])
