"""The code that recipes name, without importing it: the classes of modules, and their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from seedbed.recipe import ModuleModel, Recipe
from seedbed.study.code import Code
from seedbed.trainables.outside.sources import files_of

ARGUMENTS = "model.arguments."


def code_of(recipes: Iterable[Recipe], directory: Path) -> Code | None:
    """The code that recipes name; None where their networks are all Seedbed's own."""
    paths = dict.fromkeys(one.model.path for one in recipes if isinstance(one.model, ModuleModel))
    if not paths:
        return None
    files = [file for path in paths for file in files_of(path.partition(":")[0], directory)]
    what = "\n".join(f"the class {path}" for path in paths)
    return Code(what, tuple(dict.fromkeys(files)), to_prepare=True)


def arguments_in(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """The dotted keys of all arguments of modules that a document gives or varies."""
    model = tables.get("model")
    given = model.get("arguments") if isinstance(model, Mapping) else None
    found = [f"{ARGUMENTS}{name}" for name in given] if isinstance(given, Mapping) else []
    variants = tables.get("variant")
    named = variants if isinstance(variants, list) else []
    sets = [
        tables.get("ablate"),
        tables.get("grid"),
        *(one.get("set") for one in named if isinstance(one, Mapping)),
    ]
    varied = [key for table in sets if isinstance(table, Mapping) for key in table]
    return tuple(dict.fromkeys([*found, *(key for key in varied if str(key).startswith(ARGUMENTS))]))
