"""Study files for tests: a small valid one, and TOML of any document."""

from __future__ import annotations

import copy
import json
from typing import Any

SMALL: dict[str, Any] = {
    "name": "tests/small",
    "data": {
        "source": "function",
        "expression": "sin(x)",
        "domain": [0.0, 6.0],
        "samples": 50,
        "split": [0.6, 0.2, 0.2],
        "grid": 20,
    },
    "model": {"kind": "mlp", "hidden": [4], "norm": "batch"},
    "training": {"lr": 0.1, "batch_size": 10, "epochs": 2},
    "study": {"seeds": 2, "metric": "val.mse"},
}


def document(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """The small study with dotted settings changed; None takes a key away."""
    result = copy.deepcopy(SMALL)
    for key, value in (changes or {}).items():
        *path, last = key.split(".")
        table = result
        for name in path:
            table = table.setdefault(name, {})
        table[last] = copy.deepcopy(value)
        if value is None:
            del table[last]
    return result


def plain(changes: dict[str, Any] | None = None) -> str:
    """The small study's TOML with a rate of 0.01, six seeds and usual batches, no norm, and settings changed."""
    usual = {"data.samples": 60, "data.grid": None, "model.norm": None, "training.batch_size": None}
    return small(usual | {"training.lr": 0.01, "study.seeds": 6} | (changes or {}))


def toml(tables: dict[str, Any]) -> str:
    """A document as TOML text, its tables inline."""
    return "\n".join(f"{json.dumps(key)} = {_value(value)}" for key, value in tables.items())


def small(changes: dict[str, Any] | None = None) -> str:
    """The small study's TOML with dotted settings changed."""
    return toml(document(changes))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_value(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(part) for part in value) + "]"
    return json.dumps(value)
