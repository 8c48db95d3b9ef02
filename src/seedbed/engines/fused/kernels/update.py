"""Update rules over a run's flat parameters: see `seedbed.optim` for what each one is and where it comes from."""

from __future__ import annotations

import math

import numpy as np

from seedbed.engines.fused import opcodes as oc
from seedbed.optim import adagrad, adam, rmsprop
from seedbed.optim.clipping import EPS as CLIP_EPS
from seedbed.simd import (
    WIDTH,
    choose,
    fma,
    inlined,
    kernel,
    load,
    splat,
    square_root,
    store,
    total,
)


@kernel
def clip_factor(work, grads, size, clip_norm):
    """What the gradients must be multiplied by for a norm of at most `clip_norm`."""
    if clip_norm == np.inf:
        return np.float32(1)
    squares = splat(0.0)
    for at in range(grads, grads + size, WIDTH):
        g = load(work, at)
        squares = fma(g, g, squares)
    norm = np.float32(math.sqrt(total(squares))) + np.float32(CLIP_EPS)
    return clip_norm / norm if norm > clip_norm else np.float32(1)


@inlined
def _penalised(w, g, on, clip, decay, l1):
    """Gradients, clipped, plus those of the penalties."""
    zero, one = splat(0.0), splat(1.0)
    sign = choose(w, zero, one, choose(zero, w, zero - one, zero))
    return fma(l1, on * sign, fma(decay, on * w, g * clip))


@kernel
def sgd(work, params, grads, mask, velocity, size, hyper, clip, nesterov):
    """Gradient descent with heavy-ball or Nesterov momentum."""
    lr, momentum = splat(np.float32(0) - hyper[oc.LR]), splat(hyper[oc.MOMENTUM])
    clip, decay, l1 = splat(clip), splat(hyper[oc.WEIGHT_DECAY]), splat(hyper[oc.L1])
    for at in range(0, size, WIDTH):
        w = load(work, params + at)
        g = _penalised(w, load(work, grads + at), load(work, mask + at), clip, decay, l1)
        v = fma(momentum, load(work, velocity + at), g)
        store(work, velocity + at, v)
        if nesterov:
            v = fma(momentum, v, g)
        store(work, params + at, fma(lr, v, w))


@kernel
def adaptive_moments(work, params, grads, mask, mean, square, size, hyper, clip, decoupled):
    """Adam, or AdamW where the decay is decoupled from the gradient."""
    zero = splat(0.0)
    clip, decay, l1 = splat(clip), splat(hyper[oc.WEIGHT_DECAY]), splat(hyper[oc.L1])
    shrink = splat(np.float32(0) - hyper[oc.LR]) * decay if decoupled else zero
    decay = zero if decoupled else decay
    beta1, beta2 = splat(hyper[oc.BETA1]), splat(hyper[oc.BETA2])
    gain1, gain2 = splat(hyper[oc.GAIN1]), splat(hyper[oc.GAIN2])
    step_size, correction = splat(hyper[oc.STEP_SIZE]), splat(hyper[oc.ROOT_CORRECTION])
    for at in range(0, size, WIDTH):
        w, on = load(work, params + at), load(work, mask + at)
        g = _penalised(w, load(work, grads + at), on, clip, decay, l1)
        w = fma(shrink, on * w, w)
        m = fma(beta1, load(work, mean + at), gain1 * g)
        s = fma(beta2, load(work, square + at), gain2 * (g * g))
        store(work, mean + at, m)
        store(work, square + at, s)
        root = square_root(s) / correction + splat(adam.EPS)
        store(work, params + at, w - step_size * m / root)


@kernel
def root_mean_square(work, params, grads, mask, square, velocity, size, hyper, clip):
    """RMSprop."""
    lr, momentum = splat(np.float32(0) - hyper[oc.LR]), splat(hyper[oc.MOMENTUM])
    clip, decay, l1 = splat(clip), splat(hyper[oc.WEIGHT_DECAY]), splat(hyper[oc.L1])
    keep, take = splat(rmsprop.ALPHA), splat(1 - rmsprop.ALPHA)
    for at in range(0, size, WIDTH):
        w = load(work, params + at)
        g = _penalised(w, load(work, grads + at), load(work, mask + at), clip, decay, l1)
        s = fma(keep, load(work, square + at), take * (g * g))
        v = fma(momentum, load(work, velocity + at), g / (square_root(s) + splat(rmsprop.EPS)))
        store(work, square + at, s)
        store(work, velocity + at, v)
        store(work, params + at, fma(lr, v, w))


@kernel
def adaptive_sum(work, params, grads, mask, square, size, hyper, clip):
    """Adagrad."""
    lr = splat(hyper[oc.LR])
    clip, decay, l1 = splat(clip), splat(hyper[oc.WEIGHT_DECAY]), splat(hyper[oc.L1])
    for at in range(0, size, WIDTH):
        w = load(work, params + at)
        g = _penalised(w, load(work, grads + at), load(work, mask + at), clip, decay, l1)
        s = fma(g, g, load(work, square + at))
        store(work, square + at, s)
        store(work, params + at, w - lr * g / (square_root(s) + splat(adagrad.EPS)))


@kernel
def update(work, rule, params, grads, mask, slots, size, hyper):
    """One step of a rule; its slots lie one after another, `size` apart."""
    clip = clip_factor(work, grads, size, hyper[oc.CLIP_NORM])
    if rule == oc.SGD or rule == oc.NESTEROV:
        sgd(work, params, grads, mask, slots, size, hyper, clip, rule == oc.NESTEROV)
    elif rule == oc.ADAM or rule == oc.ADAMW:
        adaptive_moments(work, params, grads, mask, slots, slots + size, size, hyper, clip, rule == oc.ADAMW)
    elif rule == oc.RMSPROP:
        root_mean_square(work, params, grads, mask, slots, slots + size, size, hyper, clip)
    else:
        adaptive_sum(work, params, grads, mask, slots, size, hyper, clip)
