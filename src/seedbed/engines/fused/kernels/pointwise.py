"""Dropout and powers: layers that take every feature by itself."""

from __future__ import annotations

import math

import numpy as np

from seedbed.draws import MULTIPLIERS, WEYL
from seedbed.engines.fused.workspace import PANEL
from seedbed.simd import (
    WIDTH,
    choose_below,
    inlined,
    kernel,
    lanes,
    load,
    multiply_high,
    splat,
    splat_word,
    store,
)

LOW_MULTIPLIER, HIGH_MULTIPLIER = (np.uint32(word) for word in MULTIPLIERS)
LOW_WEYL, HIGH_WEYL = (np.uint32(word) for word in WEYL)


@kernel
def powers(work, x, y, features, count, panels):
    """y = [x, x^2, .. x^count], all features to one power after another."""
    for p in range(panels):
        for f in range(features):
            at, to = x + (p * features + f) * PANEL, y + (p * features * count + f) * PANEL
            for half in range(0, PANEL, WIDTH):
                u = load(work, at + half)
                power = u
                for k in range(count):
                    store(work, to + half + k * features * PANEL, power)
                    power = power * u


@inlined
def _round(c0, c1, c2, c3, k0, k1):
    """One round of Philox 4x32, see `seedbed.draws.philox`."""
    m0, m1 = splat_word(LOW_MULTIPLIER), splat_word(HIGH_MULTIPLIER)
    return multiply_high(m1, c2) ^ c1 ^ k0, m1 * c2, multiply_high(m0, c0) ^ c3 ^ k1, m0 * c0


@kernel
def dropout_mask(work, mask, rate, key, step, place, first, features, panels):
    """Factors of dropout, 0 or 1 / (1 - rate), from a word of Philox each; `first` is the first sample's number."""
    least = splat_word(np.uint32(math.floor(float(rate) * 2.0**32)))
    out, stays = splat(0.0), splat(np.float32(1 / (1 - float(rate))))
    for p in range(panels):
        for half in range(0, PANEL, WIDTH):
            sample = splat_word(np.uint32(first + p * PANEL + half)) + lanes()
            for f in range(0, features, 4):
                c0, c1, c2, c3 = sample, splat_word(np.uint32(f // 4)), splat_word(step), splat_word(place)
                k0, k1 = splat_word(key[0]), splat_word(key[1])
                for _ in range(10):
                    c0, c1, c2, c3 = _round(c0, c1, c2, c3, k0, k1)
                    k0, k1 = k0 + splat_word(LOW_WEYL), k1 + splat_word(HIGH_WEYL)
                at = mask + (p * features + f) * PANEL + half
                left = features - f
                store(work, at, choose_below(c0, least, out, stays))
                if left > 1:
                    store(work, at + PANEL, choose_below(c1, least, out, stays))
                if left > 2:
                    store(work, at + 2 * PANEL, choose_below(c2, least, out, stays))
                if left > 3:
                    store(work, at + 3 * PANEL, choose_below(c3, least, out, stays))


@kernel
def multiply(work, x, factor, y, size):
    """y = x factor: dropout forward, and backward."""
    for at in range(0, size, WIDTH):
        store(work, y + at, load(work, x + at) * load(work, factor + at))


@kernel
def copy(work, x, y, size):
    """y = x."""
    for at in range(0, size, WIDTH):
        store(work, y + at, load(work, x + at))
