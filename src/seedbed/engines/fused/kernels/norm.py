"""Batch normalisation, four features at a time; `mask` is 1 for samples and 0 for the padding of the last panel.

Single numbers that a layer keeps lie at `scalars` in four rows: means, 1 / sqrt(variance + epsilon), and two of sums in
passing.
"""

from __future__ import annotations

import numpy as np

from seedbed.engines.fused.opcodes import norm_row
from seedbed.engines.fused.workspace import PANEL
from seedbed.nn.layers.batch_norm import EPSILON, MOMENTUM
from seedbed.simd import (
    WIDTH,
    broadcast,
    fma,
    inlined,
    kernel,
    load,
    put,
    splat,
    square_root,
    store,
    store_totals,
    take,
)

_row = inlined(norm_row)


CHUNK = 16  # features whose activations stay in the innermost cache from their first pass to their last


@kernel
def normalise(work, weight, state, new_state, x, y, scalars, mask, features, panels, batch):
    """y = weight (x - mean) / sqrt(variance + epsilon) + bias, with the statistics of the batch.

    The running statistics of `state` go, updated, to `new_state`.
    """
    row = _row(features)
    keep, gain = np.float32(1 - MOMENTUM), np.float32(MOMENTUM)
    share, correction = splat(np.float32(1 / batch)), np.float32(batch / max(batch - 1, 1))
    means, inverses, sums = scalars, scalars + row, scalars + 2 * row
    for first in range(0, features, CHUNK):
        last = min(first + CHUNK, features)
        _sums(work, x, mask, features, first, last, panels, sums)
        for f in range(first, last, WIDTH):
            store(work, means + f, load(work, sums + f) * share)
        _squares(work, x, mask, means, features, first, last, panels, sums)
        for f in range(first, last, WIDTH):
            variance = load(work, sums + f) * share
            store(work, sums + f, variance)
            store(work, inverses + f, splat(1.0) / square_root(variance + splat(EPSILON)))
        _affine(work, weight, means, inverses, x, y, features, first, last, panels)
    for f in range(features):
        put(work, new_state + f, keep * take(work, state + f) + gain * take(work, means + f))
        variance = take(work, sums + f) * correction
        put(work, new_state + features + f, keep * take(work, state + features + f) + gain * variance)


@kernel
def normalise_by_state(work, weight, state, x, y, scalars, features, panels):
    """As `normalise`, with the running statistics."""
    inverses = scalars + _row(features)
    for f in range(0, features, WIDTH):
        variance = load(work, state + features + f)
        store(work, inverses + f, splat(1.0) / square_root(variance + splat(EPSILON)))
    _affine(work, weight, state, inverses, x, y, features, 0, features, panels)


@inlined
def _sums(work, x, mask, features, first, last, panels, sums):
    """Sums over samples of x. Of the four features the last may stand several times."""
    for f in range(first, last, 4):
        f1, f2, f3 = min(f + 1, last - 1), min(f + 2, last - 1), min(f + 3, last - 1)
        a0 = a1 = a2 = a3 = splat(0.0)
        for p in range(panels):
            for half in range(0, PANEL, WIDTH):
                on = load(work, mask + p * PANEL + half)
                at = x + p * features * PANEL + half
                a0, a1 = fma(load(work, at + f * PANEL), on, a0), fma(load(work, at + f1 * PANEL), on, a1)
                a2, a3 = fma(load(work, at + f2 * PANEL), on, a2), fma(load(work, at + f3 * PANEL), on, a3)
        store_totals(work, sums + f, a0, a1, a2, a3)


@inlined
def _squares(work, x, mask, means, features, first, last, panels, sums):
    """Sums over samples of (x - mean)^2."""
    for f in range(first, last, 4):
        f1, f2, f3 = min(f + 1, last - 1), min(f + 2, last - 1), min(f + 3, last - 1)
        m0, m1 = broadcast(work, means + f), broadcast(work, means + f1)
        m2, m3 = broadcast(work, means + f2), broadcast(work, means + f3)
        a0 = a1 = a2 = a3 = splat(0.0)
        for p in range(panels):
            for half in range(0, PANEL, WIDTH):
                on = load(work, mask + p * PANEL + half)
                at = x + p * features * PANEL + half
                d0, d1 = (load(work, at + f * PANEL) - m0) * on, (load(work, at + f1 * PANEL) - m1) * on
                d2, d3 = (load(work, at + f2 * PANEL) - m2) * on, (load(work, at + f3 * PANEL) - m3) * on
                a0, a1, a2, a3 = fma(d0, d0, a0), fma(d1, d1, a1), fma(d2, d2, a2), fma(d3, d3, a3)
        store_totals(work, sums + f, a0, a1, a2, a3)


@inlined
def _affine(work, weight, means, inverses, x, y, features, first, last, panels):
    """y = weight (x - mean) inverse + bias."""
    for f in range(first, last):
        centre, scale = (
            broadcast(work, means + f),
            broadcast(work, inverses + f) * broadcast(work, weight + f),
        )
        shift = broadcast(work, weight + features + f)
        for p in range(panels):
            start = (p * features + f) * PANEL
            for at in range(start, start + PANEL, WIDTH):
                store(work, y + at, fma(load(work, x + at) - centre, scale, shift))


@kernel
def normalise_back(work, weight, gradient, x, scalars, dy, dx, mask, features, panels, batch):
    """Gradients of weight and bias, and dx from dy (they may be the same place), after `normalise`."""
    row, share = _row(features), splat(np.float32(1 / batch))
    for first in range(0, features, CHUNK):
        last = min(first + CHUNK, features)
        means, inverses, ones, products = scalars, scalars + row, scalars + 2 * row, scalars + 3 * row
        _sum_products(work, x, dy, means, features, first, last, panels, ones, products)
        for f in range(first, last):
            put(work, gradient + f, take(work, products + f) * take(work, inverses + f))
            put(work, gradient + features + f, take(work, ones + f))
        for f in range(first, last, WIDTH):
            inverse = load(work, inverses + f)
            store(work, products + f, load(work, products + f) * inverse * inverse * (splat(0.0) - share))
            store(work, ones + f, load(work, ones + f) * share)
        for f in range(first, last):
            centre, scale = (
                broadcast(work, means + f),
                broadcast(work, weight + f) * broadcast(work, inverses + f),
            )
            mean, slope = broadcast(work, ones + f), broadcast(work, products + f)
            for p in range(panels):
                at, on = (p * features + f) * PANEL, mask + p * PANEL
                for half in range(0, PANEL, WIDTH):
                    u = load(work, dy + at + half) - mean
                    u = fma(load(work, x + at + half) - centre, slope, u)
                    store(work, dx + at + half, u * scale * load(work, on + half))


@inlined
def _sum_products(work, x, dy, means, features, first, last, panels, ones, products):
    """Sums over samples of dy and of dy (x - mean), two features at a time; dy is zero in the padding."""
    for f in range(first, last, 2):
        f1 = min(f + 1, last - 1)
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
