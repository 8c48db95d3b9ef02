"""Where everything of a run lies in the flat array that the kernels work on, and what they are to do with it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from seedbed.engines.base import GroupData
from seedbed.engines.fused.compiler import Code
from seedbed.engines.fused.opcodes import ALIGN, SLICES, padded
from seedbed.nn.network import Network
from seedbed.simd.width import native_width

PANEL = 2 * native_width()  # samples side by side in an activation


class Workspace(NamedTuple):
    """Numbers that all runs of a group share, as kernels take them.

    Places in the flat array of a thread come first. A run's own part (`params`, the optimizer's slots, each `size`
    long, and `state`; `own` numbers in all) is copied in when its turn comes and out when it is done; the rest is
    scratch. Places of activations are in features from `activations` on, see `opcodes`.

    A batch is taken through the network in blocks of `block` samples, gathered at `sources`; where `resident`, each
    block has a place of its own there. A team of `team` threads may share a run: its batch is then cut into slices of
    whole blocks, of which a `member` takes every team-th. The slices do not depend on the team, and their losses, at
    `slice_losses`, and gradients, at `grads` and `slice_grads`, are added in order: so no bit depends on it.
    """

    params: int
    slots: int
    state: int
    own: int
    new_state: int
    grads: int
    decay_mask: int
    block_grads: int
    scalars: int
    packed: int
    activations: int
    size: int
    states: int
    loss: int
    rule: int
    outputs: int
    gradient: int
    features: int
    input_features: int
    target_features: int
    output_features: int
    samples: int
    images: int
    scalings: int
    fills: int
    classes: int
    block: int = 0
    resident: int = 0
    sources: int = 0
    slice_losses: int = 0
    slice_grads: int = 0
    team: int = 1
    member: int = 0

    @property
    def gathered(self) -> int:
        """Features that are gathered of a sample, the padding mask among them."""
        return 1 + self.target_features + self.input_features

    def for_batches(self, block: int, resident: bool = False, team: int = 1) -> Workspace:
        """The workspace for blocks of that many samples, and teams of that many threads."""
        block = -(-block // PANEL) * PANEL
        workspace = self._replace(block=block, resident=int(resident), team=team)
        losses = self.block_grads + team * workspace._area
        grads = losses + padded(SLICES)
        sources = grads + (SLICES - 1) * self.size if resident else self.activations + self.features * block
        return workspace._replace(slice_losses=losses, slice_grads=grads, sources=sources)

    @property
    def _area(self) -> int:
        """What each member of a team has for itself, from its `block_grads` on."""
        gathered = 0 if self.resident else self.gathered
        return self.activations - self.block_grads + (self.features + gathered) * self.block

    def for_member(self, member: int) -> Workspace:
        """The workspace of one member of the team."""
        shift = member * self._area
        return self._replace(
            member=member,
            block_grads=self.block_grads + shift,
            scalars=self.scalars + shift,
            packed=self.packed + shift,
            activations=self.activations + shift,
            sources=self.sources + (0 if self.resident else shift),
        )

    def work_size(self, batch: int) -> int:
        """How many numbers a team needs for batches of at most that many samples."""
        resident = -(-batch // PANEL) * PANEL * self.gathered if self.resident else 0
        return self.slice_grads + (SLICES - 1) * self.size + resident


class SampleArrays(NamedTuple):
    """The group's data as kernels take it, see `engines.base.GroupData`: flat.

    One of `numbers` (float32) and `images` (uint8) is empty; classes are float32. `center` and `scale` have a row for
    each run, or one, or none, and so has `fill`; `class_weights` have a row for each run or none.
    """

    numbers: np.ndarray
    images: np.ndarray
    targets: np.ndarray
    dataset: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    fill: np.ndarray
    class_weights: np.ndarray

    def of_runs(self, runs: np.ndarray, workspace: Workspace) -> SampleArrays:
        """What belongs to some of the runs, by index."""
        counts = {"center": workspace.scalings, "scale": workspace.scalings, "fill": workspace.fills}
        counts["class_weights"] = len(self.dataset) if workspace.classes else 0
        own = {
            name: exact(getattr(self, name).reshape(count, -1)[runs].reshape(-1), np.float32)
            for name, count in counts.items()
            if count > 1
        }
        return self._replace(dataset=exact(self.dataset[runs], np.int64), **own)


def exact(array: np.ndarray, dtype: Any) -> np.ndarray:
    """An array of just the type that kernels are compiled for: contiguous, aligned and writeable."""
    return np.require(array, dtype, ["C", "A", "W"])


def lay_out(code: Code, model: Network, slots: int, data: GroupData) -> Workspace:
    """Lay out the runs of a network whose rule keeps `slots` arrays."""
    size, states = padded(model.parameters.size), padded(model.state.size)
    state = size * (1 + slots)
    own = state + states
    grads = own + states
    block_grads = grads + 2 * size
    scalars = block_grads + size
    packed = scalars + code.scalars
    return Workspace(
        params=0,
        slots=size,
        state=state,
        own=own,
        new_state=own,
        grads=grads,
        decay_mask=grads + size,
        block_grads=block_grads,
        scalars=scalars,
        packed=packed,
        activations=packed + 4 * padded(code.widest) + ALIGN,
        size=size,
        states=states,
        loss=code.loss,
        rule=code.rule,
        outputs=code.outputs,
        gradient=code.gradient,
        features=code.features,
        input_features=code.input_features,
        target_features=code.target_features,
        output_features=model.outputs,
        samples=data.inputs.shape[1],
        images=int(data.inputs.dtype == np.uint8),
        scalings=0 if data.center is None or data.scale is None else max(len(data.center), len(data.scale)),
        fills=0 if data.fill is None else len(data.fill),
        classes=0 if data.class_weights is None else data.class_weights.shape[1],
    )


def group_samples(data: GroupData, scalings: int) -> SampleArrays:
    """A group's data as kernels take it."""
    none, inputs = np.zeros(0), data.inputs.reshape(-1)
    is_image = data.inputs.dtype == np.uint8
    center, scale = (
        none if values is None else np.broadcast_to(values, (scalings, *data.inputs.shape[2:])).reshape(-1)
        for values in (data.center, data.scale)
    )
    return SampleArrays(
        numbers=exact(none if is_image else inputs, np.float32),
        images=exact(inputs if is_image else none, np.uint8),
        targets=exact(data.targets.reshape(-1), np.float32),
        dataset=exact(data.dataset, np.int64),
        center=exact(center, np.float32),
        scale=exact(scale, np.float32),
        fill=exact(none if data.fill is None else data.fill.reshape(-1), np.float32),
        class_weights=exact(
            none if data.class_weights is None else data.class_weights.reshape(-1), np.float32
        ),
    )


def aligned_zeros(size: int) -> np.ndarray:
    """(size,) float32 that begin on a cache line."""
    raw = np.zeros(size + ALIGN, dtype=np.float32)
    start = -raw.ctypes.data // raw.itemsize % ALIGN
    return raw[start : start + size]
