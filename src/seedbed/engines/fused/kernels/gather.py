"""Gathering samples by number: scaled, and transposed into panels."""

from __future__ import annotations

import numpy as np

from seedbed.engines.fused.workspace import PANEL
from seedbed.simd import (
    WIDTH,
    broadcast,
    choose,
    inlined,
    kernel,
    load,
    prefetch,
    splat,
    store,
    transpose,
)

LINE = 16  # floats of a cache line


@kernel
def gather(work, workspace, samples, numbers, run, indices, begin, batch, source, panels):
    """Bring mask, targets and inputs of samples to `source`; the padding of the last panel repeats the last sample.

    So nothing in the padding overflows that would not overflow in a sample. `numbers` is scratch, (block,) int64.
    """
    features, target_features = workspace.input_features, workspace.target_features
    first = samples.dataset[run] * workspace.samples
    for b in range(batch):
        numbers[b] = first + indices[begin + b]
        work[source + b] = np.float32(1)
        prefetch(samples.numbers, numbers[b] * features)
        prefetch(samples.numbers, numbers[b] * features + min(features, LINE) - 1)
    for b in range(batch, panels * PANEL):
        numbers[b] = numbers[batch - 1]
        work[source + b] = np.float32(0)
    to = source + panels * PANEL
    _transposed(work, samples.targets, numbers, target_features, to, panels)
    to += panels * PANEL * target_features
    if workspace.images:
        _transposed(work, samples.images, numbers, features, to, panels)
    else:
        _transposed(work, samples.numbers, numbers, features, to, panels)
    if workspace.fills:
        row = min(run, workspace.fills - 1) * features
        for p in range(panels):
            _fill(work, to + p * PANEL * features, samples.fill, row, features)
    if workspace.scalings:
        center = min(run, workspace.scalings - 1) * features
        for p in range(panels):
            _scale(work, to + p * PANEL * features, samples.center, samples.scale, center, features)


@kernel
def _transposed(work, source, numbers, features, to, panels):
    """Rows of `source` by their numbers, PANEL of them a panel."""
    for b in range(0, panels * PANEL, WIDTH):
        at = to + b // PANEL * PANEL * features + b % PANEL
        if features < WIDTH:
            for lane in range(WIDTH):
                row = numbers[b + lane] * features
                for f in range(features):
                    work[at + f * PANEL + lane] = source[row + f]
        else:
            for f in range(0, features, WIDTH):
                g = min(f, features - WIDTH)  # the last square overlaps its neighbour
                transpose(source, numbers, b, features, g, work, at + g * PANEL, PANEL)


@inlined
def _fill(work, to, fill, first, features):
    """What stands for nan, feature by feature."""
    for f in range(features):
        instead = broadcast(fill, first + f)
        for at in range(to + f * PANEL, to + (f + 1) * PANEL, WIDTH):
            x = load(work, at)
            store(work, at, choose(x, splat(np.float32(-np.inf)), x, instead))  # nan is above nothing


@inlined
def _scale(work, to, center, scale, first, features):
    """x = (x - center) scale, feature by feature."""
    for f in range(features):
        low, gain = broadcast(center, first + f), broadcast(scale, first + f)
        for at in range(to + f * PANEL, to + (f + 1) * PANEL, WIDTH):
            store(work, at, (load(work, at) - low) * gain)
