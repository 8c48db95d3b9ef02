"""Batch normalisation, four features at a time; `mask` is 1 for samples and 0 for the padding of the last panel.

Single numbers that a layer keeps lie at `scalars` in four rows: means, 1 / sqrt(variance + epsilon), and two of sums in
passing.
"""

from __future__ import annotations

import math

import numpy as np

from seedbed.engines.fused.opcodes import norm_row
from seedbed.engines.fused.plan import PANEL
from seedbed.engines.fused.simd import (
    WIDTH,
    broadcast,
    fma,
    inlined,
    kernel,
    load,
    splat,
    store,
    store_totals,
)
from seedbed.nn.layers.batch_norm import EPSILON, MOMENTUM

_row = inlined(norm_row)


@kernel
def normalise(work, weight, state, new_state, x, y, scalars, mask, features, panels, batch):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, with the statistics of the batch.

    The running statistics of `state` go, updated, to `new_state`.
    """
    row = _row(features)
    means, inverses, sums = scalars, scalars + row, scalars + 2 * row
    _sum_squares(work, x, mask, means, features, panels, sums, False)
    for f in range(features):
        work[means + f] = work[sums + f] / np.float32(batch)
    _sum_squares(work, x, mask, means, features, panels, sums, True)
    keep, take = np.float32(1 - MOMENTUM), np.float32(MOMENTUM)
    correction = np.float32(batch / max(batch - 1, 1))
    for f in range(features):
        variance = work[sums + f] / np.float32(batch)
        work[inverses + f] = np.float32(1) / np.float32(math.sqrt(variance + np.float32(EPSILON)))
        work[new_state + f] = keep * work[state + f] + take * work[means + f]
        work[new_state + features + f] = keep * work[state + features + f] + take * (variance * correction)
    _affine(work, weight, means, inverses, x, y, features, panels)


@kernel
def normalise_by_state(work, weight, state, x, y, scalars, features, panels):
    """As `normalise`, with the running statistics."""
    inverses = scalars + _row(features)
    for f in range(features):
        variance = work[state + features + f]
        work[inverses + f] = np.float32(1) / np.float32(math.sqrt(variance + np.float32(EPSILON)))
    _affine(work, weight, state, inverses, x, y, features, panels)


@kernel
def _sum_squares(work, x, mask, means, features, panels, sums, squares):
    """Sums over samples of x, or where `squares` of (x - mean)^2, for every feature."""
    last = features - 1
    for f in range(0, features, 4):
        # The last four repeat the last feature instead of having their own code.
        f1, f2, f3 = min(f + 1, last), min(f + 2, last), min(f + 3, last)
        m0 = m1 = m2 = m3 = splat(0.0)
        if squares:
            m0, m1 = broadcast(work, means + f), broadcast(work, means + f1)
            m2, m3 = broadcast(work, means + f2), broadcast(work, means + f3)
        a0 = a1 = a2 = a3 = splat(0.0)
        for p in range(panels):
            for half in range(0, PANEL, WIDTH):
                on = load(work, mask + p * PANEL + half)
                at = x + p * features * PANEL + half
                d0 = (load(work, at + f * PANEL) - m0) * on
                d1 = (load(work, at + f1 * PANEL) - m1) * on
                d2 = (load(work, at + f2 * PANEL) - m2) * on
                d3 = (load(work, at + f3 * PANEL) - m3) * on
                if squares:
                    a0, a1, a2, a3 = fma(d0, d0, a0), fma(d1, d1, a1), fma(d2, d2, a2), fma(d3, d3, a3)
                else:
                    a0, a1, a2, a3 = a0 + d0, a1 + d1, a2 + d2, a3 + d3
        store_totals(work, sums + f, a0, a1, a2, a3)


@inlined
def _affine(work, weight, means, inverses, x, y, features, panels):
    """y = weight (x - mean) inverse + bias."""
    for f in range(features):
        centre, scale = (
            broadcast(work, means + f),
            broadcast(work, inverses + f) * broadcast(work, weight + f),
        )
        shift = broadcast(work, weight + features + f)
        for p in range(panels):
            first = (p * features + f) * PANEL
            for at in range(first, first + PANEL, WIDTH):
                store(work, y + at, fma(load(work, x + at) - centre, scale, shift))


@kernel
def normalise_back(work, weight, gradient, x, scalars, dy, dx, mask, features, panels, batch):
    """Gradients of weight and bias, and dx from dy (they may be the same place), after `normalise`."""
    row = _row(features)
    means, inverses, ones, products = scalars, scalars + row, scalars + 2 * row, scalars + 3 * row
    _sum_products(work, x, dy, means, features, panels, ones, products)
    share = np.float32(1 / batch)
    for f in range(features):
        inverse, bias = work[inverses + f], work[ones + f]
        gain = work[products + f] * inverse
        work[gradient + f], work[gradient + features + f] = gain, bias
        centre, scale = broadcast(work, means + f), splat(work[weight + f] * inverse)
        mean, slope = splat(bias * share), splat(np.float32(0) - gain * share * inverse)
        for p in range(panels):
            at, on = (p * features + f) * PANEL, mask + p * PANEL
            for half in range(0, PANEL, WIDTH):
                u = load(work, dy + at + half) - mean
                u = fma(load(work, x + at + half) - centre, slope, u)
                store(work, dx + at + half, u * scale * load(work, on + half))


@kernel
def _sum_products(work, x, dy, means, features, panels, ones, products):
    """Sums over samples of dy and of dy (x - mean), two features at a time; dy is zero in the padding."""
    last = features - 1
    for f in range(0, features, 2):
        f1 = min(f + 1, last)
        m0, m1 = broadcast(work, means + f), broadcast(work, means + f1)
        a0 = a1 = b0 = b1 = splat(0.0)
        for p in range(panels):
            for half in range(0, PANEL, WIDTH):
                at, at1 = (p * features + f) * PANEL + half, (p * features + f1) * PANEL + half
                u, v = load(work, dy + at), load(work, dy + at1)
                a0, a1 = a0 + u, a1 + v
                b0 = fma(u, load(work, x + at) - m0, b0)
                b1 = fma(v, load(work, x + at1) - m1, b1)
        store_totals(work, ones + f, a0, a1, a0, a1)
        store_totals(work, products + f, b0, b1, b0, b1)
