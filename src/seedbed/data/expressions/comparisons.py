"""Comparisons of an expression with text: color == "red", color in ("red", "blue"), sold >= "2024-01-31"."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import reduce
from typing import Any

import numpy as np

from seedbed.data.moments import days_of
from seedbed.data.naming import nearest

Refuse = Callable[[ast.expr, str], Exception]


def text_in(node: ast.expr) -> str | None:
    """The text of a constant in quotes, None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def days(text: str) -> float | None:
    """Days since 1970-01-01 of a date or a date and time as ISO 8601 writes it, None for other text."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return days_of(moment)


class TextComparison:
    """Reads one comparison of a column with text or with a list of values.

    Parameters
    ----------
    name
        The column that a node names, None where it names none.
    texts
        The values of each column of text.
    refuse
        Makes an error that points at a node.
    """

    def __init__(
        self, name: Callable[[ast.expr], str | None], texts: Mapping[str, Collection[str]], refuse: Refuse
    ) -> None:
        self._name, self._texts, self._refuse = name, texts, refuse

    def read(self, node: ast.Compare) -> Callable[[Any], np.ndarray]:
        """A function of all columns that gives 0 or 1 per row; text columns are compared by their `equals`."""
        if len(node.ops) > 1:
            raise self._refuse(
                node.comparators[1], "text and lists cannot be compared in a chain; join comparisons by `and`"
            )
        operator, left, right = node.ops[0], node.left, node.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn):
            column, wanted = self._column(left), list(self._listed(right))
        elif isinstance(operator, ast.Eq | ast.NotEq):
            if text_in(left) is not None:
                left, right = right, left
            column, wanted = self._column(left), [right]
        else:
            raise self._refuse(node, "text can only be compared, with ==, != or in")
        values = [self._value(column, one) for one in wanted]
        is_text = column in self._texts
        negated = isinstance(operator, ast.NotIn | ast.NotEq)

        def evaluate(columns: Any) -> np.ndarray:
            equal = (
                columns.equals(column, value) if is_text else columns[column] == value for value in values
            )
            return np.asarray(reduce(np.logical_or, equal) != negated, dtype=np.float64)

        return evaluate

    def _column(self, node: ast.expr) -> str:
        column = self._name(node)
        if column is None:
            raise self._refuse(node, "expected a column beside the text or list")
        return column

    def _listed(self, node: ast.expr) -> Iterator[ast.expr]:
        if not isinstance(node, ast.Tuple | ast.List) or not node.elts:
            raise self._refuse(node, 'expected a list, such as ("red", "blue")')
        yield from node.elts

    def _value(self, column: str, node: ast.expr) -> str | float:
        value = node.value if isinstance(node, ast.Constant) else None
        if column not in self._texts:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._refuse(node, f"column {column!r} holds no text; compare it with a number")
            return float(value)
        if not isinstance(value, str):
            raise self._refuse(node, f"column {column!r} holds text; compare it with text in quotes")
        if value not in self._texts[column]:
            raise self._refuse(
                node, f"no row has {value!r} in {column!r}; {nearest(value, self._texts[column])}"
            )
        return value
