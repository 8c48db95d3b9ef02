"""Batch normalisation, feature by feature; `mask` is 1 for samples and 0 for the padding of the last panel."""

from __future__ import annotations

import math

import numpy as np

from seedbed.engines.fused.plan import PANEL
from seedbed.engines.fused.simd import WIDTH, broadcast, fma, inlined, kernel, load, splat, store, total
from seedbed.nn.layers.batch_norm import EPSILON, MOMENTUM


@kernel
def normalise(work, weight, state, new_state, x, normed, y, inverse, mask, features, panels, batch):
    """`normed` = (x - mean) / sqrt(variance + epsilon), with the statistics of the batch, and y = weight normed + bias.

    `normed` may be the place of x. The running statistics of `state` go, updated, to `new_state`; `inverse` gets
    1 / sqrt(variance + epsilon).
    """
    stride = features * PANEL
    share, unbiased = np.float32(1 / batch), np.float32(1 / max(batch - 1, 1))
    keep, take = np.float32(1 - MOMENTUM), np.float32(MOMENTUM)
    for f in range(features):
        first = x + f * PANEL
        low = high = splat(0.0)
        for p in range(panels):
            at, on = first + p * stride, mask + p * PANEL
            low = fma(load(work, at), load(work, on), low)
            high = fma(load(work, at + WIDTH), load(work, on + WIDTH), high)
        mean = total(low + high) * share
        centre = splat(mean)
        low = high = splat(0.0)
        for p in range(panels):
            at, on = first + p * stride, mask + p * PANEL
            u = (load(work, at) - centre) * load(work, on)
            v = (load(work, at + WIDTH) - centre) * load(work, on + WIDTH)
            low, high = fma(u, u, low), fma(v, v, high)
        squares = total(low + high)
        scale = np.float32(1) / np.float32(math.sqrt(squares * share + np.float32(EPSILON)))
        work[inverse + f] = scale
        work[new_state + f] = keep * work[state + f] + take * mean
        work[new_state + features + f] = keep * work[state + features + f] + take * (squares * unbiased)
        _affine(work, weight, features, f, centre, splat(scale), x, normed, y, panels)


@kernel
def normalise_by_state(work, weight, state, x, normed, y, features, panels):
    """As `normalise`, with the running statistics."""
    for f in range(features):
        variance = work[state + features + f]
        scale = np.float32(1) / np.float32(math.sqrt(variance + np.float32(EPSILON)))
        centre = broadcast(work, state + f)
        _affine(work, weight, features, f, centre, splat(scale), x, normed, y, panels)


@inlined
def _affine(work, weight, features, f, centre, scale, x, normed, y, panels):
    """normed = (x - centre) scale and y = weight normed + bias, for feature f."""
    gain, shift = broadcast(work, weight + f), broadcast(work, weight + features + f)
    for p in range(panels):
        first = (p * features + f) * PANEL
        for at in range(first, first + PANEL, WIDTH):
            u = (load(work, x + at) - centre) * scale
            store(work, normed + at, u)
            store(work, y + at, fma(u, gain, shift))


@kernel
def normalise_back(work, weight, gradient, normed, inverse, dy, dx, mask, features, panels, batch):
    """Gradients of weight and bias, and dx from dy (they may be the same place); `normed` is what `normalise` left."""
    stride = features * PANEL
    share = np.float32(1 / batch)
    for f in range(features):
        first = f * PANEL
        ones = products = splat(0.0)
        for at in range(first, first + panels * stride, stride):
            for half in range(at, at + PANEL, WIDTH):
                u = load(work, dy + half)
                ones, products = ones + u, fma(u, load(work, normed + half), products)
        bias, gain = total(ones), total(products)
        work[gradient + f], work[gradient + features + f] = gain, bias
        scale = splat(work[weight + f] * work[inverse + f])
        mean, slope = splat(bias * share), splat(np.float32(0) - gain * share)
        for p in range(panels):
            at, on = first + p * stride, mask + p * PANEL
            for half in range(0, PANEL, WIDTH):
                u = fma(load(work, normed + at + half), slope, load(work, dy + at + half) - mean)
                store(work, dx + at + half, u * scale * load(work, on + half))
