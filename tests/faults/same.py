"""Whether two executions of a study gave the same: every bit of what they computed, whatever the clock said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from safetensors import safe_open

from seedbed.results.documents import document
from seedbed.results.result import Result
from seedbed.store import reader
from seedbed.store.contents import Contents

CLOCK = {
    "seconds",
    "seconds_per_run",
    "elapsed",
    "costs",
    "id",
    "directory",
    "time",
    "crc",
    "report",
    "nodes",
}  # keys of what depends on it
EVENTS = ("finding", "sealed", "round", "look", "rounds_ended", "peeked")  # that say what was found


def differences(one: Path, other: Path) -> list[str]:
    """What two study directories hold that differs, in words; empty where they gave the same."""
    return [*_tables(one, other), *_models(one, other), *_facts(one, other)]


def _tables(one: Path, other: Path) -> Iterator[str]:
    names = [Contents(directory).kinds() - {"models"} for directory in (one, other)]
    if names[0] != names[1]:
        yield f"tables: {sorted(names[0])} and {sorted(names[1])}"
    for name in sorted(names[0] & names[1]):
        tables = [_by_run(reader.read_table(directory, name)) for directory in (one, other)]
        if sorted(tables[0].schema.names) != sorted(tables[1].schema.names):
            yield f"{name}: columns {tables[0].schema.names} and {tables[1].schema.names}"
            continue
        for column in tables[0].schema.names:
            if column not in CLOCK and not _equal(*(table[column] for table in tables)):
                yield f"{name}: column {column}"


def _by_run(table: pa.Table) -> pa.Table:
    """The rows of each run together and in their order: runs are stored as they end."""
    runs = list(zip(table["variant"].to_pylist(), table["seed"].to_pylist(), strict=True))
    return table.take(pa.array(sorted(range(len(runs)), key=lambda row: runs[row]), pa.int64()))


def _equal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    """Whether every value is the same, a NaN equal to a NaN, zero unequal to minus zero."""
    return repr(one.to_pylist()) == repr(other.to_pylist())


def _models(one: Path, other: Path) -> Iterator[str]:
    files = [
        {str(path.relative_to(directory)): path for path in directory.glob("models/**/*.safetensors")}
        for directory in (one, other)
    ]
    if files[0].keys() != files[1].keys():
        yield f"models: {sorted(files[0])} and {sorted(files[1])}"
    for name in sorted(files[0].keys() & files[1].keys()):
        if _arrays(files[0][name]) != _arrays(files[1][name]):
            yield name


def _arrays(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        facts = file.metadata()
        facts.pop("groups", None)  # which parts were joined
        return {
            "": facts,
            **{name: (np.shape(a), a.dtype.str, a.tobytes()) for name, a in arrays.items()},
        }


def _facts(one: Path, other: Path) -> Iterator[str]:
    for what in (_resolved, _found, _shown):
        first, second = (what(directory) for directory in (one, other))
        if first != second:
            yield f"{what.__name__.strip('_')}: {_first_difference(first, second)}"


def _resolved(directory: Path) -> Any:
    return json.loads((directory / "resolved.json").read_text(encoding="utf-8"))


def _found(directory: Path) -> list[str]:
    """The events of the journal that say what was found."""
    found = [event for event in reader.events(directory) if event.get("event") in EVENTS]
    return sorted(json.dumps(_timeless(event), sort_keys=True) for event in found)


def _shown(directory: Path) -> Any:
    """The document of `show --json`."""
    return _timeless(json.loads(json.dumps(document(Result.open(directory)), default=str)))


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key not in CLOCK}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def _first_difference(one: Any, other: Any, path: str = "") -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return _first_difference(one.get(key), other.get(key), f"{path}.{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, both in enumerate(zip(one, other, strict=True)):
            if both[0] != both[1]:
                return _first_difference(*both, f"{path}[{place}]")
    return re.sub(r"^\.", "", f"{path}: {one!r} and {other!r}")[:500]
