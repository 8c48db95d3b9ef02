"""Checkpoints of unfinished shards: arrays and facts in one file that checks itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.files import Hashing, regular_file, rename, stage, to_json
from seedbed.store.schema import damaged

if TYPE_CHECKING:
    import numpy as np

DIRECTORY = "checkpoints"


def path_of(directory: Path, number: int) -> Path:
    """The file of shard `number`."""
    return directory / DIRECTORY / f"{number:06}.safetensors"


def write(path: Path, arrays: Mapping[str, np.ndarray], facts: Mapping[str, Any]) -> None:
    """Write a checkpoint, whole or not at all."""
    import numpy as np
    from safetensors.numpy import save

    solid = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    text = to_json(facts)
    content = save(solid, {"facts": text, "sha256": _digest(solid, text)})

    def into(file: Hashing) -> None:
        file.write(content)

    rename([stage(path, into)])


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
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.reshape(-1).view("uint8").data)
    return digest.hexdigest()
