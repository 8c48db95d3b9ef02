"""Trained networks in a file: parameters, preprocessing and recipe, so that they predict from raw input."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.files import regular_file, slug, to_json
from seedbed.store.schema import GROUPS
from seedbed.store.trained_checks import check_arrays, check_facts

if TYPE_CHECKING:
    import numpy as np

    from seedbed.data.base import Encoding

FACTS = ("variant", "recipe", "seeds", "shape", "outputs", "features", "classes")
OPTIONAL = ("center", "scale", "fill", "class_weights")  # arrays
LATER_FACTS = ("dtype", "encodings")  # which files of older versions lack


class TrainedError(ValueError):
    """A file of trained networks that is missing, damaged or of another kind."""


@dataclass(frozen=True)
class Trained:
    """The trained networks of one variant, with all that they need to predict from raw input.

    Attributes
    ----------
    variant
        Its name.
    recipe
        Its recipe as plain data, every default filled in.
    seeds
        The seed of each run, in the order of the leading axis of every array.
    shape, outputs
        The shape of one raw input sample, and how many numbers the networks give for it.
    parameters, state
        Name -> (runs, *shape) float32, named as the network's layouts name them.
    center, scale
        (runs or 1, *sample) float32: a network sees (inputs - center) * scale. None where nothing is scaled.
    fill
        (runs or 1, features) float32: what stands for a missing input, before scaling; None where none may be missing.
    class_weights
        (runs, classes) float32: how much samples of each class count in the loss; None where all count the same.
    features, classes
        Names of the input columns and of the classes; empty where there are none.
    dtype
        Of the raw inputs in training, such as "uint8"; empty where a file of an older version does not say.
    encodings
        How each input is made of a column of a table; empty for other sources and in files of older versions.
    """

    variant: str
    recipe: dict[str, Any]
    seeds: tuple[int, ...]
    shape: tuple[int, ...]
    outputs: int
    parameters: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    center: np.ndarray | None = None
    scale: np.ndarray | None = None
    fill: np.ndarray | None = None
    class_weights: np.ndarray | None = None
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    dtype: str = ""
    encodings: tuple[Encoding, ...] = ()

    def only(self, run: int) -> Trained:
        """The network of one run alone, by its index along the leading axis."""

        def cut(array: np.ndarray) -> np.ndarray:
            return array[run : run + 1] if len(array) > 1 else array

        optional: dict[str, Any] = {
            name: None if value is None else cut(value) for name, value in self._optional().items()
        }
        return replace(
            self,
            seeds=self.seeds[run : run + 1],
            parameters={name: cut(value) for name, value in self.parameters.items()},
            state={name: cut(value) for name, value in self.state.items()},
            **optional,
        )

    def to_bytes(self, groups: Sequence[int] = ()) -> bytes:
        """The content of a safetensors file; `groups` are the numbers of those that the networks are of."""
        import numpy as np
        from safetensors.numpy import save

        arrays = {f"parameters/{name}": value for name, value in self.parameters.items()}
        arrays |= {f"state/{name}": value for name, value in self.state.items()}
        arrays |= {name: value for name, value in self._optional().items() if value is not None}
        facts = {name: getattr(self, name) for name in (*FACTS, *LATER_FACTS)}
        facts["encodings"] = [asdict(encoding) for encoding in self.encodings]
        metadata = {name: to_json(value) for name, value in facts.items()} | {GROUPS: to_json(list(groups))}
        return save({name: np.ascontiguousarray(value) for name, value in arrays.items()}, metadata)

    def _optional(self) -> dict[str, np.ndarray | None]:
        return {name: getattr(self, name) for name in OPTIONAL}


def joined(parts: Sequence[Trained]) -> Trained:
    """The networks of one variant that were trained in several parts, in the order of their seeds."""
    import numpy as np

    seeds = [seed for part in parts for seed in part.seeds]
    order = np.argsort(seeds)

    def together(arrays: Sequence[np.ndarray]) -> np.ndarray:
        sizes = [len(part.seeds) for part in parts]  # what all runs of a part share has one row
        whole = [
            np.broadcast_to(array, (size, *array.shape[1:]))
            for array, size in zip(arrays, sizes, strict=True)
        ]
        return np.concatenate(whole)[order]

    first = parts[0]
    if any(_kind(part) != _kind(first) for part in parts):
        raise TrainedError(f"the parts of the networks of variant {first.variant!r} are of different kinds")
    optional: dict[str, Any] = {
        name: together([getattr(part, name) for part in parts])
        for name in OPTIONAL
        if getattr(first, name) is not None
    }
    return replace(
        first,
        seeds=tuple(seeds[row] for row in order),
        parameters={name: together([part.parameters[name] for part in parts]) for name in first.parameters},
        state={name: together([part.state[name] for part in parts]) for name in first.state},
        **optional,
    )


def _kind(trained: Trained) -> tuple[object, ...]:
    """What all parts of the networks of one variant have in common."""
    facts = [getattr(trained, name) for name in (*FACTS, *LATER_FACTS) if name != "seeds"]
    shapes = [
        {name: array.shape[1:] for name, array in arrays.items() if array is not None}
        for arrays in (trained.parameters, trained.state, trained._optional())
    ]
    return *facts, *shapes


def models_file(variant: str) -> str:
    """The file of a variant's networks in the directory of its study."""
    return f"models/{slug(variant)}.safetensors"


def read_trained(path: str | os.PathLike[str]) -> Trained:
    """The trained networks in one `models/*.safetensors` file.

    Raises
    ------
    TrainedError
        Where the file is missing, damaged or was not written by Seedbed.
    """
    from safetensors import SafetensorError

    try:
        with regular_file(Path(path)):
            return read_models(Path(path))[0]
    except (
        OSError,
        SafetensorError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        MemoryError,
    ) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise TrainedError(f"{path} is not a readable file of trained models: {why}") from error


def read_models(path: Path) -> tuple[Trained, set[int]]:
    """The trained networks in a file, and the groups that they are of; raises whatever a damaged one leads to."""
    from safetensors import safe_open

    from seedbed.data.base import Encoding

    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
        names = (*FACTS, *(name for name in LATER_FACTS if name in metadata))
        facts = {name: json.loads(metadata[name]) for name in names}
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    facts["encodings"] = [Encoding(**encoding) for encoding in facts.get("encodings", [])]
    facts |= {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
    check_facts(facts)
    optional: dict[str, Any] = {name: arrays.get(name) for name in OPTIONAL}
    parameters, state = _below("parameters/", arrays), _below("state/", arrays)
    shared = {name: value for name, value in optional.items() if value is not None}
    check_arrays(len(facts["seeds"]), parameters | state, shared)
    trained = Trained(**facts, parameters=parameters, state=state, **optional)
    return trained, set(json.loads(metadata.get(GROUPS, "[]")))


def groups_of_models(path: Path) -> set[int]:
    """The groups that the networks in a file are of; raises whatever a damaged one leads to."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return set(json.loads((file.metadata() or {}).get(GROUPS, "[]")))


def _below(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
