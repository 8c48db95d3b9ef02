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
from seedbed.engines.fused.plan import PANEL, SLICES
from seedbed.simd import (
    OPTIONS,
    WIDTH,
    fetch,
    fetch_add,
    give_way,
    kernel,
    load,
    put,
    store,
    take,
)


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
def weight_of(plan, samples, run, indices, begin, batch):
    """How much the samples of a batch count together in cross entropy."""
    if not plan.classes:
        return float(batch)
    first, weight = samples.dataset[run] * plan.samples, 0.0
    for b in range(batch):
        label = int(samples.targets[first + indices[begin + b]])
        weight += samples.class_weights[run * plan.classes + label]
    return weight


@kernel
def loss_of(work, plan, samples, run, source, panels, batch, weight, smoothing):
    """A block's part of the loss of its batch, of `weight` in all; leaves the derivative at plan.gradient."""
    unit = panels * PANEL
    y, t = plan.activations + plan.outputs * unit, source + unit
    dy, features = plan.activations + plan.gradient * unit, plan.output_features
    weights, first, classes = samples.class_weights, run * plan.classes, plan.classes
    if plan.loss == oc.CROSS_ENTROPY:
        return loss.cross_entropy(
            work, smoothing, y, t, dy, source, features, panels, weight, weights, first, classes
        )
    return loss.elementwise(
        work, plan.loss, y, t, dy, source, features, panels, batch, weights, first, classes
    )


@kernel
def slice_size(plan, batch):
    """Samples of a slice: whole blocks, at most SLICES slices per batch."""
    return (batch + SLICES * plan.block - 1) // (SLICES * plan.block) * plan.block


@kernel
def descend(work, plan, rows, samples, scratch, run, indices, begin, batch, gathers, numbers, key, step):
    """Loss and gradient of this member's slices of a batch, block by block: to slice_losses, grads, slice_grads.

    Where plan.resident, what was gathered for one step serves later ones too.
    """
    size = slice_size(plan, batch)
    weight = weight_of(plan, samples, run, indices, begin, batch) if plan.loss == oc.CROSS_ENTROPY else 0.0
    for number in range(plan.member, (batch + size - 1) // size, plan.team):
        grads = plan.slice_grads + (number - 1) * plan.size if number else plan.grads
        value = 0.0
        for first in range(number * size, min((number + 1) * size, batch), plan.block):
            count = min(plan.block, batch - first)
            panels = (count + PANEL - 1) // PANEL
            source = plan.sources
            if plan.resident:
                source += first * (1 + plan.target_features + plan.input_features)
            if gathers:
                gather(work, plan, samples, scratch, run, indices, begin + first, count, source, panels)
            forward(work, plan, rows, source, panels, count, True, numbers[oc.RATE], key, step, first)
            value += loss_of(work, plan, samples, run, source, panels, batch, weight, numbers[oc.SMOOTHING])
            if first == number * size:
                backward(work, plan, rows, source, panels, count, grads)
            else:
                backward(work, plan, rows, source, panels, count, plan.block_grads)
                add(work, plan.block_grads, grads, plan.size)
        put(work, plan.slice_losses + number, value)


@kernel
def train_run(
    work, plan, rows, samples, scratch, run, indices, offsets, hyper, key, first_step, losses, meeting
):
    """Steps of one run whose own part is in `work`; ends at the first loss that is not finite."""
    for s in range(len(offsets) - 1):
        begin, batch = offsets[s] % len(indices), offsets[s + 1] - offsets[s]
        gathers, step = s == 0 or not plan.resident, first_step + s
        descend(work, plan, rows, samples, scratch, run, indices, begin, batch, gathers, hyper[s], key, step)
        meet(plan, meeting)
        size, value = slice_size(plan, batch), 0.0
        slices = (batch + size - 1) // size
        for number in range(slices):
            value += take(work, plan.slice_losses + number)
        if not math.isfinite(np.float32(value)):
            break
        if plan.member == 0:
            losses[s] = value
            for number in range(1, slices):
                add(work, plan.slice_grads + (number - 1) * plan.size, plan.grads, plan.size)
            copy(work, plan.new_state, work, plan.state, plan.states)
            update(work, plan.rule, plan.params, plan.grads, plan.decay_mask, plan.slots, plan.size, hyper[s])
        meet(plan, meeting)


@kernel
def meet(plan, meeting):
    """Go on when every member of the team has come here."""
    if plan.team > 1:
        goal = (fetch_add(meeting) // plan.team + 1) * plan.team
        while fetch(meeting) < goal:
            give_way()


@kernel
def next_run(plan, counter, run):
    """A team takes all runs; threads by themselves share a counter of them."""
    return run + 1 if plan.team > 1 else fetch_add(counter)


@njit(**OPTIONS)
def train(work, plan, rows, memory, samples, indices, counter, offsets, hyper, keys, first_step, losses):
    """Train runs through all steps, one by one, while other threads take others or a part of the same.

    `memory` holds plan.own numbers per run, `hyper` is (runs, steps, numbers). `losses` (runs, steps) stay as they
    are after a loss that is not finite. `counter` counts runs taken or, in a team, meetings.
    """
    scratch = np.empty(plan.block, np.int64)
    run = next_run(plan, counter, -1)
    while run < len(keys):
        if plan.member == 0:
            copy(memory, run * plan.own, work, 0, plan.own)
        meet(plan, counter)
        train_run(
            work, plan, rows, samples, scratch, run, indices[run], offsets, hyper[run], keys[run], first_step,
            losses[run], counter,
        )  # fmt: skip
        meet(plan, counter)
        if plan.member == 0:
            copy(work, 0, memory, run * plan.own, plan.own)
        run = next_run(plan, counter, run)


@njit(**OPTIONS)
def predict(work, plan, rows, memory, samples, indices, next_block, outputs):
    """Take blocks of samples of a run one by one, as other threads do beside, and apply the run's network to each."""
    scratch, key = np.empty(plan.block, np.int64), np.zeros(2, np.uint32)
    count = indices.shape[1]
    blocks = (count + plan.block - 1) // plan.block
    number = fetch_add(next_block)
    while number < blocks * len(indices):
        run, begin = number // blocks, number % blocks * plan.block
        batch = min(plan.block, count - begin)
        panels = (batch + PANEL - 1) // PANEL
        copy(memory, run * plan.own, work, 0, plan.own)
        gather(work, plan, samples, scratch, run, indices[run], begin, batch, plan.sources, panels)
        forward(work, plan, rows, plan.sources, panels, batch, False, np.float32(0), key, np.uint32(0), 0)
        first = plan.activations + plan.outputs * panels * PANEL
        for b in range(batch):
            for f in range(plan.output_features):
                at = first + (b // PANEL * plan.output_features + f) * PANEL + b % PANEL
                outputs[run, begin + b, f] = work[at]
        number = fetch_add(next_block)
