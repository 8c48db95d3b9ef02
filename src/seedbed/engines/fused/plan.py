"""Where everything of a run lies in the flat array that the kernels work on, and what they are to do with it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seedbed.engines.fused.opcodes import Code

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


def plan_memory(
    code: Code, parameters: int, states: int, slots: int, loss: int, rule: int, outputs: int, samples: int
) -> Plan:
    """Lay out a run with that many parameters, running statistics and slots."""
    size, state_size = padded(parameters), padded(states)
    state = size * (1 + slots)
    own = state + state_size
    grads = own + state_size
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
        loss=loss,
        rule=rule,
        mask=code.mask,
        targets=code.targets,
        inputs=code.inputs,
        outputs=code.outputs,
        gradient=code.gradient,
        input_features=code.input_features,
        target_features=code.inputs - code.targets,
        output_features=outputs,
        samples=samples,
    )
