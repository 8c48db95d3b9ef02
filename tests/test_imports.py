"""Imports point one way: docs/architecture.md lists the layers, and this holds the code to the list."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "seedbed"

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"


def layers(page: str) -> list[str]:
    """The folders and loose modules of the house, from the top down: the list in docs/architecture.md."""
    listed = page.partition("```layers\n")[2].partition("```")[0]
    return [line.split()[0] for line in listed.splitlines()]


LAYERS = layers(PAGE.read_text(encoding="utf-8"))


def modules() -> dict[str, Path]:
    """Dotted name below the package -> file."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        found[name] = path
    return found


def layer(module: str) -> int:
    """How many lines lie below the folder, or loose module, that a module is in."""
    home = module.partition(".")[0]
    assert home in LAYERS, f"seedbed.{module} has no layer: give {home} a line in docs/architecture.md"
    return len(LAYERS) - LAYERS.index(home)


def imported(tree: ast.AST, known: set[str]) -> Iterator[str]:
    """Modules of the package that a file imports anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "seedbed":
                inner = name.removeprefix("seedbed").lstrip(".")
                yield inner if inner in known else inner.rpartition(".")[0] or "__init__"


@cache
def edges() -> dict[str, set[str]]:
    """Module -> modules of the package that it imports, be it in a function or for type checkers."""
    known = modules()
    return {
        name: set(imported(ast.parse(path.read_text(encoding="utf-8")), set(known))) - {name}
        for name, path in known.items()
    }


def test_the_list_names_what_there_is() -> None:
    homes = {name.partition(".")[0] for name in modules()}
    assert len(set(LAYERS)) == len(LAYERS)
    assert homes == set(LAYERS)


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_downward(module: str) -> None:
    upward = {other for other in edges()[module] if layer(other) > layer(module)}
    assert not upward, f"seedbed.{module} must not import {', '.join(sorted(upward))}"


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter(edges()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


# Who knows of runs and studies by study/trainable.py alone, and what they know nothing of.
SEALED = ("study", "plan", "store", "analysis", "execution", "report")
TRAINING = ("trainables", "training", "engines", "nn", "optim", "simd", "recipe")


@pytest.mark.parametrize("module", sorted(name for name in modules() if name.split(".")[0] in SEALED))
def test_nobody_but_trainables_knows_how_runs_are_trained(module: str) -> None:
    known = {other for other in edges()[module] if other.split(".")[0] in TRAINING}
    assert not known, f"seedbed.{module} must not import {', '.join(sorted(known))}"


def test_a_planted_import_upward_is_seen() -> None:
    for source in (
        "def f():\n    from seedbed.cli.run import command\n",
        "if TYPE_CHECKING:\n    from seedbed.cli import run\n",
        "import seedbed.cli.run\n",
    ):
        assert list(imported(ast.parse(source), set(modules()))) == ["cli.run"]
    assert layer("cli.run") > layer("nn.layers.dense")
