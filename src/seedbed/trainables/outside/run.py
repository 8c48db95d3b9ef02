"""What a function is given beside its settings and seed where it asks for it: the object `run`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.trainables.outside.numbers import numbers_of

if TYPE_CHECKING:
    import numpy as np

FILE = "saved.safetensors"  # in the directory of a run, until that ends


class Enough(BaseException):
    """A rule of the study has ended this run; let it pass, as it does through `except Exception`."""


class Run:
    """One run of a function; the function gets it where it has a parameter called `run`.

    Attributes
    ----------
    saved
        What `save` was given last, in this process or one that was killed; None where the run begins. Arrays come back
        as NumPy arrays, tensors as PyTorch tensors on the CPU, tuples as lists.

    Examples
    --------
    ::

        def train(settings, seed, run):
            weights, epoch = run.saved or (initial(seed), 0)
            while epoch < settings["epochs"]:
                weights, epoch = step(weights, settings["lr"]), epoch + 1
                run.log(loss=loss(weights))
                run.save([weights, epoch])
            return {"acc": accuracy(weights)}
    """

    def __init__(self, directory: Path, tell: Callable[[dict[str, float]], bool]) -> None:
        self._directory, self._tell = directory, tell
        self._logged: list[dict[str, float]] = []
        self.saved: Any = None
        path = directory / FILE
        if path.exists():
            self.saved, logged = _read(path)
            for metrics in logged:
                self._note(metrics)

    @property
    def directory(self) -> Path:
        """A directory of this run alone, the same after a kill; what lies in it stays with the study's results."""
        self._directory.mkdir(parents=True, exist_ok=True)
        return self._directory

    def log(self, **metrics: Any) -> None:
        """Tell the metrics of another epoch, as a function that yields them does: `run.log(loss=0.3, acc=0.9)`."""
        self._note(numbers_of(metrics))

    def save(self, state: Any) -> None:
        """Save what the run needs to go on from here after a kill, with the epochs that it has told.

        Parameters
        ----------
        state
            Numbers, text, arrays, tensors, and lists and dicts of them, such as a `state_dict`.

        Raises
        ------
        TypeError
            Where something else is in it.
        """
        from seedbed.store.checkpoints import write

        arrays: list[np.ndarray] = []
        text = json.dumps([_plain(state, arrays), self._logged])
        write(self.directory / FILE, {f"{index}": one for index, one in enumerate(arrays)}, {"text": text})

    def _note(self, metrics: dict[str, float]) -> None:
        self._logged.append(metrics)
        if not self._tell(metrics):
            raise Enough


def _read(path: Path) -> tuple[Any, list[dict[str, float]]]:
    """What was saved, and the epochs told before."""
    from seedbed.store.checkpoints import read

    found = read(path)
    assert found
    arrays, facts = found
    plain, logged = json.loads(facts["text"])
    return _restored(plain, arrays), logged


# Each list, dict and array is a table of one key, its kind, so that nothing can be taken for another.


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Mapping):
        return {"dict": [[_plain(key, arrays), _plain(inner, arrays)] for key, inner in value.items()]}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return {"list": [_plain(inner, arrays) for inner in value]}
    kind = "tensor" if hasattr(value, "detach") else "array"
    array = value.detach().cpu().numpy() if kind == "tensor" else value
    _check_array(array)
    arrays.append(array)
    return {kind: len(arrays) - 1}


def _check_array(array: Any) -> None:
    import numpy as np

    from seedbed.store.checkpoints import TYPES

    advice = "save what it holds, such as arrays, numbers or model.state_dict()"
    if not isinstance(array, np.ndarray | np.generic):
        raise TypeError(
            f"expected numbers, text, arrays, lists and dicts to save, got {type(array)}; {advice}"
        )
    if array.dtype.name not in TYPES:
        raise TypeError(f"expected an array of numbers to save, got one of {array.dtype}; {advice}")


def _restored(plain: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if not isinstance(plain, dict):
        return plain
    ((kind, value),) = plain.items()
    if kind == "dict":
        return {_restored(key, arrays): _restored(inner, arrays) for key, inner in value}
    if kind == "list":
        return [_restored(inner, arrays) for inner in value]
    if kind == "array":
        return arrays[str(value)]
    import torch

    return torch.from_numpy(arrays[str(value)])
