"""Which trainable a study names: the table that it has says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from seedbed.study.problems import Problem, StudyError
from seedbed.study.trainable import Trainable
from seedbed.text import enumerated

# The table that only this trainable has, and its class, which is imported where a study has the table.
BY_TABLE = {
    "function": "seedbed.trainables.function:FunctionTrainable",
    "command": "seedbed.trainables.command:CommandTrainable",
    "results": "seedbed.trainables.results:ResultsTrainable",
}


def trainable_of(tables: Mapping[str, Any], origin: str = "study") -> Trainable:
    """What trains the runs of a study: the built-in recipe unless it has a table of another.

    Parameters
    ----------
    tables
        Its document.
    origin
        Where it is from, for messages.

    Raises
    ------
    StudyError
        Where it names more than one.
    """
    named = [table for table in BY_TABLE if table in tables]
    if len(named) > 1:
        tables_named = enumerated([f"[{table}]" for table in named], last="and")
        raise StudyError(origin, [Problem(named[1], f"{tables_named} each train runs; keep one")])
    if not named:
        from seedbed.trainables.recipe import RecipeTrainable

        return RecipeTrainable(tables)
    module, _, name = BY_TABLE[named[0]].partition(":")
    made: Callable[[Mapping[str, Any]], Trainable] = getattr(import_module(module), name)
    return made(tables)


def choosing(function: Callable[..., Any]) -> Callable[[Mapping[str, Any], str], Trainable]:
    """What chooses the trainable of a study whose runs a given function makes."""
    from seedbed.trainables.function import FunctionTrainable

    return lambda tables, origin: FunctionTrainable(tables, function)
