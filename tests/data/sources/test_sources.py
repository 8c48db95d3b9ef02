"""What is known of a source stands in its model and its row: nothing else asks which source it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import seedbed
from seedbed import recipe

ROOT = Path(seedbed.__file__ or "").parent
MODELS = {model.__name__ for model in get_args(get_args(recipe.AnyData)[0])}
OWN = (ROOT / "data" / "sources", ROOT / "recipe" / "sources.py")


def _is_source(node: ast.expr) -> bool:
    """Whether an expression is the name of a source: source, data.source, data["source"]."""
    match node:
        case ast.Name("source") | ast.Attribute(attr="source") | ast.Subscript(slice=ast.Constant("source")):
            return True
    return False


def asked(text: str) -> Iterator[int]:
    """Lines that compare the name of a source, or test whether the table `data` is a certain source's."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Compare() if any(map(_is_source, [node.left, *node.comparators])):
                yield node.lineno
            case ast.Call(func=ast.Name("isinstance"), args=[_, kinds]) if MODELS & {
                name.id for name in ast.walk(kinds) if isinstance(name, ast.Name)
            }:
                yield node.lineno


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('if data.source == "table": pass', [1]),
        ('x = trained.recipe["data"]["source"] in BYTES', [1]),
        ("isinstance(data, TableData | SgemmData)", [1]),
        ("isinstance(data, Images)\nsource(name).draws", []),
    ],
)
def test_a_planted_question_is_seen(text: str, lines: list[int]) -> None:
    assert list(asked(text)) == lines


def test_nothing_asks_which_source_it_is() -> None:
    questions = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in ROOT.rglob("*.py")
        if not any(path.is_relative_to(own) for own in OWN)
        for line in asked(path.read_text(encoding="utf-8"))
    ]
    assert not questions, "give the source's model or row a property, and ask that"
