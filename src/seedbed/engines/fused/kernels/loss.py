"""Losses: each returns a block's part of the batch's mean and writes d loss / d outputs, zero in the padding.

Outputs lie in (panels, features, PANEL); so do targets, which for cross entropy are one feature, the class.
"""

from __future__ import annotations

import numpy as np

from seedbed.engines.fused import opcodes as oc
from seedbed.engines.fused.kernels.functions import exp, log, log1p, maximum, minimum
from seedbed.engines.fused.workspace import PANEL
from seedbed.simd import (
    WIDTH,
    absolute,
    broadcast,
    choose,
    fma,
    inlined,
    kernel,
    load,
    splat,
    store,
    total,
)


@inlined
def element(kind, y, t):
    """The loss of an output and its derivative, for the kinds that take every output by itself."""
    zero, one = splat(0.0), splat(1.0)
    e = y - t
    if kind == oc.MSE:
        return e * e, e + e
    if kind == oc.MAE:
        # A nan error must not become a derivative of zero.
        return absolute(e), choose(e, zero, one, choose(zero, e, zero - one, e))
    if kind == oc.HUBER:
        near = minimum(one, maximum(zero - one, e))
        return near * fma(near, splat(-0.5), e), near
    power = exp(zero - absolute(y))
    share = one / (one + power)
    return maximum(zero, y) - y * t + log1p(power), choose(zero, y, power * share, share) - t


@kernel
def elementwise(work, kind, y, t, dy, mask, features, panels, batch, weights, first_weight, classes):
    """Mean over samples and outputs of `element`, which for `classes` = 2 is multiplied by their weights."""
    count = batch * features
    share = splat(np.float32(1 / count))
    losses = splat(0.0)
    for p in range(panels):
        for half in range(0, PANEL, WIDTH):
            on = load(work, mask + p * PANEL + half)
            for f in range(features):
                at = (p * features + f) * PANEL + half
                target = load(work, t + at)
                value, slope = element(kind, load(work, y + at), target)
                if classes == 2:
                    low, high = broadcast(weights, first_weight), broadcast(weights, first_weight + 1)
                    weight = choose(target, splat(0.5), high, low)
                    value, slope = value * weight, slope * weight
                losses = fma(value, on, losses)
                store(work, dy + at, slope * share * on)
    return float(total(losses)) / count


@kernel
def cross_entropy(work, smoothing, y, t, dy, mask, features, panels, count, weights, first_weight, classes):
    """Mean over samples of - sum q log softmax(y); q is 1 at the true class, smoothed to (1 - s) q + s / classes.

    Where `classes` is not 0, q is multiplied by their weights. `count` is the number of samples of the batch, or the
    sum of the weights of their classes.
    """
    share = splat(np.float32(1 / count))
    low = splat(np.float32(smoothing / features))
    high = splat(np.float32(1 - smoothing + smoothing / features))
    losses = splat(0.0)
    for p in range(panels):
        for half in range(0, PANEL, WIDTH):
            first = p * features * PANEL + half
            on, truth = load(work, mask + p * PANEL + half), load(work, t + p * PANEL + half)
            largest = load(work, y + first)
            for f in range(1, features):
                largest = maximum(largest, load(work, y + first + f * PANEL))
            exp_sum = truth_sum = splat(0.0)
            # The q of all classes sum to one unless they are weighted.
            mass = splat(0.0) if classes else splat(1.0)
            for f in range(features):
                at = first + f * PANEL
                shifted = load(work, y + at) - largest
                power = exp(shifted)
                store(work, dy + at, power)
                exp_sum = exp_sum + power
                q = choose(splat(0.5), absolute(truth - splat(np.float32(f))), high, low)
                if classes:
                    q = q * broadcast(weights, first_weight + f)
                    mass = mass + q
                truth_sum = fma(q, shifted, truth_sum)
            inverse = mass / exp_sum
            for f in range(features):
                at = first + f * PANEL
                q = choose(splat(0.5), absolute(truth - splat(np.float32(f))), high, low)
                if classes:
                    q = q * broadcast(weights, first_weight + f)
                store(work, dy + at, (load(work, dy + at) * inverse - q) * share * on)
            losses = fma(mass * log(exp_sum) - truth_sum, on, losses)
    return float(total(losses)) / count
