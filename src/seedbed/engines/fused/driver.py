"""The fused engine: hands groups of runs to the compiled kernels, see `engines.base.Engine` for the contract."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any, ClassVar

import numpy as np

from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.fused import kernels_update, step
from seedbed.engines.fused.kernels_dense import PANEL
from seedbed.engines.fused.opcodes import Unsupported, compile_network
from seedbed.engines.fused.plan import Plan, Samples, plan_memory
from seedbed.nn.losses import LOSSES
from seedbed.optim import OPTIMIZERS
from seedbed.optim.sgd import SGD

PREDICT_SLICE = 512  # samples that one prediction takes through the network at once
LOSS_NUMBERS = {name: number for number, name in enumerate(("mse", "mae", "huber", "bce", "cross_entropy"))}
RULE_NUMBERS = {
    "sgd": kernels_update.SGD,
    "adam": kernels_update.ADAM,
    "adamw": kernels_update.ADAMW,
    "rmsprop": kernels_update.RMSPROP,
    "adagrad": kernels_update.ADAGRAD,
}


def _number(thing: object, table: Mapping[str, Any], numbers: Mapping[str, int]) -> int:
    """The number of a loss or rule that kernels know it by."""
    for name, known in table.items():
        if name in numbers and type(thing) is (known if isinstance(known, type) else type(known)):
            return numbers[name]
    raise Unsupported(f"no kernel for {type(thing).__name__}")


def make_plan(program: Program, data: GroupData) -> tuple[Plan, np.ndarray, int]:
    """Plan, program rows and features of all activations; raises Unsupported where a kernel is lacking."""
    model = program.model
    target_features = data.targets.shape[2] if data.targets.ndim == 3 else 1
    code = compile_network(model, target_features)
    rule = _number(program.optimizer, OPTIMIZERS, RULE_NUMBERS)
    if isinstance(program.optimizer, SGD) and program.optimizer.nesterov:
        rule = kernels_update.NESTEROV
    plan = plan_memory(
        code,
        parameters=model.parameters.size,
        states=model.state.size,
        slots=len(program.optimizer.slots),
        loss=_number(program.loss, LOSSES, LOSS_NUMBERS),
        rule=rule,
        outputs=model.outputs,
        samples=data.inputs.shape[1],
    )
    return plan, code.rows, code.features


def supports(program: Program, data: GroupData) -> str | None:
    """Why this engine cannot train a group, or None where it can."""
    try:
        make_plan(program, data)
    except Unsupported as reason:
        return str(reason)
    return None


def _aligned(size: int) -> np.ndarray:
    """Zeros (size,) float32 that begin on a cache line."""
    raw = np.zeros(size + 16, dtype=np.float32)
    start = -raw.ctypes.data // 4 % 16
    return raw[start : start + size]


def _samples(data: GroupData) -> Samples:
    features = prod(data.inputs.shape[2:])
    is_image = data.inputs.dtype == np.uint8
    flat = np.ascontiguousarray(data.inputs).reshape(-1)
    if data.center is None or data.scale is None:
        center, scale = np.zeros((1, features), np.float32), np.ones((1, features), np.float32)
    else:
        center, scale = (
            np.ascontiguousarray(
                np.broadcast_to(values, (len(values), *data.inputs.shape[2:])), np.float32
            ).reshape(-1, features)
            for values in (data.center, data.scale)
        )
    return Samples(
        numbers=np.zeros(0, np.float32) if is_image else flat.astype(np.float32, copy=False),
        images=flat if is_image else np.zeros(0, np.uint8),
        targets=np.ascontiguousarray(data.targets).reshape(-1).astype(np.float32, copy=False),
        dataset=np.ascontiguousarray(data.dataset, np.int64),
        center=center,
        scale=scale,
    )


class FusedEngine:
    """Trains one group of runs, each alone in a core's cache from its first step to its last."""

    name: ClassVar[str] = "fused"
    device = "cpu"

    def __init__(
        self,
        program: Program,
        data: GroupData,
        params: np.ndarray,
        state: np.ndarray,
        dropout_keys: np.ndarray,
        augment_keys: np.ndarray,
        threads: int | None = None,
    ) -> None:
        self.program = program
        self._plan, self._rows, self._features = make_plan(program, data)
        self._samples = _samples(data)
        self._memory = np.zeros((len(params), self._plan.own), np.float32)
        self._keys = np.ascontiguousarray(dropout_keys, np.uint32)
        self._threads = threads or len(os.sched_getaffinity(0))
        self._work: list[np.ndarray] = []
        self.write({"params": params, "state": state})

    # --- running kernels --------------------------------------------------------------------------------

    def _run(self, kernel: Callable[..., None], batch: int, tasks: int, *args: Any) -> None:
        """Call a kernel on every thread, each with scratch for `batch` samples; they share a counter of tasks."""
        size = self._plan.activations + self._features * -(-batch // PANEL) * PANEL
        if not self._work or len(self._work[0]) < size:
            self._work = [_aligned(size) for _ in range(self._threads)]
            for work in self._work:
                mask = self.program.decay_mask
                work[self._plan.decay_mask : self._plan.decay_mask + len(mask)] = mask
        counter = np.zeros(1, np.int64)
        threads = min(self._threads, tasks)
        if threads == 1:
            kernel(self._work[0], self._plan, self._rows, self._memory, self._samples, *args, counter)
            return
        with ThreadPoolExecutor(threads) as pool:
            futures = [
                pool.submit(kernel, work, self._plan, self._rows, self._memory, self._samples, *args, counter)
                for work in self._work[:threads]
            ]
            for future in futures:
                future.result()

    def train(self, batches: Batches, hyper: Mapping[str, np.ndarray], first_step: int) -> np.ndarray:
        """See `engines.base.Engine.train`."""
        runs, steps = len(self._memory), batches.steps
        numbers = np.zeros((runs, steps, len(kernels_update.HYPER)), np.float32)
        for column, name in enumerate(kernels_update.HYPER):
            if name in hyper:
                numbers[:, :, column] = hyper[name].T
        losses = np.full((runs, steps), np.nan, np.float32)
        indices = np.ascontiguousarray(batches.indices, np.int32)
        offsets = np.ascontiguousarray(batches.offsets, np.int64)
        largest = int(np.diff(offsets).max(initial=1))
        self._run(step.train, largest, runs, indices, offsets, numbers, self._keys, int(first_step), losses)
        return losses

    def predict(self, indices: np.ndarray) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        runs, count = indices.shape
        outputs = np.empty((runs, count, self._plan.output_features), np.float32)
        size = min(PREDICT_SLICE, max(count, 1))
        tasks = runs * -(-count // size)
        if tasks:
            self._run(step.predict, size, tasks, np.ascontiguousarray(indices, np.int32), outputs, size)
        return outputs

    # --- arrays -----------------------------------------------------------------------------------------

    def _views(self) -> dict[str, np.ndarray]:
        """Every array of the contract as a view of the runs' memory."""
        plan, model = self._plan, self.program.model
        places = {"params": (plan.params, model.parameters.size), "state": (plan.state, model.state.size)}
        for number, name in enumerate(self.program.optimizer.slots):
            places[name] = (plan.slots + number * plan.size, model.parameters.size)
        return {name: self._memory[:, start : start + size] for name, (start, size) in places.items()}

    def read(self) -> dict[str, np.ndarray]:
        """See `engines.base.Engine.read`."""
        return {name: view.copy() for name, view in self._views().items()}

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """See `engines.base.Engine.write`."""
        views = self._views()
        for name, array in arrays.items():
            if name in views:
                views[name][:] = array

    def keep(self, runs: np.ndarray) -> None:
        """See `engines.base.Engine.keep`."""
        samples = self._samples
        self._memory = np.ascontiguousarray(self._memory[runs])
        self._keys = np.ascontiguousarray(self._keys[runs])
        center, scale = (
            values[runs] if len(values) > 1 else values for values in (samples.center, samples.scale)
        )
        self._samples = samples._replace(dataset=samples.dataset[runs], center=center, scale=scale)
