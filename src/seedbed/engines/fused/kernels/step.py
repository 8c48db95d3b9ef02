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
from seedbed.engines.fused.workspace import PANEL, SLICES
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
def weight_of(workspace, samples, run, indices, begin, batch):
    """How much the samples of a batch count together in cross entropy."""
    if not workspace.classes:
        return float(batch)
    first, weight = samples.dataset[run] * workspace.samples, 0.0
    for b in range(batch):
        label = int(samples.targets[first + indices[begin + b]])
        weight += samples.class_weights[run * workspace.classes + label]
    return weight


@kernel
def loss_of(work, workspace, samples, run, source, panels, batch, weight, smoothing):
    """A block's part of the loss of its batch, of `weight` in all; leaves the derivative at workspace.gradient."""
    unit = panels * PANEL
    y, t = workspace.activations + workspace.outputs * unit, source + unit
    dy, features = workspace.activations + workspace.gradient * unit, workspace.output_features
    weights, first, classes = samples.class_weights, run * workspace.classes, workspace.classes
    if workspace.loss == oc.CROSS_ENTROPY:
        return loss.cross_entropy(
            work, smoothing, y, t, dy, source, features, panels, weight, weights, first, classes
        )
    return loss.elementwise(
        work, workspace.loss, y, t, dy, source, features, panels, batch, weights, first, classes
    )


@kernel
def slice_size(workspace, batch):
    """Samples of a slice: whole blocks, at most SLICES slices per batch."""
    return (batch + SLICES * workspace.block - 1) // (SLICES * workspace.block) * workspace.block


@kernel
def descend(work, workspace, rows, samples, scratch, run, indices, begin, batch, gathers, numbers, key, step):
    """Loss and gradient of this member's slices of a batch, block by block: to slice_losses, grads, slice_grads.

    Where workspace.resident, what was gathered for one step serves later ones too.
    """
    size = slice_size(workspace, batch)
    weight = (
        weight_of(workspace, samples, run, indices, begin, batch)
        if workspace.loss == oc.CROSS_ENTROPY
        else 0.0
    )
    for number in range(workspace.member, (batch + size - 1) // size, workspace.team):
        grads = workspace.slice_grads + (number - 1) * workspace.size if number else workspace.grads
        value = 0.0
        for first in range(number * size, min((number + 1) * size, batch), workspace.block):
            count = min(workspace.block, batch - first)
            panels = (count + PANEL - 1) // PANEL
            source = workspace.sources
            if workspace.resident:
                source += first * (1 + workspace.target_features + workspace.input_features)
            if gathers:
                gather(work, workspace, samples, scratch, run, indices, begin + first, count, source, panels)
            forward(work, workspace, rows, source, panels, count, True, numbers[oc.RATE], key, step, first)
            value += loss_of(
                work, workspace, samples, run, source, panels, batch, weight, numbers[oc.SMOOTHING]
            )
            if first == number * size:
                backward(work, workspace, rows, source, panels, count, grads)
            else:
                backward(work, workspace, rows, source, panels, count, workspace.block_grads)
                add(work, workspace.block_grads, grads, workspace.size)
        put(work, workspace.slice_losses + number, value)


@kernel
def train_run(
    work, workspace, rows, samples, scratch, run, indices, offsets, hyper, key, first_step, losses, meeting
):
    """Steps of one run whose own part is in `work`; ends at the first loss that is not finite."""
    for s in range(len(offsets) - 1):
        begin, batch = offsets[s] % len(indices), offsets[s + 1] - offsets[s]
        gathers, step = s == 0 or not workspace.resident, first_step + s
        descend(
            work, workspace, rows, samples, scratch, run, indices, begin, batch, gathers, hyper[s], key, step
        )
        meet(workspace, meeting)
        size, value = slice_size(workspace, batch), 0.0
        slices = (batch + size - 1) // size
        for number in range(slices):
            value += take(work, workspace.slice_losses + number)
        if not math.isfinite(np.float32(value)):
            break
        if workspace.member == 0:
            losses[s] = value
            for number in range(1, slices):
                add(
                    work,
                    workspace.slice_grads + (number - 1) * workspace.size,
                    workspace.grads,
                    workspace.size,
                )
            copy(work, workspace.new_state, work, workspace.state, workspace.states)
            update(
                work,
                workspace.rule,
                workspace.params,
                workspace.grads,
                workspace.decay_mask,
                workspace.slots,
                workspace.size,
                hyper[s],
            )
        meet(workspace, meeting)


@kernel
def meet(workspace, meeting):
    """Go on when every member of the team has come here, or one of them has failed and the meetings are negative."""
    if workspace.team > 1:
        goal = (fetch_add(meeting) // workspace.team + 1) * workspace.team
        while 0 <= fetch(meeting) < goal:
            give_way()


@kernel
def next_run(workspace, counter, run):
    """A team takes all runs; threads by themselves share a counter of them."""
    return run + 1 if workspace.team > 1 else fetch_add(counter)


@njit(**OPTIONS)
def train(work, workspace, rows, memory, samples, indices, counter, offsets, hyper, keys, first_step, losses):
    """Train runs through all steps, one by one, while other threads take others or a part of the same.

    `memory` holds workspace.own numbers per run, `hyper` is (runs, steps, numbers). `losses` (runs, steps) stay as they
    are after a loss that is not finite. `counter` counts runs taken or, in a team, meetings.
    """
    scratch = np.empty(workspace.block, np.int64)
    run = next_run(workspace, counter, -1)
    while run < len(keys):
        if workspace.member == 0:
            copy(memory, run * workspace.own, work, 0, workspace.own)
        meet(workspace, counter)
        train_run(
            work, workspace, rows, samples, scratch, run, indices[run], offsets, hyper[run], keys[run], first_step,
            losses[run], counter,
        )  # fmt: skip
        meet(workspace, counter)
        if workspace.member == 0:
            copy(work, 0, memory, run * workspace.own, workspace.own)
        run = next_run(workspace, counter, run)


@njit(**OPTIONS)
def predict(work, workspace, rows, memory, samples, indices, next_block, outputs):
    """Take blocks of samples of a run one by one, as other threads do beside, and apply the run's network to each."""
    scratch, key = np.empty(workspace.block, np.int64), np.zeros(2, np.uint32)
    count = indices.shape[1]
    blocks = (count + workspace.block - 1) // workspace.block
    number = fetch_add(next_block)
    while number < blocks * len(indices):
        run, begin = number // blocks, number % blocks * workspace.block
        batch = min(workspace.block, count - begin)
        panels = (batch + PANEL - 1) // PANEL
        copy(memory, run * workspace.own, work, 0, workspace.own)
        gather(work, workspace, samples, scratch, run, indices[run], begin, batch, workspace.sources, panels)
        forward(
            work,
            workspace,
            rows,
            workspace.sources,
            panels,
            batch,
            False,
            np.float32(0),
            key,
            np.uint32(0),
            0,
        )
        first = workspace.activations + workspace.outputs * panels * PANEL
        for b in range(batch):
            for f in range(workspace.output_features):
                at = first + (b // PANEL * workspace.output_features + f) * PANEL + b % PANEL
                outputs[run, begin + b, f] = work[at]
        number = fetch_add(next_block)
