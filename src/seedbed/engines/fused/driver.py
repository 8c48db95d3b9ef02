"""The fused engine: hands groups of runs to the compiled kernels, see `engines.base.Engine` for the contract."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import numba
import numpy as np

from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.fused.compiled import kernels
from seedbed.engines.fused.compiler import compile_program
from seedbed.engines.fused.opcodes import BLOCK, HYPER, RESIDENT, SLICES
from seedbed.engines.fused.workspace import (
    SampleArrays,
    Workspace,
    aligned_zeros,
    exact,
    group_samples,
    lay_out,
)
from seedbed.engines.workers import Workers

SHARED = 2**20  # such numbers from which on threads share one copy, since several would not stay in cache


def _in_team(kernel: Any, meetings: np.ndarray, *args: Any) -> None:
    """Call a kernel for one member; if that fails, the others are not to wait for it."""
    try:
        kernel(*args)
    except BaseException:
        meetings[0] = np.iinfo(np.int64).min // 2
        raise


class FusedEngine:
    """Trains one group of runs, each alone in a core's cache from its first step to its last."""

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
        self._plan = lay_out(self._code, program.model, slots, data)
        self._samples = group_samples(data, self._plan.scalings)
        self._memory = np.zeros((len(params), self._plan.own), np.float32)
        self._keys = exact(dropout_keys, np.uint32)
        wanted = threads or numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        self._workers = Workers(
            wanted if wanted > 1 else 0
        )  # a single one would only stand in for the caller's
        self._threads = max(1, self._workers.count)
        self._work: dict[int, np.ndarray] = {}
        self.write({"params": params, "state": state})

    # --- running kernels --------------------------------------------------------------------------------

    def _run(
        self,
        name: str,
        workspace: Workspace,
        batch: int,
        tasks: int,
        memory: np.ndarray,
        samples: SampleArrays,
        indices: np.ndarray,
        *args: Any,
    ) -> None:
        """Call a kernel on every thread; they share a counter of tasks or, as a team, one task after another."""
        kernel, size = getattr(kernels(), name), workspace.work_size(batch)
        group = (self._code.rows, memory.reshape(-1), samples, exact(indices, np.int32))
        counter = np.zeros(1, np.int64)
        if workspace.team > 1:
            shared = self._scratch(0, size)
            each = [(shared, workspace.for_member(member)) for member in range(workspace.team)]
            kernel = partial(_in_team, kernel, counter)
        else:
            each = [(self._scratch(n, size), workspace) for n in range(min(self._threads, tasks))]
        calls = [partial(kernel, *own, *group, counter, *args) for own in each]
        if len(calls) == 1:
            calls[0]()
        else:  # of a team every member must have a thread: they wait for each other
            self._workers.run(calls)

    def _scratch(self, number: int, size: int) -> np.ndarray:
        """An array of at least `size` numbers that holds the decay mask, kept from call to call."""
        if len(self._work.get(number, ())) < size:
            self._work[number] = work = aligned_zeros(size)
            mask = self.program.decay_mask
            work[self._plan.decay_mask : self._plan.decay_mask + len(mask)] = mask
        return self._work[number]

    def train(
        self,
        batches: Batches,
        hyper: Mapping[str, np.ndarray],
        first_step: int,
        frozen: np.ndarray | None = None,
    ) -> np.ndarray:
        """See `engines.base.Engine.train`."""
        if frozen is not None and frozen.any():
            return self._train_some(np.flatnonzero(~frozen), batches, hyper, first_step)
        runs, steps = len(self._memory), batches.steps
        numbers = np.zeros((runs, steps, len(HYPER)), np.float32)
        for column, name in enumerate(HYPER):
            if name in hyper:
                numbers[:, :, column] = hyper[name].T
        losses = np.full((runs, steps), np.nan, np.float32)
        offsets = exact(batches.offsets, np.int64)
        largest = int(np.diff(offsets).max(initial=1))
        workspace = self._workspace_for(largest, largest == batches.indices.shape[1])
        self._run(
            "train",
            workspace,
            largest,
            runs,
            self._memory,
            self._samples,
            batches.indices,
            offsets,
            numbers,
            self._keys,
            int(first_step),
            losses,
        )
        return losses

    def _train_some(
        self, runs: np.ndarray, batches: Batches, hyper: Mapping[str, np.ndarray], first_step: int
    ) -> np.ndarray:
        """Train those runs named by index; the others stay as they are."""
        losses = np.full((len(self._memory), batches.steps), np.nan, np.float32)
        if len(runs):
            whole = self._plan, self._memory, self._samples, self._keys
            try:
                self.keep(runs)
                own = Batches(batches.indices[runs], batches.offsets)
                losses[runs] = self.train(own, {name: of[:, runs] for name, of in hyper.items()}, first_step)
                whole[1][runs] = self._memory
            finally:
                self._plan, self._memory, self._samples, self._keys = whole
        return losses

    def _workspace_for(self, batch: int, repeats: bool) -> Workspace:
        """How batches of at most that many samples, or one that repeats in every step, are best trained on."""
        if self._code.couples:
            return self._plan.for_batches(batch, resident=repeats)
        gathered = self._plan.gathered * batch
        resident = repeats and gathered <= RESIDENT
        together = len(self._memory) < self._threads or (resident and gathered > SHARED)
        team = min(self._threads, SLICES, -(-batch // BLOCK)) if together else 1
        return self._plan.for_batches(min(batch, BLOCK), resident, team)

    def predict(self, indices: np.ndarray, runs: np.ndarray | None = None) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        count, samples = indices.shape
        outputs = np.empty((count, samples, self._plan.output_features), np.float32)
        own: tuple[Any, ...] = self._plan, self._memory, self._samples
        if runs is not None:
            own = self._of_runs(runs)
        if tasks := count * -(-samples // BLOCK):
            self._run("predict", own[0].for_batches(BLOCK), BLOCK, tasks, *own[1:], indices, outputs)
        return outputs

    # --- arrays -----------------------------------------------------------------------------------------

    def _views(self) -> dict[str, np.ndarray]:
        """Every array of the contract as a view of the runs' memory."""
        workspace, model = self._plan, self.program.model
        places = {
            "params": (workspace.params, model.parameters.size),
            "state": (workspace.state, model.state.size),
        }
        for number, name in enumerate(self.program.optimizer.slots):
            places[name] = (workspace.slots + number * workspace.size, model.parameters.size)
        return {name: self._memory[:, start : start + size] for name, (start, size) in places.items()}

    def read(self, names: Collection[str] | None = None) -> dict[str, np.ndarray]:
        """See `engines.base.Engine.read`."""
        views = self._views()
        return {name: views[name].copy() for name in (views if names is None else names)}

    def write(self, arrays: Mapping[str, np.ndarray]) -> None:
        """See `engines.base.Engine.write`."""
        views = self._views()
        for name, array in arrays.items():
            if name in views:
                views[name][:] = array

    def keep(self, runs: np.ndarray) -> None:
        """See `engines.base.Engine.keep`."""
        self._plan, self._memory, self._samples = self._of_runs(runs)
        self._keys = exact(self._keys[runs], np.uint32)

    def _of_runs(self, runs: np.ndarray) -> tuple[Workspace, np.ndarray, SampleArrays]:
        """Workspace, memory and samples of the runs named by index alone."""
        scalings, fills = (
            count if count < 2 else len(runs) for count in (self._plan.scalings, self._plan.fills)
        )
        workspace = self._plan._replace(scalings=scalings, fills=fills)
        return workspace, exact(self._memory[runs], np.float32), self._samples.of_runs(runs, self._plan)

    def close(self) -> None:
        """See `engines.base.Engine.close`."""
        self._workers.close()
