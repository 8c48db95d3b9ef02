"""The array engines: the from-scratch layers run as they are written, on NumPy arrays or on torch tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import array_api_compat.numpy as xnp
import numpy as np

from seedbed.engines.allocation import keep_freed_memory
from seedbed.engines.base import Batches, GroupData, Program
from seedbed.nn.base import Array, Context
from seedbed.optim.clipping import clip

# What one slice of a prediction may take for its widest activation; more would not stay in a cache.
PREDICT_BYTES = 16 * 2**20


class ArrayEngine:
    """Trains one group of runs, step by step, with whole-array operations.

    NumPy and torch differ in `xp`, `_put`, `_get`, `_between_steps`, and in what they put around `_step` and
    `_forward`; see `engines.base.Engine` for the contract.
    """

    xp: Any = xnp

    def __init__(
        self,
        program: Program,
        data: GroupData,
        params: np.ndarray,
        state: np.ndarray,
        dropout_keys: np.ndarray,
        augment_keys: np.ndarray,
    ) -> None:
        keep_freed_memory()
        self.program = program
        self._inputs, self._targets = self._put(data.inputs), self._put(data.targets)
        self._dataset = self._put(data.dataset)
        self._scaling: tuple[Array, Array] | None = None
        if data.center is not None and data.scale is not None:
            self._scaling = self._put(data.center), self._put(data.scale)
        self._params, self._state = self._put(params), self._put(state)
        self._keys = self._put(dropout_keys), self._put(augment_keys)
        self._slots = tuple(self._params * 0 for _ in program.optimizer.slots)
        self._mask = self._put(program.decay_mask[None, :])
        self._alive = self._put(np.ones(len(params), dtype=bool))

    def _put(self, array: np.ndarray) -> Array:
        return np.ascontiguousarray(array)

    def _get(self, array: Array) -> np.ndarray:
        return np.array(array)

    def _between_steps(self) -> None:
        """Called before every step and every slice of a prediction."""

    # --- training ---------------------------------------------------------------------------------------

    def train(self, batches: Batches, hyper: Mapping[str, np.ndarray], first_step: int) -> np.ndarray:
        """See `engines.base.Engine.train`."""
        self._alive = self._put(np.ones(self._params.shape[0], dtype=bool))
        indices = self._put(batches.indices)
        # A penalty that no run uses is left out: it would cost the update several passes over the parameters.
        unused = {name for name in ("weight_decay", "l1") if not hyper[name].any()}
        numbers = {
            name: self._put(values.astype(np.float32)) for name, values in hyper.items() if name not in unused
        }
        clips = np.isfinite(hyper["clip_norm"]).any()
        losses, bounds = [], (0, 0)
        batch: Any = None
        with np.errstate(all="ignore"):  # runs may diverge; that is recorded, not warned about
            for step in range(batches.steps):
                self._between_steps()
                if (new_bounds := batches.bounds(step)) != bounds:  # full-batch descent gathers once
                    bounds = new_bounds
                    batch = self._gather(indices[:, bounds[0] : bounds[1]])
                row = {name: values[step] for name, values in numbers.items()}
                losses.append(self._step(batch, row, first_step + step, clips))
        return self._get(self.xp.stack(losses, axis=1))

    def _step(self, batch: tuple[Array, Array], hyper: dict[str, Array], step: int, clips: bool) -> Array:
        """One step of all runs; the loss of each before it, (runs,)."""
        xp, program = self.xp, self.program
        inputs, targets = batch
        context = Context(
            xp, training=True, step=step, dropout_key=self._keys[0], augment_key=self._keys[1], hyper=hyper
        )
        outputs, state, backward = self._forward(inputs, context)
        loss, loss_backward = program.loss.forward(xp, outputs, targets, hyper)
        grads = backward(loss_backward())
        columns = {name: values[:, None] for name, values in hyper.items()} | {"mask": self._mask}
        if clips:
            grads = clip(xp, grads, columns["clip_norm"])
        params, slots = program.optimizer.update(xp, self._params, grads, self._slots, columns)
        self._accept(xp.isfinite(loss), params, state, slots)
        return xp.where(self._alive, loss, xp.nan)

    def _forward(self, inputs: Array, context: Context) -> tuple[Array, Array, Callable[[Array], Array]]:
        """See `nn.models.Network.forward`."""
        return self.program.model.forward(self._params, self._state, inputs, context)

    def _accept(self, finite: Array, params: Array, state: Array, slots: tuple[Array, ...]) -> None:
        """Take over a step's results, but leave runs whose loss is not finite as they were, from here on."""
        xp = self.xp
        self._alive = self._alive & finite
        if not bool(xp.all(self._alive)):
            alive = self._alive[:, None]
            params = xp.where(alive, params, self._params)
            state = xp.where(alive, state, self._state)
            slots = tuple(xp.where(alive, new, old) for new, old in zip(slots, self._slots, strict=True))
        self._params, self._state, self._slots = params, state, slots

    def _gather(self, indices: Array) -> tuple[Array, Array]:
        """Samples (runs, batch) as network inputs and targets."""
        dataset = self._dataset[:, None]
        return self._scaled(self._inputs[dataset, indices]), self._targets[dataset, indices]

    def _scaled(self, raw: Array) -> Array:
        inputs = self.xp.astype(raw, self.xp.float32, copy=False)
        if self._scaling is None:
            return inputs
        center, scale = (values[:, None, ...] for values in self._scaling)
        return (inputs - center) * scale

    # --- everything else --------------------------------------------------------------------------------

    def predict(self, indices: np.ndarray) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        width = max(prod(shape) for shape in self.program.model.shapes)
        rows = max(1, PREDICT_BYTES // (4 * width * len(indices)))
        context = Context(self.xp)
        parts = []
        for start in range(0, indices.shape[1], rows):
            self._between_steps()
            inputs, _ = self._gather(self._put(indices[:, start : start + rows]))
            outputs, _, _ = self._forward(inputs, context)
            parts.append(self._get(outputs))
        return np.concatenate(parts, axis=1)

    def read(self) -> dict[str, np.ndarray]:
        """See `engines.base.Engine.read`."""
        names = ("params", "state", *self.program.optimizer.slots)
        arrays = (self._params, self._state, *self._slots)
        return {name: self._get(array) for name, array in zip(names, arrays, strict=True)}

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """See `engines.base.Engine.write`."""
        self._params = self._put(arrays["params"]) if "params" in arrays else self._params
        self._state = self._put(arrays["state"]) if "state" in arrays else self._state
        names = self.program.optimizer.slots
        self._slots = tuple(
            self._put(arrays[name]) if name in arrays else old
            for name, old in zip(names, self._slots, strict=True)
        )

    def keep(self, runs: np.ndarray) -> None:
        """See `engines.base.Engine.keep`."""
        rows = self._put(runs)
        self._params, self._state = self._params[rows], self._state[rows]
        self._slots = tuple(slot[rows] for slot in self._slots)
        self._keys = self._keys[0][rows], self._keys[1][rows]
        self._dataset = self._dataset[rows]
        if self._scaling is not None and self._scaling[0].shape[0] > 1:
            self._scaling = self._scaling[0][rows], self._scaling[1][rows]
