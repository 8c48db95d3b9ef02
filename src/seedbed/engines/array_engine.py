"""The array engines: the from-scratch layers run as they are written, on NumPy arrays or on torch tensors."""

from __future__ import annotations

import weakref
from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np

from seedbed.arrays import NUMPY, Array, Arrays
from seedbed.engines.allocation import freed_memory_kept
from seedbed.engines.base import Batches, GroupData, Program, seen
from seedbed.nn.base import Context
from seedbed.nn.ops import scalar
from seedbed.optim.clipping import clip

# What one slice of a prediction may take for its widest activation; more would not stay in a cache.
PREDICT_BYTES = 16 * 2**20
EVERY = slice(None)  # run


class ArrayEngine:
    """Trains one group of runs, step by step, with whole-array operations.

    NumPy and torch differ in `xp`, `_put`, `_get`, `_between_steps`, and in what they put around `_step` and
    `predict`; see `engines.base.Engine` for the contract.
    """

    xp = NUMPY
    # Whether the host looks, after every step, if a run has diverged; on a device it would have to wait for that.
    looks = True
    predict_bytes = PREDICT_BYTES

    def __init__(
        self,
        program: Program,
        data: GroupData,
        params: np.ndarray,
        state: np.ndarray,
        dropout_keys: np.ndarray,
        augment_keys: np.ndarray,
    ) -> None:
        self.program = program
        self._inputs, self._targets = self._put(data.inputs), self._put(data.targets)
        self._dataset = self._put(data.dataset)
        # What changes inputs, and what weighs losses; each has a row for every run, or one for all.
        self._scaling = self._put_all(center=data.center, scale=data.scale, fill=data.fill)
        self._weights = self._put_all(class_weights=data.class_weights)
        self._keys = self._put(dropout_keys), self._put(augment_keys)
        self._mask = self._put(program.decay_mask[None, :])
        # All that training changes, by name: what `read` gives.
        self._arrays = {"params": self._put(params), "state": self._put(state)}
        self._arrays |= dict.fromkeys(program.optimizer.slots, self._arrays["params"] * 0)
        settings = ExitStack()
        settings.enter_context(freed_memory_kept())
        self._put_back = weakref.finalize(self, settings.close)  # also where nobody closes it

    def _put(self, array: np.ndarray) -> Array:
        return np.ascontiguousarray(array)

    def _put_all(self, **arrays: np.ndarray | None) -> dict[str, Array]:
        return {name: self._put(array) for name, array in arrays.items() if array is not None}

    def _get(self, array: Array) -> np.ndarray:
        return np.array(array)

    def _between_steps(self) -> None:
        """Called before every step and every slice of a prediction."""

    # --- training ---------------------------------------------------------------------------------------

    def train(
        self,
        batches: Batches,
        hyper: Mapping[str, np.ndarray],
        first_step: int,
        frozen: np.ndarray | None = None,
    ) -> np.ndarray:
        """See `engines.base.Engine.train`."""
        names = _used(hyper)
        table = self._put(np.stack([hyper[name] for name in names], axis=1).astype(np.float32))
        indices = self._put(batches.indices)
        alive = self._put(np.ones(len(batches.indices), dtype=bool) if frozen is None else ~frozen)
        losses, bounds = [], (0, 0)
        batch: dict[str, Array] = {}
        with np.errstate(all="ignore"):  # runs may diverge; that is recorded, not warned about
            for step, number in enumerate(self._numbers(first_step, batches.steps)):
                self._between_steps()
                if (new_bounds := batches.bounds(step)) != bounds:  # full-batch descent gathers once
                    bounds = new_bounds
                    batch = self._gather(indices[:, bounds[0] : bounds[1]])
                now = {"alive": alive, "hyper": table[step], "step": number}
                new = self._step(names, self._arrays | batch | now)
                losses.append(new.pop("loss"))
                alive = new.pop("alive")
                self._arrays = new
        return self._get(self.xp.stack(losses, axis=1))

    def _numbers(self, first: int, count: int) -> Iterable[Any]:
        """Of the steps: how many were done before each."""
        return range(first, first + count)

    def _step(self, names: tuple[str, ...], given: Arrays) -> dict[str, Array]:
        """One step of all runs, a function of its arguments alone.

        Parameters
        ----------
        names
            Of the rows of "hyper".
        given
            Everything that `read` gives; "inputs" and "targets" of the batch; "alive" (runs,), which runs have had
            finite losses so far; "hyper" (names, runs); and the number of the "step".

        Returns
        -------
        The new arrays and "alive", and the "loss" of every run before the step, (runs,).
        """
        new = self._updated(names, {name: array for name, array in given.items() if name != "alive"})
        xp, loss = self.xp, new.pop("loss")
        alive = given["alive"] & xp.isfinite(loss)
        if not (self.looks and bool(xp.all(alive))):  # those whose loss is not finite stay as they were
            new = {name: xp.where(alive[:, None], array, given[name]) for name, array in new.items()}
        return new | {"alive": alive, "loss": xp.where(alive, loss, scalar(xp, xp.nan, loss))}

    def _updated(self, names: tuple[str, ...], given: Arrays) -> dict[str, Array]:
        """As `_step`, of all runs whatever their losses; without "alive"."""
        xp, program = self.xp, self.program
        hyper = {name: given["hyper"][row] for row, name in enumerate(names)}
        context = Context(
            xp,
            training=True,
            step=given["step"],
            dropout_key=self._keys[0],
            augment_key=self._keys[1],
            hyper=hyper,
        )
        outputs, state, backward = program.model.forward(
            given["params"], given["state"], given["inputs"], context
        )
        loss, loss_backward = program.loss.forward(xp, outputs, given["targets"], hyper | self._weights)
        grads = backward(loss_backward())
        columns = {name: values[:, None] for name, values in hyper.items()} | {"mask": self._mask}
        if "clip_norm" in columns:
            grads = clip(xp, grads, columns["clip_norm"])
        slots = tuple(given[name] for name in program.optimizer.slots)
        params, slots = program.optimizer.update(xp, given["params"], grads, slots, columns)
        new = {"params": params, "state": state, **dict(zip(program.optimizer.slots, slots, strict=True))}
        return new | {"loss": loss}

    def _gather(self, indices: Array) -> dict[str, Array]:
        """Samples (runs, batch) as network inputs and targets."""
        return {"inputs": self._seen(indices), "targets": self._targets[self._dataset[:, None], indices]}

    def _seen(self, indices: Array, runs: Array | slice = EVERY) -> Array:
        """Samples (runs, batch) as the networks of the named runs see them."""
        raw = self._inputs[self._dataset[runs][:, None], indices]
        inputs = self.xp.astype(raw, self.xp.float32, copy=False)
        scaling = {
            name: values[runs] if values.shape[0] > 1 else values for name, values in self._scaling.items()
        }
        return seen(self.xp, inputs, *(scaling.get(name) for name in ("center", "scale", "fill")))

    # --- everything else --------------------------------------------------------------------------------

    def predict(self, indices: np.ndarray, runs: np.ndarray | None = None) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        count, samples = indices.shape
        room = max(1, self.predict_bytes // (4 * self.program.model.widest))
        size = min(samples, room)  # of a slice: not a matter of how many runs there are, and nor are the bits
        together = max(1, room // max(1, size))
        outputs = np.empty((count, samples, self.program.model.outputs), np.float32)
        context = Context(self.xp, gradients=False)
        for first in range(0, count, together):
            some = slice(first, first + together)
            own = some if runs is None else self._put(runs[some])
            networks = self._arrays["params"][own], self._arrays["state"][own]
            for start in range(0, samples, size):
                self._between_steps()
                part = some, slice(start, start + size)
                inputs = self._seen(self._put(indices[part]), own)
                outputs[part] = self._get(self.program.model.forward(*networks, inputs, context)[0])
        return outputs

    def read(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """See `engines.base.Engine.read`."""
        return {name: self._get(self._arrays[name]) for name in (self._arrays if names is None else names)}

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """See `engines.base.Engine.write`."""
        self._arrays |= {name: self._put(array) for name, array in arrays.items() if name in self._arrays}

    def keep(self, runs: np.ndarray) -> None:
        """See `engines.base.Engine.keep`."""
        rows = self._put(runs)
        self._arrays = {name: array[rows] for name, array in self._arrays.items()}
        self._keys = self._keys[0][rows], self._keys[1][rows]
        self._dataset = self._dataset[rows]
        for arrays in (self._scaling, self._weights):
            arrays |= {name: array[rows] for name, array in arrays.items() if array.shape[0] > 1}

    def close(self) -> None:
        """See `engines.base.Engine.close`."""
        self._put_back()


def _used(hyper: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """The names of what some run uses: of the rest the update would make several passes over the parameters."""
    unused = {name for name in ("weight_decay", "l1") if not hyper[name].any()}
    if not np.isfinite(hyper["clip_norm"]).any():
        unused.add("clip_norm")
    return tuple(name for name in hyper if name not in unused)
