"""The functions, constants and operators that an expression may use, as functions of NumPy arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import reduce

import numpy as np

UNARY_FUNCTIONS = {
    name: getattr(np, name)
    for name in (
        "sin", "cos", "tan", "exp", "log", "log2", "log10", "sqrt", "abs", "tanh", "sinh", "cosh", "arctan",
        "sign", "floor",
    )
}  # fmt: skip


def _mean(values: Iterable[np.ndarray]) -> np.ndarray:
    total, count = np.zeros(()), 0
    for value in values:
        total, count = total + value, count + 1
    return total / count


# Fewest arguments, function. They are taken one after another: a thousand columns at once might not fit the memory.
FUNCTIONS_OF_MANY: dict[str, tuple[int, Callable[[Iterable[np.ndarray]], np.ndarray]]] = {
    "minimum": (2, lambda values: reduce(np.minimum, values)),
    "maximum": (2, lambda values: reduce(np.maximum, values)),
    "mean": (1, _mean),
}
IS_MISSING = "is_missing"  # of a column, text or number
CONSTANTS = {"pi": np.pi, "e": np.e}


def _as_number(test: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """0.0 or 1.0 instead of False or True, with which NumPy computes differently."""
    return lambda *values: test(*values).astype(np.float64)


OPERATORS: dict[type[ast.AST], Callable[..., np.ndarray]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.UAdd: np.positive,
    ast.USub: np.negative,
    ast.Not: _as_number(np.logical_not),
    ast.And: _as_number(np.logical_and),
    ast.Or: _as_number(np.logical_or),
    ast.Lt: _as_number(np.less),
    ast.LtE: _as_number(np.less_equal),
    ast.Gt: _as_number(np.greater),
    ast.GtE: _as_number(np.greater_equal),
    ast.Eq: _as_number(np.equal),
    ast.NotEq: _as_number(np.not_equal),
}
