"""Plain data as TOML text: what is written is read back the same."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.study.tomltext import TomlError, to_toml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_is_written_is_read_back_the_same(tables: dict[str, Any]) -> None:
    again = tomllib.loads(to_toml(tables))
    assert again == tables
    assert repr(sorted(again.items())) == repr(sorted(tables.items()))  # true is not 1, and 1 is not 1.0


def test_it_is_laid_out_as_people_write_it() -> None:
    tables = {
        "name": "a/b",
        "training": {"lr": 0.1, "schedule": {"kind": "step", "every": 3}, "stop": None},
        "ablate": {"model.norm": ("none", "batch")},
        "variant": [{"name": "x", "set": {"training.lr": np.float32(0.5)}}, {"name": "y", "set": {}}],
        "path": Path("t.csv"),
        "counts": np.arange(3),
    }
    assert to_toml(tables).splitlines() == [
        'name = "a/b"',
        'path = "t.csv"',
        "counts = [0, 1, 2]",
        "",
        "[training]",
        "lr = 0.1",
        'schedule = { kind = "step", every = 3 }',
        "",
        "[ablate]",
        '"model.norm" = ["none", "batch"]',
        "",
        "[[variant]]",
        'name = "x"',
        'set = { "training.lr" = 0.5 }',
        "",
        "[[variant]]",
        'name = "y"',
        "set = {}",
    ]


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (
            {"a": {"b": object()}},
            "a.b: expected text, a number, true or false, a list or a table, got object",
        ),
        ({"a": [1, None]}, "a: expected .* got NoneType"),
        ({"a": {1: 2}}, "a: expected keys of text, got 1"),
        ({"a": {"b": {1, 2}}}, "a.b: expected .* got set"),
    ],
)
def test_what_toml_cannot_hold_is_named(tables: dict[str, Any], says: str) -> None:
    with pytest.raises(TomlError, match=says):
        to_toml(tables)
