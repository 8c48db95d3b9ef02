"""Expressions give what NumPy gives, and whatever is not an expression is refused with its position."""

import contextlib
import math
import re
import time
import tracemalloc
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.data.base import DataError
from seedbed.data.expressions.expression import Expression
from seedbed.data.expressions.operations import UNARY_FUNCTIONS

X = np.array([-2.0, -0.5, 0.0, 0.25, 1.0, 3.0])
Y = np.array([1.0, 2.0, -3.0, 0.5, 1.0, 0.0])
COLUMNS = {"x": X, "y": Y, "Run1 (ms)": X + 5, "é": Y * 2}


def value(text):
    return Expression.parse(text, COLUMNS)(COLUMNS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", X),
        ("-x + +y", -X + Y),
        ("x - y - 1", X - Y - 1),
        ("2 * x / 4", X / 2),
        ("2 ** 3 ** x", 2 ** (3**X)),
        ("-x**2", -(X**2)),
        ("(x + 1)**2 + sin(x**2 + 1) - log(x**2 + 1)", (X + 1) ** 2 + np.sin(X**2 + 1) - np.log(X**2 + 1)),
        ("x\n + 1\t", X + 1),
        ("pi * x + e", math.pi * X + math.e),
        ("1e-3 * x", 1e-3 * X),
        ("`Run1 (ms)` * `x`", (X + 5) * X),
        ("é + `é` + x", 4 * Y + X),
        ("log2(`Run1 (ms)`) + log10(`Run1 (ms)`)", np.log2(X + 5) + np.log10(X + 5)),
        ("mean(x, y, 3)", (X + Y + 3) / 3),
        ("minimum(x, y, 0)", np.minimum(np.minimum(X, Y), 0)),
        ("maximum(x, y)", np.maximum(X, Y)),
        ("x > 0", [0, 0, 0, 1, 1, 1]),
        ("x == y", [0, 0, 0, 0, 1, 0]),
        ("-1 < x <= 1", [0, 1, 1, 1, 1, 0]),
        ("x > 0 and y > 0", [0, 0, 0, 1, 1, 0]),
        ("x < 0 or y < 0 or x > 2", [1, 1, 1, 0, 0, 1]),
        ("not (x > 0)", [1, 1, 1, 0, 0, 0]),
        ("(x > 0) * 2 + (y != 0)", [1, 1, 1, 3, 3, 2]),
        ("(x > 0) + (x > 0)", [0, 0, 0, 2, 2, 2]),
        ("-(x > 0)", [0, 0, 0, -1, -1, -1]),
    ],
)
def test_value(text, expected):
    found = value(text)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("name", UNARY_FUNCTIONS)
def test_function_of_one_is_numpys(name):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(value(f"{name}(x)"), getattr(np, name)(X))


def leaves():
    names = st.sampled_from(["x", "y"]).map(lambda name: (name, lambda c, name=name: c[name]))
    numbers = st.floats(0, 9, allow_subnormal=False).map(lambda v: (repr(v), lambda c, v=v: np.full(6, v)))
    return names | numbers


def branches(children):
    """An operation on smaller expressions, each a text and a function that computes it in plain NumPy."""
    operators = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "<": np.less}
    binary = st.tuples(st.sampled_from(list(operators)), children, children).map(
        lambda t: (f"({t[1][0]} {t[0]} {t[2][0]})", lambda c: operators[t[0]](t[1][1](c), t[2][1](c)) * 1.0)
    )
    unary = st.tuples(st.sampled_from(list(UNARY_FUNCTIONS)), children).map(
        lambda t: (f"{t[0]}({t[1][0]})", lambda c: getattr(np, t[0])(t[1][1](c)))
    )
    return binary | unary


@given(st.recursive(leaves(), branches, max_leaves=8))
def test_any_expression_is_numpys(case):
    text, expected = case
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(value(f"{text} + 0 * x"), expected(COLUMNS) + 0 * X)


def test_names_are_those_used_in_order():
    assert Expression.parse("y + `Run1 (ms)` * y - x", COLUMNS).names == ("y", "Run1 (ms)", "x")


def test_a_column_hides_a_constant_of_its_name():
    np.testing.assert_array_equal(Expression.parse("e", ["e"])({"e": X}), X)


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ("sin(x) + * 2", "something is missing or superfluous", 9),
        ("sin(x", "never closed", 3),
        ("2x", r"write \* for a product", 0),
        ("2(x)", r"write \* for a product", 0),
        ("x^2", "write \\*\\*", 0),
        ("x & y", "write `and`", 0),
        ("x = 1", "write ==", 2),
        ("x @ y", "operators are", 0),
        ("x // y", "operators are", 0),
        ("é + z", "unknown name 'z'", 4),
        ("x + `Run1`", "did you mean `Run1 \\(ms\\)`", 4),
        ("x + sine(x)", "did you mean 'sin'", 4),
        ("sin", "unknown name 'sin'", 0),
        ("x + sin()", "sin needs 1 argument$", 4),
        ("sin(x, y)", "sin needs 1 argument$", 0),
        ("sin(a=x)", "sin needs 1 argument$", 0),
        ("mean()", "at least 1 argument$", 0),
        ("minimum(x)", "at least 2 arguments$", 0),
        ("mean(*x)", "expected arithmetic", 5),
        ("x.real", "expected arithmetic", 0),
        ("x[0]", "expected arithmetic", 0),
        ("x if x else y", "expected arithmetic", 0),
        ("lambda: x", "expected arithmetic", 0),
        ("[x for x in y]", "expected arithmetic", 0),
        ("(z := x)", "expected arithmetic", 1),
        ("x + 'a'", "'a' is not a number; text can only be compared", 4),
        ("x == 'a'", "'x' holds no text; compare it with a number", 5),
        ("x in (1, 'a')", "'x' holds no text", 9),
        ("z in (1, 2)", "unknown name 'z'", 0),
        ("is_missing()", "needs the name of one column", 0),
        ("x + True", "True is not a number", 4),
        ("x + 1j", "1j is not a number", 4),
        ("x + " + "9" * 400, "too large", 4),
        ("__import__('os')", "not a function", 0),
        ("x; y", "not an expression", 1),
        ("x + `y", "is not closed", 4),
        ("x\0", "is not allowed in an expression", 1),
        ("x\udc80", "is not allowed in an expression", 1),
    ],
)
def test_refused_with_its_place(text, says, at):
    with pytest.raises(DataError) as caught:
        Expression.parse(text, COLUMNS)
    message, excerpt, caret = str(caught.value).split("\n")
    assert re.search(says, message)
    assert excerpt.strip() == text[: at + 50].strip()
    assert caret == " " * (2 + at) + "^"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("1 + pi", "uses none of: x, y"),
        ("x" + " + x" * 1000, "characters; at most"),
        ("x" + "+x" * 300, "nests more than"),
        ("-" * 1500 + "x", "nest"),
        ("sin(" * 250 + "x" + ")" * 250, "nest"),
    ],
)
def test_refused(text, says):
    with pytest.raises(DataError, match=says):
        Expression.parse(text, COLUMNS)


def test_a_long_expression_shows_only_the_surroundings_of_its_error():
    with pytest.raises(DataError) as caught:
        Expression.parse("x + " * 40 + "oops" + " + x" * 40, COLUMNS)
    _, excerpt, caret = str(caught.value).split("\n")
    assert len(excerpt) <= 102
    assert excerpt[caret.index("^") :].startswith("oops")


def test_a_huge_power_is_infinite_at_once():
    start = time.monotonic()
    assert np.isinf(value("9 ** 9 ** 9 ** 9 + x")).all()
    assert time.monotonic() - start < 5


@given(st.text("xy0123456789.+-*/()<>=!,`^&|~ \n'\"[]{}:;@_einadorlgs", max_size=30))
def test_any_text_is_an_expression_or_refused(text):
    try:
        found = value(text)
    except DataError as error:
        lines = str(error).split("\n")
    else:
        assert found.shape == X.shape
        return
    assert len(lines) in (1, 3)


@pytest.mark.parametrize("text", [r"color == '\d'", "x > 1if x else 2", "1or x", "0x1for x"])
def test_what_python_warns_of_in_a_program_is_not_passed_on(text):
    with warnings.catch_warnings(record=True) as told, contextlib.suppress(DataError):
        warnings.simplefilter("always")
        Expression.parse(text, ["x", "color"], {"color": ["a", "b"]})
    assert not told


@pytest.mark.parametrize(
    "text",
    [
        "minimum(" + ", ".join(["x"] * 300) + ")",
        "mean(" + ", ".join(["x + 1"] * 200) + ")",
        " and ".join(["x"] * 200),
        " < ".join(["x"] * 300),
        "+".join(["x"] * 190),
    ],
    ids=["minimum", "mean", "and", "comparison", "sum"],
)
def test_a_long_expression_holds_a_few_columns_at_once(text):
    x = np.ones(10_000)
    expression = Expression.parse(text, ["x"])
    tracemalloc.start()
    expression({"x": x})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * x.nbytes


@pytest.mark.parametrize(
    "text",
    [
        "x.__class__",
        "().__class__.__bases__",
        "__import__('os')",
        "x[0]",
        "(lambda: x)()",
        "[x for x in (1, 2)]",
        "f'{x}'",
        "x if x else x",
        "(y := x)",
        "*x",
        "sin(*x)",
        "sin(**x)",
        "await x",
        "9" * 1000 + " + x[1]",
        "-" * 1999 + "x",
        "(" * 999 + "x" + ")" * 999,
        "sin(" * 400 + "x" + ")" * 400,
        "x" + "**9" * 600,
        "0x" + "f" * 1900 + "*x",
        "1e99999 * x.real",
    ],
)
def test_nothing_but_arithmetic_is_computed(text):
    with pytest.raises(DataError):
        Expression.parse(text, ["x", "y"])
