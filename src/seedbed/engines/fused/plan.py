"""Where everything of a run lies in the flat array that the kernels work on, and what they are to do with it."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from seedbed.engines.base import GroupData
from seedbed.engines.fused.compiler import Code
from seedbed.engines.fused.simd.width import native_width
from seedbed.nn.models import Network

PANEL = 2 * native_width()  # samples side by side in an activation
ALIGN = 16  # floats of a cache line; every part begins on one


class Plan(NamedTuple):
    """Numbers that all runs of a group share, as kernels take them.

    Places in the flat array of a thread come first. A run's own part (`params`, the optimizer's slots, each `size`
    long, and `state`; `own` numbers in all) is copied in when its turn comes and out when it is done; the rest is
    scratch. Places of activations are in features from `activations` on, see `opcodes`.
    """

    params: int
    slots: int
    state: int
    own: int
    new_state: int
    grads: int
    decay_mask: int
    scalars: int
    activations: int
    size: int
    states: int
    loss: int
    rule: int
    mask: int
    targets: int
    inputs: int
    outputs: int
    gradient: int
    input_features: int
    target_features: int
    output_features: int
    samples: int


class Samples(NamedTuple):
    """The group's data as kernels take it, see `engines.base.GroupData`: flat, but for center and scale.

    One of `numbers` (float32) and `images` (uint8) is empty; classes are float32. `center` and `scale` are
    (runs or 1, features).
    """

    numbers: np.ndarray
    images: np.ndarray
    targets: np.ndarray
    dataset: np.ndarray
    center: np.ndarray
    scale: np.ndarray


def padded(size: int) -> int:
    """The next multiple of a cache line, and so of a vector."""
    return -(-size // ALIGN) * ALIGN


def exact(array: np.ndarray, dtype: Any) -> np.ndarray:
    """An array of just the type that kernels are compiled for: contiguous, aligned and writeable."""
    return np.require(array, dtype, "CAW")


def plan_memory(code: Code, model: Network, slots: int, samples: int) -> Plan:
    """Lay out the runs of a network whose rule keeps `slots` arrays, on datasets of that many samples."""
    size, states = padded(model.parameters.size), padded(model.state.size)
    state = size * (1 + slots)
    own = state + states
    grads = own + states
    scalars = grads + 2 * size
    return Plan(
        params=0,
        slots=size,
        state=state,
        own=own,
        new_state=own,
        grads=grads,
        decay_mask=grads + size,
        scalars=scalars,
        activations=scalars + padded(code.scalars),
        size=size,
        states=states,
        loss=code.loss,
        rule=code.rule,
        mask=code.mask,
        targets=code.targets,
        inputs=code.inputs,
        outputs=code.outputs,
        gradient=code.gradient,
        input_features=code.input_features,
        target_features=code.inputs - code.targets,
        output_features=model.outputs,
        samples=samples,
    )


def group_samples(data: GroupData) -> Samples:
    """A group's data as kernels take it."""
    shape = data.inputs.shape[2:]
    is_image = data.inputs.dtype == np.uint8
    none, inputs = np.zeros(0), data.inputs.reshape(-1)
    center, scale = (
        np.full((1, prod(shape)), neutral, np.float32)
        if values is None
        else np.array(np.broadcast_to(values, (len(values), *shape)), np.float32).reshape(len(values), -1)
        for values, neutral in ((data.center, 0.0), (data.scale, 1.0))
    )
    return Samples(
        numbers=exact(none if is_image else inputs, np.float32),
        images=exact(inputs if is_image else none, np.uint8),
        targets=exact(data.targets.reshape(-1), np.float32),
        dataset=exact(data.dataset, np.int64),
        center=center,
        scale=scale,
    )


def aligned_zeros(size: int) -> np.ndarray:
    """(size,) float32 that begin on a cache line."""
    raw = np.zeros(size + ALIGN, dtype=np.float32)
    start = -raw.ctypes.data // raw.itemsize % ALIGN
    return raw[start : start + size]
