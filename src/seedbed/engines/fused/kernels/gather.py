"""Gathering a batch: samples by number, scaled, transposed into panels."""

from __future__ import annotations

import numpy as np

from seedbed.engines.fused.plan import PANEL
from seedbed.engines.fused.simd import kernel


@kernel
def gather(work, plan, samples, run, indices, begin, batch, panels):
    """Bring inputs, targets and padding mask of a batch to their places; the padding repeats the last sample.

    So nothing in the padding overflows that would not overflow in a sample.
    """
    unit = panels * PANEL
    features, target_features = plan.input_features, plan.target_features
    x, t = plan.activations + plan.inputs * unit, plan.activations + plan.targets * unit
    mask = plan.activations + plan.mask * unit
    center = samples.center[min(run, len(samples.center) - 1)]
    scale = samples.scale[min(run, len(samples.scale) - 1)]
    first = samples.dataset[run] * plan.samples
    has_images = len(samples.images) > 0
    for b in range(unit):
        sample = first + indices[begin + min(b, batch - 1)]
        to = x + b // PANEL * features * PANEL + b % PANEL
        for f in range(features):
            at = sample * features + f
            raw = np.float32(samples.images[at]) if has_images else samples.numbers[at]
            work[to + f * PANEL] = (raw - center[f]) * scale[f]
        to = t + b // PANEL * target_features * PANEL + b % PANEL
        for f in range(target_features):
            work[to + f * PANEL] = samples.targets[sample * target_features + f]
        work[mask + b] = np.float32(1) if b < batch else np.float32(0)
