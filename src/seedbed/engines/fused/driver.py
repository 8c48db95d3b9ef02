"""The fused engine: hands groups of runs to the compiled kernels, see `engines.base.Engine` for the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
from numba import config

from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.fused.compiled import kernels
from seedbed.engines.fused.compiler import compile_program
from seedbed.engines.fused.opcodes import HYPER
from seedbed.engines.fused.plan import PANEL, aligned_zeros, exact, group_samples, plan_memory

PREDICT_SLICE = 512  # samples that one prediction takes through the network at once


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
        self._code = compile_program(program)
        slots = len(program.optimizer.slots)
        self._plan = plan_memory(self._code, program.model, slots, data.inputs.shape[1])
        self._samples = group_samples(data)
        self._memory = np.zeros((len(params), self._plan.own), np.float32)
        self._keys = exact(dropout_keys, np.uint32)
        self._threads = threads or config.NUMBA_NUM_THREADS
        self._work: list[np.ndarray] = []
        self.write({"params": params, "state": state})

    # --- running kernels --------------------------------------------------------------------------------

    def _run(self, kernel: Callable[..., None], batch: int, tasks: int, *args: Any) -> None:
        """Call a kernel on every thread, each with scratch for `batch` samples; they share a counter of tasks."""
        self._reserve(batch)
        counter = np.zeros(1, np.int64)
        group = (self._plan, self._code.rows, self._memory.reshape(-1), self._samples)
        threads = min(self._threads, tasks)
        if threads == 1:
            kernel(self._work[0], *group, *args, counter)
            return
        with ThreadPoolExecutor(threads) as pool:
            calls = [pool.submit(kernel, work, *group, *args, counter) for work in self._work[:threads]]
        for call in calls:
            call.result()

    def _reserve(self, batch: int) -> None:
        """Make sure that every thread has scratch for `batch` samples."""
        plan, mask = self._plan, self.program.decay_mask
        size = plan.activations + self._code.features * -(-batch // PANEL) * PANEL
        if not self._work or len(self._work[0]) < size:
            self._work = [aligned_zeros(size) for _ in range(self._threads)]
            for work in self._work:
                work[plan.decay_mask : plan.decay_mask + len(mask)] = mask

    def train(self, batches: Batches, hyper: Mapping[str, np.ndarray], first_step: int) -> np.ndarray:
        """See `engines.base.Engine.train`."""
        runs, steps = len(self._memory), batches.steps
        numbers = np.zeros((runs, steps, len(HYPER)), np.float32)
        for column, name in enumerate(HYPER):
            if name in hyper:
                numbers[:, :, column] = hyper[name].T
        losses = np.full((runs, steps), np.nan, np.float32)
        indices = exact(batches.indices, np.int32)
        offsets = exact(batches.offsets, np.int64)
        largest = int(np.diff(offsets).max(initial=1))
        self._run(
            kernels().train, largest, runs, indices, offsets, numbers, self._keys, int(first_step), losses
        )
        return losses

    def predict(self, indices: np.ndarray) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        runs, count = indices.shape
        outputs = np.empty((runs, count, self._plan.output_features), np.float32)
        size = min(PREDICT_SLICE, max(count, 1))
        tasks = runs * -(-count // size)
        if tasks:
            self._run(kernels().predict, size, tasks, exact(indices, np.int32), outputs, size)
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
        self._memory = exact(self._memory[runs], np.float32)
        self._keys = exact(self._keys[runs], np.uint32)
        center, scale = (
            values[runs] if len(values) > 1 else values for values in (samples.center, samples.scale)
        )
        self._samples = samples._replace(dataset=samples.dataset[runs], center=center, scale=scale)
