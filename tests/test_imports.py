"""Imports point one way, as docs/architecture.md says: cli -> report -> runner -> ... -> leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "seedbed"

# From the bottom up; a module may import only from lower layers and from its own. The longest prefix counts.
LAYERS = (
    (
        "__init__",
        "random",
        "recipe",
        "files",
        "interrupts",
        "environment",
        "progress",
        "tomltext",
        "data.base",
        "data.registry",
        "simd",
        "suggestions",
        "synonyms",
        "class_weights",
        "roc",
    ),
    (
        "by_run",
        "findings",
        "problems",
        "settings",
        "statistics",
        "metrics",
        "nn",
        "ranking",
        "tables",
        "trained",
    ),
    ("optim", "data", "store", "engines.base"),
    ("diagnostics", "executions", "verdicts", "engines"),
    ("wording", "group"),
    ("dead_units", "evaluation", "outcome"),
    ("judging",),
    ("training",),
    ("hypotheses", "variants", "labs", "own_data", "seeds", "study_file", "study_contents", "study"),
    ("memory", "plan", "reference"),
    ("answer", "documents", "results", "networks", "predict", "report"),
    ("runner",),
    ("api",),
    ("cli", "__main__"),
)


def modules() -> dict[str, Path]:
    """Dotted name below the package -> file."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        found[name] = path
    return found


def layer(module: str) -> int:
    """The layer of the longest listed prefix of a module's name."""
    ranks = {name: rank for rank, names in enumerate(LAYERS) for name in names}
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (prefix := ".".join(parts[:length])) in ranks:
            return ranks[prefix]
    raise AssertionError(f"seedbed.{module} has no layer: give it one in {Path(__file__).name}")


def imported(tree: ast.AST, known: set[str], lazily: bool) -> Iterator[str]:
    """Modules of the package that a file imports; with `lazily` False only those that importing it imports.

    Imports for type checkers count for neither.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not lazily:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            yield from imported(node, known, lazily)
            continue
        for name in names:
            if name.split(".")[0] == "seedbed":
                inner = name.removeprefix("seedbed").lstrip(".")
                yield inner if inner in known else inner.rpartition(".")[0] or "__init__"


@cache
def edges(lazily: bool) -> dict[str, set[str]]:
    """Module -> modules of the package that it imports."""
    known = modules()
    return {
        name: set(imported(ast.parse(path.read_text()), set(known), lazily)) - {name}
        for name, path in known.items()
    }


# What a lower layer asks of a higher one when it is called, never when it is imported.
CALLED_BACK = {("study", "runner"), ("study", "results")}


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_downward(module: str) -> None:
    upward = {
        other
        for other in edges(lazily=True)[module]
        if layer(other) > layer(module) and (module, other) not in CALLED_BACK
    }
    assert not upward, f"seedbed.{module} must not import {', '.join(sorted(upward))}"


def test_no_module_imports_itself_through_others() -> None:
    try:
        TopologicalSorter(edges(lazily=False)).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_planted_import_upward_is_seen() -> None:
    source = "def f():\n    from seedbed.cli.run import command\n"
    assert list(imported(ast.parse(source), set(modules()), lazily=True)) == ["cli.run"]
    assert list(imported(ast.parse(source), set(modules()), lazily=False)) == []
    assert layer("cli.run") > layer("nn.layers.dense")
