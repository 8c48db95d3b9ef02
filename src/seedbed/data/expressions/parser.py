"""Reads an expression such as `sin(x) + x**2` as functions over columns; it is never run as code."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from functools import reduce
from itertools import pairwise

import numpy as np

from seedbed.data.base import DataError
from seedbed.data.expressions.comparisons import TextComparison, days, text_in
from seedbed.data.expressions.operations import (
    CONSTANTS,
    FUNCTIONS_OF_MANY,
    IS_MISSING,
    OPERATORS,
    UNARY_FUNCTIONS,
)
from seedbed.data.naming import in_expression, nearest
from seedbed.text import first_few

Columns = Mapping[str, np.ndarray]
Evaluate = Callable[[Columns], np.ndarray]

LONGEST = 2000  # characters
DEEPEST = 200  # nested operations

BETTER_OPERATORS = {
    ast.BitXor: "for a power write ** instead of ^",
    ast.BitAnd: "write `and` instead of &",
    ast.BitOr: "write `or` instead of |",
    ast.Invert: "write `not` instead of ~",
}
BETTER_SYNTAX = {  # Python's message for a syntax error -> ours
    "invalid decimal literal": "a name cannot begin with a digit; write * for a product, as in 2*x",
    "invalid syntax": "something is missing or superfluous here",
}
EXCERPT = 50  # characters shown on either side of an error


def _pasted(name: str) -> str:
    """A name for a message from which it can be copied: as expressions write it, else in quotes."""
    written = in_expression(name)
    return repr(name) if written == name else written


class Parser:
    """Turns a syntax tree into nested functions; every node not known here is refused.

    Attributes
    ----------
    text
        The expression as written.
    used
        The columns that it uses, in order of first use, once it is parsed.
    """

    def __init__(
        self,
        text: str,
        names: tuple[str, ...],
        texts: Mapping[str, Collection[str]],
        dates: Collection[str],
    ) -> None:
        self.text = text
        self.known = frozenset(names)
        self.names, self.texts, self.dates = names, texts, dates
        self.used: dict[str, None] = {}
        self.quoted: dict[int, str] = {}

    def parse(self) -> Evaluate:
        """What computes the expression; raises DataError where there is none."""
        if not self.text:
            raise DataError("the expression is empty")
        if len(self.text) > LONGEST:
            raise DataError(f"the expression has {len(self.text):,} characters; at most {LONGEST:,} are read")
        self._check_characters()
        self.plain = re.sub(r"`([^`]*)`", self._hide_quoted, self.text)
        evaluate = self._build(self._tree(), 0)
        if not self.used:
            raise DataError(f"the expression {self.text!r} uses none of: {first_few(self.names)}")
        return evaluate

    def _check_characters(self) -> None:
        unprintable = re.search(r"[\0-\x1f\x7f\ud800-\udfff]", self.text)
        if unprintable:
            raise self._error(
                f"the character {unprintable.group()!r} is not allowed in an expression", unprintable.start()
            )
        if self.text.count("`") % 2:
            raise self._error("a backtick is not closed", self.text.rindex("`"))

    def _hide_quoted(self, match: re.Match[str]) -> str:
        """Underscores for a quoted name, so that positions stay; names are looked up by position."""
        self.quoted[match.start()] = match.group(1)
        return "_" * len(match.group(0))

    def _tree(self) -> ast.expr:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of what would be odd in a program
                return ast.parse(self.plain, mode="eval").body
        except SyntaxError as error:
            position = (error.offset or 1) - 1
            message = BETTER_SYNTAX.get(error.msg, error.msg)
            if self.plain[position : position + 1] == "=":
                message = "to compare write == instead of ="
            raise self._error(f"not an expression: {message}", position) from None
        except (
            RecursionError,
            MemoryError,
            ValueError,
        ):  # of the parser's own stack, or of thousands of digits
            raise DataError("the expression is nested too deeply") from None

    def _error(self, message: str, position: int) -> DataError:
        start = max(0, position - EXCERPT)
        excerpt = self.text[start : position + EXCERPT]
        return DataError(f"{message}\n  {excerpt}\n  {' ' * min(position - start, len(excerpt))}^")

    def _position(self, node: ast.expr) -> int:
        return len(self.plain.encode()[: node.col_offset].decode())  # Python counts bytes

    def _refuse(self, node: ast.expr, message: str) -> DataError:
        return self._error(message, self._position(node))

    def _build(self, node: ast.expr, depth: int) -> Evaluate:
        if depth > DEEPEST:
            raise DataError(f"the expression nests more than {DEEPEST} operations")
        builders = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._binary,
            ast.BoolOp: self._logical,
            ast.Compare: self._compare,
            ast.Call: self._call,
        }
        builder = builders.get(type(node))
        if builder is None:
            raise self._refuse(node, "expected arithmetic, a comparison, a function or a column name here")
        return builder(node, depth + 1)  # type: ignore[operator]

    def _constant(self, node: ast.Constant, depth: int) -> Evaluate:
        if isinstance(node.value, str):
            raise self._refuse(
                node, f"{node.value!r} is not a number; text can only be compared, with ==, != or in"
            )
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self._refuse(node, f"{node.value!r} is not a number")
        try:
            value = np.asarray(float(node.value))
        except OverflowError:
            raise self._refuse(node, "a number too large") from None
        return lambda columns: value

    def _name(self, node: ast.Name, depth: int) -> Evaluate:
        column, name = self._column(node), self._written(node)
        if column is not None:
            return lambda columns: np.asarray(columns[column], dtype=np.float64)
        if name in CONSTANTS:
            value = np.asarray(CONSTANTS[name])
            return lambda columns: value
        raise self._unknown(node, name)

    def _unknown(self, node: ast.expr, name: str) -> DataError:
        known = (*self.names, *CONSTANTS)
        return self._refuse(node, f"unknown name {name!r}; {nearest(name, known, _pasted)}")

    def _written(self, node: ast.Name) -> str:
        return self.quoted.get(self._position(node), node.id)

    def _column(self, node: ast.expr) -> str | None:
        """The column that a node names, which is then one of those used; None where it names none."""
        name = self._written(node) if isinstance(node, ast.Name) else None
        if name is None or name not in self.known:
            return None
        self.used[name] = None
        return name

    def _operator(self, node: ast.expr, kind: ast.AST) -> Callable[..., np.ndarray]:
        if type(kind) in OPERATORS:
            return OPERATORS[type(kind)]
        hint = BETTER_OPERATORS.get(type(kind), "operators are + - * / **, < <= > >= == !=, and, or, not")
        raise self._refuse(node, hint)

    def _unary(self, node: ast.UnaryOp, depth: int) -> Evaluate:
        operator, value = self._operator(node, node.op), self._build(node.operand, depth)
        return lambda columns: operator(value(columns))

    def _binary(self, node: ast.BinOp, depth: int) -> Evaluate:
        operator = self._operator(node, node.op)
        left, right = self._build(node.left, depth), self._build(node.right, depth)
        return lambda columns: operator(left(columns), right(columns))

    def _logical(self, node: ast.BoolOp, depth: int) -> Evaluate:
        operator = self._operator(node, node.op)
        values = [self._build(value, depth) for value in node.values]
        return lambda columns: reduce(operator, (value(columns) for value in values))

    def _compare(self, node: ast.Compare, depth: int) -> Evaluate:
        sides = (node.left, *node.comparators)
        has_text = any(text_in(side) is not None for side in sides)
        has_date = has_text and any(self._column(side) in self.dates for side in sides)
        has_list = any(isinstance(operator, ast.In | ast.NotIn) for operator in node.ops)
        if has_list or (has_text and not has_date):
            return TextComparison(self._known_column, self.texts, self._refuse).read(node)
        operators = [self._operator(node, op) for op in node.ops]
        values = [self._date(side) if text_in(side) else self._build(side, depth) for side in sides]

        def evaluate(columns: Columns) -> np.ndarray:
            results = (value(columns) for value in values)
            pairs = (op(a, b) for op, (a, b) in zip(operators, pairwise(results), strict=True))
            return reduce(OPERATORS[ast.And], pairs)

        return evaluate

    def _known_column(self, node: ast.expr) -> str | None:
        """As `_column`, but an unknown name is refused with the nearest one."""
        column = self._column(node)
        if column is None and isinstance(node, ast.Name):
            raise self._unknown(node, self._written(node))
        return column

    def _date(self, node: ast.expr) -> Evaluate:
        value = days(text_in(node) or "")
        if value is None:
            raise self._refuse(
                node, f"{text_in(node)!r} is not a date such as '2024-01-31' or '2024-01-31 12:00'"
            )
        return lambda columns: np.asarray(value)

    def _is_missing(self, node: ast.Call) -> Evaluate:
        column = self._known_column(node.args[0]) if len(node.args) == 1 and not node.keywords else None
        if column is None:
            raise self._refuse(node, f"{IS_MISSING} needs the name of one column")
        if column in self.texts:
            return lambda columns: columns.missing(column)  # type: ignore[attr-defined]
        return lambda columns: np.isnan(columns[column]).astype(np.float64)

    def _call(self, node: ast.Call, depth: int) -> Evaluate:
        if not isinstance(node.func, ast.Name):
            raise self._refuse(
                node, "expected the name of a function before the bracket; write * for a product"
            )
        name = node.func.id
        if name == IS_MISSING:
            return self._is_missing(node)
        if name not in UNARY_FUNCTIONS and name not in FUNCTIONS_OF_MANY:
            known = (*UNARY_FUNCTIONS, *FUNCTIONS_OF_MANY, IS_MISSING)
            raise self._refuse(node, f"{name!r} is not a function here; {nearest(name, known)}")
        count, many = len(node.args), name in FUNCTIONS_OF_MANY
        fewest = FUNCTIONS_OF_MANY[name][0] if many else 1
        if node.keywords or count < fewest or (count > 1 and not many):
            wanted = f"at least {fewest}" if many else "1"
            raise self._refuse(node, f"{name} needs {wanted} argument{'s' * (fewest > 1)}")
        values = [self._build(value, depth) for value in node.args]
        if many:
            _, fold = FUNCTIONS_OF_MANY[name]
            return lambda columns: fold(value(columns) for value in values)
        function, (value,) = UNARY_FUNCTIONS[name], values
        return lambda columns: function(value(columns))
