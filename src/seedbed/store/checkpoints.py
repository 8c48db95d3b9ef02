"""Checkpoints of unfinished shards: arrays and facts in one file that checks itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.files import regular_file, replace, temporary, to_json
from seedbed.store.schema import damaged

if TYPE_CHECKING:
    import numpy as np

DIRECTORY = "checkpoints"
TYPES = {  # as safetensors calls them
    "bool": "BOOL", "float16": "F16", "float32": "F32", "float64": "F64",
    **{f"int{bits}": f"I{bits}" for bits in (8, 16, 32, 64)}, **{f"uint{bits}": f"U{bits}" for bits in (8, 16, 32, 64)},
}  # fmt: skip


def path_of(directory: Path, number: int) -> Path:
    """The file of shard `number`."""
    return directory / DIRECTORY / f"{number:06}.safetensors"


def write(path: Path, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all; arrays that are contiguous are not copied."""
    import numpy as np

    solid = {name: np.asarray(array, order="C") for name, array in sorted(arrays.items())}
    text = to_json(facts)
    header = _header(solid, {"facts": text, "sha256": _digest(solid, text)})
    with temporary(path) as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for array in solid.values():
            file.write(_bytes(array))
    replace(path)


def _header(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> bytes:
    """The header of a safetensors file, whose library would make two copies of all arrays to write them."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    end = 0
    for name, array in arrays.items():
        start, end = end, end + array.nbytes
        kind = TYPES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, end]}
    text = to_json(header).encode()
    return text + b" " * (-len(text) % 8)


def _bytes(array: np.ndarray) -> memoryview:
    return array.reshape(-1).view("uint8").data


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """The arrays and facts of a checkpoint; None where there is none.

    Raises
    ------
    StoreError
        Where it is damaged.
    """
    from safetensors import safe_open

    if not path.exists():
        return None
    with damaged(path), regular_file(path):
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        if metadata.get("sha256") != _digest(arrays, metadata.get("facts", "")):
            raise ValueError("its content does not agree with its checksum")
        return arrays, json.loads(metadata["facts"])


def _digest(arrays: Mapping[str, np.ndarray], facts: str) -> str:
    """The hexadecimal digest of all that a checkpoint holds."""
    digest = hashlib.sha256(facts.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(_bytes(array))
    return digest.hexdigest()
