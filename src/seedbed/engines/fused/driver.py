"""The fused engine: hands groups of runs to the compiled kernels, see `engines.base.Engine` for the contract."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, ClassVar

import numba
import numpy as np

from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.fused.compiled import kernels
from seedbed.engines.fused.compiler import compile_program
from seedbed.engines.fused.opcodes import HYPER
from seedbed.engines.fused.plan import PANEL, Plan, aligned_zeros, exact, group_samples, plan_memory

BLOCK = 256  # samples that go through the network at once: their activations stay in cache
RESIDENT = 2**24  # numbers of a gathered batch that a thread keeps from step to step, at most


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
        self._plan = plan_memory(self._code, program.model, slots, data)
        self._samples = group_samples(data, self._plan.scalings)
        self._memory = np.zeros((len(params), self._plan.own), np.float32)
        self._keys = exact(dropout_keys, np.uint32)
        self._threads = threads or numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        self._pool = ThreadPoolExecutor(self._threads)
        self._work: list[np.ndarray] = []
        self.write({"params": params, "state": state})

    # --- running kernels --------------------------------------------------------------------------------

    def _run(self, name: str, plan: Plan, batch: int, tasks: int, indices: np.ndarray, *args: Any) -> None:
        """Call a kernel on every thread, each with scratch of its own; they share a counter of tasks."""
        kernel = getattr(kernels(), name)
        self._reserve(plan.work_size(batch))
        group = (self._code.rows, self._memory.reshape(-1), self._samples, exact(indices, np.int32))
        counter, threads = np.zeros(1, np.int64), min(self._threads, tasks)

        def call(work: np.ndarray) -> None:
            kernel(work, plan, *group, counter, *args)

        beside = [self._pool.submit(call, work) for work in self._work[1:threads]]
        try:
            call(self._work[0])
        finally:  # nobody may look at the runs while others still train them
            wait(beside)
        for done in beside:
            done.result()

    def _reserve(self, size: int) -> None:
        """Make sure that every thread has scratch for `size` numbers."""
        plan, mask = self._plan, self.program.decay_mask
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
        offsets = exact(batches.offsets, np.int64)
        batch = int(np.diff(offsets).max(initial=1))
        block = batch if self._code.couples else min(batch, BLOCK)
        plan = self._plan._replace(block=-(-block // PANEL) * PANEL)
        stays = batch == batches.indices.shape[1] and plan._replace(resident=1).work_size(batch) <= RESIDENT
        plan = plan._replace(resident=int(stays))
        self._run(
            "train", plan, batch, runs, batches.indices, offsets, numbers, self._keys, int(first_step), losses
        )
        return losses

    def predict(self, indices: np.ndarray) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        runs, count = indices.shape
        outputs = np.empty((runs, count, self._plan.output_features), np.float32)
        tasks = runs * -(-count // BLOCK)
        if tasks:
            self._run("predict", self._plan._replace(block=BLOCK), BLOCK, tasks, indices, outputs)
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
        self._samples = samples._replace(dataset=samples.dataset[runs])
        if self._plan.scalings > 1:
            center, scale = (
                values.reshape(self._plan.scalings, -1)[runs].reshape(-1)
                for values in (samples.center, samples.scale)
            )
            self._samples = self._samples._replace(center=center, scale=scale)
            self._plan = self._plan._replace(scalings=len(runs))
