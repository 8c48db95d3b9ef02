"""The steps of one run after another: `train` and `predict` are all that Python calls."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from seedbed.engines.fused import opcodes as oc
from seedbed.engines.fused.kernels import loss
from seedbed.engines.fused.kernels.gather import gather
from seedbed.engines.fused.kernels.layers import backward, forward
from seedbed.engines.fused.kernels.update import update
from seedbed.engines.fused.plan import PANEL
from seedbed.engines.fused.simd import OPTIONS, WIDTH, fetch_add, kernel, load, store


@kernel
def copy(source, at, target, to, size):
    """Copy numbers from one flat array to another, whole vectors at a time."""
    for n in range(0, size, WIDTH):
        store(target, to + n, load(source, at + n))


@kernel
def add(work, x, y, size):
    """y = y + x."""
    for at in range(0, size, WIDTH):
        store(work, y + at, load(work, y + at) + load(work, x + at))


@kernel
def loss_of(work, plan, source, panels, batch, smoothing):
    """A block's part of the loss of its batch; leaves the derivative at plan.gradient."""
    unit = panels * PANEL
    y, t = plan.activations + plan.outputs * unit, source + unit
    dy, features = plan.activations + plan.gradient * unit, plan.output_features
    if plan.loss == oc.CROSS_ENTROPY:
        return loss.cross_entropy(work, smoothing, y, t, dy, source, features, panels, batch)
    return loss.elementwise(work, plan.loss, y, t, dy, source, features, panels, batch)


@kernel
def descend(work, plan, rows, samples, scratch, run, indices, begin, batch, gathers, numbers, key, step):
    """The loss of a batch, taken block by block, and its gradient, left at plan.grads.

    Where plan.resident, each block has a place of its own, and what was gathered there serves later steps too.
    """
    sources = plan.activations + plan.features * plan.block
    value = 0.0
    for first in range(0, batch, plan.block):
        count = min(plan.block, batch - first)
        panels = (count + PANEL - 1) // PANEL
        source = sources + plan.resident * first * (1 + plan.target_features + plan.input_features)
        if gathers:
            gather(work, plan, samples, scratch, run, indices, begin + first, count, source, panels)
        forward(work, plan, rows, source, panels, count, True, numbers[oc.RATE], key, step, first)
        value += loss_of(work, plan, source, panels, batch, numbers[oc.SMOOTHING])
        if not math.isfinite(value):
            break
        backward(work, plan, rows, source, panels, count, plan.block_grads if first else plan.grads)
        if first:
            add(work, plan.block_grads, plan.grads, plan.size)
    return np.float32(value)


@kernel
def train_run(work, plan, rows, samples, scratch, run, indices, offsets, hyper, key, first_step, losses):
    """Steps of one run whose own part is in `work`; ends at the first loss that is not finite."""
    for s in range(len(offsets) - 1):
        begin, batch = offsets[s] % len(indices), offsets[s + 1] - offsets[s]
        gathers, step = s == 0 or not plan.resident, first_step + s
        value = descend(
            work, plan, rows, samples, scratch, run, indices, begin, batch, gathers, hyper[s], key, step
        )
        if not math.isfinite(value):
            break
        losses[s] = value
        copy(work, plan.new_state, work, plan.state, plan.states)
        update(work, plan.rule, plan.params, plan.grads, plan.decay_mask, plan.slots, plan.size, hyper[s])


@njit(cache=True, **OPTIONS)
def train(work, plan, rows, memory, samples, indices, next_run, offsets, hyper, keys, first_step, losses):
    """Take runs one by one, as other threads do beside, and train each through all steps.

    `memory` holds plan.own numbers a run, `hyper` is (runs, steps, numbers). `losses` (runs, steps) stay as they
    are after a loss that is not finite.
    """
    scratch = np.empty(plan.block, np.int64)
    run = fetch_add(next_run)
    while run < len(keys):
        copy(memory, run * plan.own, work, 0, plan.own)
        train_run(
            work,
            plan,
            rows,
            samples,
            scratch,
            run,
            indices[run],
            offsets,
            hyper[run],
            keys[run],
            first_step,
            losses[run],
        )
        copy(work, 0, memory, run * plan.own, plan.own)
        run = fetch_add(next_run)


@njit(cache=True, **OPTIONS)
def predict(work, plan, rows, memory, samples, indices, next_block, outputs):
    """Take blocks of samples of a run one by one, as other threads do beside, and apply the run's network to each."""
    scratch, key = np.empty(plan.block, np.int64), np.zeros(2, np.uint32)
    source, count = plan.activations + plan.features * plan.block, indices.shape[1]
    blocks = (count + plan.block - 1) // plan.block
    number = fetch_add(next_block)
    while number < blocks * len(indices):
        run, begin = number // blocks, number % blocks * plan.block
        batch = min(plan.block, count - begin)
        panels = (batch + PANEL - 1) // PANEL
        copy(memory, run * plan.own, work, 0, plan.own)
        gather(work, plan, samples, scratch, run, indices[run], begin, batch, source, panels)
        forward(work, plan, rows, source, panels, batch, False, np.float32(0), key, np.uint32(0), 0)
        first = plan.activations + plan.outputs * panels * PANEL
        for b in range(batch):
            for f in range(plan.output_features):
                at = first + (b // PANEL * plan.output_features + f) * PANEL + b % PANEL
                outputs[run, begin + b, f] = work[at]
        number = fetch_add(next_block)
