"""Forward and backward passes of a run through its program, one row per layer."""

from __future__ import annotations

from seedbed.engines.fused import opcodes as oc
from seedbed.engines.fused.kernels import pointwise
from seedbed.engines.fused.kernels.activations import activate, activate_back
from seedbed.engines.fused.kernels.dense import outer, product, row_sums
from seedbed.engines.fused.kernels.norm import normalise, normalise_back, normalise_by_state
from seedbed.engines.fused.workspace import PANEL
from seedbed.simd import inlined, kernel


@inlined
def place_of(workspace, place, source, unit):
    """Where activations of a block lie; its inputs follow the padding mask and the targets at `source`."""
    return (
        source + (1 + workspace.target_features) * unit
        if place == oc.SOURCE
        else workspace.activations + place * unit
    )


@kernel
def forward(work, workspace, rows, source, panels, batch, training, rate, key, step, first):
    """All layers on a block of samples, whose inputs are at `source` and whose first sample is number `first`."""
    unit = panels * PANEL
    for n in range(len(rows)):
        row = rows[n]
        op, inputs, outputs = row[oc.OP], row[oc.INPUTS], row[oc.OUTPUTS]
        x, y = place_of(workspace, row[oc.X], source, unit), workspace.activations + row[oc.Y] * unit
        aux, weight = workspace.activations + row[oc.AUX] * unit, workspace.params + row[oc.PARAMS]
        size = inputs * unit
        if op == oc.DENSE:
            product(
                work,
                weight,
                1,
                outputs,
                weight + inputs * outputs,
                x,
                inputs,
                y,
                outputs,
                panels,
                workspace.packed,
            )
        elif op == oc.DENSE_WITHOUT_BIAS:
            product(work, weight, 1, outputs, oc.NOWHERE, x, inputs, y, outputs, panels, workspace.packed)
        elif op == oc.BATCH_NORM:
            state, new_state = workspace.state + row[oc.STATE], workspace.new_state + row[oc.STATE]
            scalars = workspace.scalars + row[oc.SCALARS]
            if training:
                normalise(work, weight, state, new_state, x, y, scalars, source, inputs, panels, batch)
            else:
                normalise_by_state(work, weight, state, x, y, scalars, inputs, panels)
        elif op == oc.DROPOUT:
            if training:
                pointwise.dropout_mask(work, aux, rate, key, step, row[oc.PLACE], first, inputs, panels)
                pointwise.multiply(work, x, aux, y, size)
            else:
                pointwise.copy(work, x, y, size)
        elif op == oc.POWERS:
            pointwise.powers(work, x, y, inputs, outputs // inputs, panels)
        else:
            activate(work, op, x, y, size)


@kernel
def backward(work, workspace, rows, source, panels, batch, grads):
    """All layers in reverse on a block of samples, from workspace.gradient to `grads`."""
    unit = panels * PANEL
    for n in range(len(rows) - 1, -1, -1):
        row = rows[n]
        op, inputs, outputs = row[oc.OP], row[oc.INPUTS], row[oc.OUTPUTS]
        x, y = place_of(workspace, row[oc.X], source, unit), workspace.activations + row[oc.Y] * unit
        dy, dx = workspace.activations + row[oc.DY] * unit, workspace.activations + row[oc.DX] * unit
        aux, weight, gradient = (
            workspace.activations + row[oc.AUX] * unit,
            workspace.params + row[oc.PARAMS],
            grads + row[oc.PARAMS],
        )
        size = inputs * unit
        if op == oc.DENSE or op == oc.DENSE_WITHOUT_BIAS:
            outer(work, gradient, x, inputs, dy, outputs, panels)
            if op == oc.DENSE:
                row_sums(work, gradient + inputs * outputs, dy, outputs, panels)
            if row[oc.DX] != oc.NOWHERE:
                product(
                    work, weight, outputs, 1, oc.NOWHERE, dy, outputs, dx, inputs, panels, workspace.packed
                )
        elif op == oc.BATCH_NORM:
            scalars = workspace.scalars + row[oc.SCALARS]
            dx = dy if row[oc.DX] == oc.NOWHERE else dx
            normalise_back(work, weight, gradient, x, scalars, dy, dx, source, inputs, panels, batch)
        elif op == oc.DROPOUT:
            pointwise.multiply(work, dy, aux, dx, size)
        elif op != oc.POWERS:
            activate_back(work, op, x, y, dy, dx, size)
        if row[oc.DX] == oc.NOWHERE:
            break
