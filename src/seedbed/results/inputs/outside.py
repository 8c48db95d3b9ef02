"""Counts the rows that data.where would have kept out of training."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np

from seedbed.data.base import DataError
from seedbed.data.expressions.expression import Expression
from seedbed.data.tables.columns import Columns


class _AnyText(Collection[str]):
    """The values of a column of text, which may here be others than in training."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def rows_outside(columns: Columns, where: str | None) -> int | None:
    """How many rows are not as `where` asks for; None where the columns that it needs are not there as in training.

    As in training, a row for which the expression is undefined is not.
    """
    if where is None:
        return 0
    try:
        holds = Expression.parse(where, columns, dict.fromkeys(columns.text, _AnyText()), columns.dates)
        value = holds(columns)
    except DataError:
        return None
    return int(np.sum(~np.isfinite(value) | (value == 0)))
