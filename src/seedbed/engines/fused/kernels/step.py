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
def loss_of(work, plan, panels, batch, smoothing):
    """The loss of the outputs; leaves its derivative at plan.gradient."""
    unit = panels * PANEL
    y, t = plan.activations + plan.outputs * unit, plan.activations + plan.targets * unit
    dy, mask = plan.activations + plan.gradient * unit, plan.activations + plan.mask * unit
    features = plan.output_features
    if plan.loss == oc.CROSS_ENTROPY:
        return loss.cross_entropy(work, smoothing, y, t, dy, mask, features, panels, batch)
    return loss.elementwise(work, plan.loss, y, t, dy, mask, features, panels, batch)


@kernel
def train_run(work, plan, rows, samples, run, indices, offsets, hyper, key, first_step, losses):
    """Steps of one run whose own part is in `work`; ends at the first loss that is not finite."""
    begun, had = -1, 0
    for s in range(len(offsets) - 1):
        begin, batch = offsets[s] % indices.shape[1], offsets[s + 1] - offsets[s]
        panels = (batch + PANEL - 1) // PANEL
        if begin != begun or batch != had:  # full-batch descent gathers once
            gather(work, plan, samples, run, indices[run], begin, batch, panels)
            begun, had = begin, batch
        step, numbers = np.uint32(first_step + s), hyper[run, s]
        forward(work, plan, rows, panels, batch, True, numbers[oc.RATE], key, step)
        value = loss_of(work, plan, panels, batch, numbers[oc.SMOOTHING])
        if not math.isfinite(value):
            break
        losses[run, s] = value
        backward(work, plan, rows, panels, batch)
        copy(work, plan.new_state, work, plan.state, plan.states)
        update(work, plan.rule, plan.params, plan.grads, plan.decay_mask, plan.slots, plan.size, numbers)


@njit(cache=True, **OPTIONS)
def train(work, plan, rows, memory, samples, indices, offsets, hyper, keys, first_step, losses, next_run):
    """Take runs one by one, as other threads do beside, and train each through all steps.

    `memory` holds plan.own numbers a run, `hyper` is (runs, steps, numbers). `losses` (runs, steps) stay as they
    are after a loss that is not finite.
    """
    run = fetch_add(next_run)
    while run < len(keys):
        copy(memory, run * plan.own, work, 0, plan.own)
        train_run(work, plan, rows, samples, run, indices, offsets, hyper, keys[run], first_step, losses)
        copy(work, 0, memory, run * plan.own, plan.own)
        run = fetch_add(next_run)


@njit(cache=True, **OPTIONS)
def predict(work, plan, rows, memory, samples, indices, outputs, slice_size, next_slice):
    """Take slices of samples of a run one by one, as other threads do beside, and apply the run's network to each."""
    count = indices.shape[1]
    slices = (count + slice_size - 1) // slice_size
    key = np.zeros(2, np.uint32)
    number = fetch_add(next_slice)
    while number < slices * len(indices):
        run, begin = number // slices, number % slices * slice_size
        batch = min(slice_size, count - begin)
        panels = (batch + PANEL - 1) // PANEL
        copy(memory, run * plan.own, work, 0, plan.own)
        gather(work, plan, samples, run, indices[run], begin, batch, panels)
        forward(work, plan, rows, panels, batch, False, np.float32(0), key, np.uint32(0))
        first = plan.activations + plan.outputs * panels * PANEL
        for b in range(batch):
            for f in range(plan.output_features):
                at = first + (b // PANEL * plan.output_features + f) * PANEL + b % PANEL
                outputs[run, begin + b, f] = work[at]
        number = fetch_add(next_slice)
