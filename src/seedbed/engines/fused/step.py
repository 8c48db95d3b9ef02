"""Forward and backward passes of one run, its steps, and the two kernels that Python calls: `train` and `predict`."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from seedbed.engines.fused import kernels_loss, kernels_pointwise
from seedbed.engines.fused.gather import gather
from seedbed.engines.fused.kernels_dense import PANEL, outer, product, row_sums
from seedbed.engines.fused.kernels_norm import normalise, normalise_back, normalise_by_state
from seedbed.engines.fused.kernels_update import DROPOUT as RATE
from seedbed.engines.fused.kernels_update import LABEL_SMOOTHING, update
from seedbed.engines.fused.opcodes import (
    AUX, BATCH_NORM, DENSE, DENSE_WITHOUT_BIAS, DROPOUT, DX, DY, GELU, INPUTS, LEAKY_RELU, NOWHERE, OP, OUTPUTS, PARAMS,
    PLACE, POWERS, RELU, SCALARS, SIGMOID, STATE, TANH, X, Y,
)  # fmt: skip
from seedbed.engines.fused.simd import OPTIONS, fetch_add, kernel


@kernel
def forward(work, plan, rows, panels, batch, training, rate, key, step):
    """All layers, from plan.inputs to plan.outputs."""
    unit = panels * PANEL
    for n in range(len(rows)):
        row = rows[n]
        op, inputs, outputs = row[OP], row[INPUTS], row[OUTPUTS]
        x, y = plan.activations + row[X] * unit, plan.activations + row[Y] * unit
        aux, weight = plan.activations + row[AUX] * unit, plan.params + row[PARAMS]
        size = inputs * unit
        if op == DENSE:
            product(work, weight, 1, outputs, weight + inputs * outputs, x, inputs, y, outputs, panels)
        elif op == DENSE_WITHOUT_BIAS:
            product(work, weight, 1, outputs, NOWHERE, x, inputs, y, outputs, panels)
        elif op == BATCH_NORM:
            state, new_state = plan.state + row[STATE], plan.new_state + row[STATE]
            if training:
                inverse, mask = plan.scalars + row[SCALARS], plan.activations + plan.mask * unit
                normalise(work, weight, state, new_state, x, aux, y, inverse, mask, inputs, panels, batch)
            else:
                normalise_by_state(work, weight, state, x, aux, y, inputs, panels)
        elif op == DROPOUT:
            if training:
                kernels_pointwise.dropout_mask(
                    work, aux, rate, key[0], key[1], step, row[PLACE], inputs, panels
                )
                kernels_pointwise.multiply(work, x, aux, y, size)
            else:
                kernels_pointwise.copy(work, x, y, size)
        elif op == POWERS:
            kernels_pointwise.powers(work, x, y, inputs, outputs // inputs, panels)
        elif op == RELU:
            kernels_pointwise.relu(work, x, y, size)
        elif op == LEAKY_RELU:
            kernels_pointwise.leaky_relu(work, x, y, size)
        elif op == SIGMOID:
            kernels_pointwise.sigmoid(work, x, y, size)
        elif op == TANH:
            kernels_pointwise.tanh(work, x, y, size)
        elif op == GELU:
            kernels_pointwise.gelu(work, x, y, size)


@kernel
def backward(work, plan, rows, panels, batch):
    """All layers in reverse, from plan.gradient to plan.grads."""
    unit = panels * PANEL
    for n in range(len(rows) - 1, -1, -1):
        row = rows[n]
        op, inputs, outputs = row[OP], row[INPUTS], row[OUTPUTS]
        x, y = plan.activations + row[X] * unit, plan.activations + row[Y] * unit
        dy, dx = plan.activations + row[DY] * unit, plan.activations + row[DX] * unit
        aux, weight, gradient = (
            plan.activations + row[AUX] * unit,
            plan.params + row[PARAMS],
            plan.grads + row[PARAMS],
        )
        size = inputs * unit
        if op == DENSE or op == DENSE_WITHOUT_BIAS:
            outer(work, gradient, x, inputs, dy, outputs, panels)
            if op == DENSE:
                row_sums(work, gradient + inputs * outputs, dy, outputs, panels)
            if row[DX] != NOWHERE:
                product(work, weight, outputs, 1, NOWHERE, dy, outputs, dx, inputs, panels)
        elif op == BATCH_NORM:
            inverse, mask = plan.scalars + row[SCALARS], plan.activations + plan.mask * unit
            dx = dy if row[DX] == NOWHERE else dx
            normalise_back(work, weight, gradient, aux, inverse, dy, dx, mask, inputs, panels, batch)
        elif op == DROPOUT:
            kernels_pointwise.multiply(work, dy, aux, dx, size)
        elif op == RELU:
            kernels_pointwise.relu_back(work, y, dy, dx, size)
        elif op == LEAKY_RELU:
            kernels_pointwise.leaky_relu_back(work, y, dy, dx, size)
        elif op == SIGMOID:
            kernels_pointwise.sigmoid_back(work, y, dy, dx, size)
        elif op == TANH:
            kernels_pointwise.tanh_back(work, y, dy, dx, size)
        elif op == GELU:
            kernels_pointwise.gelu_back(work, x, dy, dx, size)
        if row[DX] == NOWHERE:
            break


@kernel
def loss_of(work, plan, panels, batch, smoothing):
    """The loss of the outputs; leaves its derivative at plan.gradient."""
    unit = panels * PANEL
    y, t = plan.activations + plan.outputs * unit, plan.activations + plan.targets * unit
    dy, mask = plan.activations + plan.gradient * unit, plan.activations + plan.mask * unit
    features = plan.output_features
    if plan.loss == kernels_loss.CROSS_ENTROPY:
        return kernels_loss.cross_entropy(work, smoothing, y, t, dy, mask, features, panels, batch)
    return kernels_loss.elementwise(work, plan.loss, y, t, dy, mask, features, panels, batch)


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
        forward(work, plan, rows, panels, batch, True, numbers[RATE], key, step)
        loss = loss_of(work, plan, panels, batch, numbers[LABEL_SMOOTHING])
        if not math.isfinite(loss):
            break
        losses[run, s] = loss
        backward(work, plan, rows, panels, batch)
        work[plan.state : plan.state + plan.states] = work[plan.new_state : plan.new_state + plan.states]
        update(work, plan.rule, plan.params, plan.grads, plan.decay_mask, plan.slots, plan.size, numbers)


@njit(cache=True, **OPTIONS)
def train(work, plan, rows, memory, samples, indices, offsets, hyper, keys, first_step, losses, next_run):
    """Take runs one by one, as other threads do beside, and train each through all steps.

    `memory` is (runs, plan.own), `hyper` (runs, steps, numbers); `losses` (runs, steps) stay as they are after a loss
    that is not finite.
    """
    run = fetch_add(next_run)
    while run < len(memory):
        work[: plan.own] = memory[run]
        train_run(work, plan, rows, samples, run, indices, offsets, hyper, keys[run], first_step, losses)
        memory[run] = work[: plan.own]
        run = fetch_add(next_run)


@njit(cache=True, **OPTIONS)
def predict(work, plan, rows, memory, samples, indices, outputs, slice_size, next_slice):
    """Take slices of samples of a run one by one, as other threads do beside, and apply the run's network to each."""
    count = indices.shape[1]
    slices = (count + slice_size - 1) // slice_size
    key = np.zeros(2, np.uint32)
    number = fetch_add(next_slice)
    while number < slices * len(memory):
        run, begin = number // slices, number % slices * slice_size
        batch = min(slice_size, count - begin)
        panels = (batch + PANEL - 1) // PANEL
        work[: plan.own] = memory[run]
        gather(work, plan, samples, run, indices[run], begin, batch, panels)
        forward(work, plan, rows, panels, batch, False, np.float32(0), key, np.uint32(0))
        first = plan.activations + plan.outputs * panels * PANEL
        for b in range(batch):
            for f in range(plan.output_features):
                at = first + (b // PANEL * plan.output_features + f) * PANEL + b % PANEL
                outputs[run, begin + b, f] = work[at]
        number = fetch_add(next_slice)
