"""Counter-based random numbers: every draw follows from what it is for, never from what was drawn before.

Host draws (samples, splits, batch order, initial parameters) come from NumPy's Philox. What is drawn inside a
training step (dropout masks, crops and flips) comes from Philox 4x32-10, written here in plain integer arithmetic so
that NumPy, torch and compiled kernels give the same bits.

Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

from __future__ import annotations

import numpy as np
from array_api_compat import device

from seedbed.arrays import Array, Namespace

# New ones go to the end: a purpose is known by its number.
PURPOSES = ("samples", "split", "batches", "parameters", "dropout", "augment", "statistics", "subset")

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
MASK = 0xFFFFFFFF


def generator(study_seed: int, seed: int, purpose: str, counter: int = 0) -> np.random.Generator:
    """A NumPy generator for one purpose of one seed; `counter` (an epoch, say) gives independent streams."""
    key = np.random.SeedSequence([study_seed, seed, PURPOSES.index(purpose)]).generate_state(2, np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, counter, 0]))


def keys(study_seed: int, seeds: list[int], purpose: str) -> np.ndarray:
    """Philox 4x32 keys, one per run: (runs, 2) int64 holding 32-bit words."""
    number = PURPOSES.index(purpose)
    words = [
        np.random.SeedSequence([study_seed, seed, number]).generate_state(2, np.uint32) for seed in seeds
    ]
    return np.array(words, dtype=np.int64).reshape(len(seeds), 2)


def _multiply(a: int, b: Array) -> tuple[Array, Array]:
    """High and low 32 bits of a * b; the product wraps in int64, which leaves its 64 bits as they should be."""
    product = b * a
    return (product >> 32) & MASK, product & MASK


def philox(counter: tuple[Array, Array, Array, Array], key: tuple[Array, Array]) -> tuple[Array, ...]:
    """Philox 4x32-10.

    Parameters
    ----------
    counter, key
        Four and two int64 arrays (NumPy or torch) of 32-bit words that broadcast together.

    Returns
    -------
    Four int64 arrays of random 32-bit words.
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        high0, low0 = _multiply(MULTIPLIERS[0], c0)
        high1, low1 = _multiply(MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + WEYL[0]) & MASK, (k1 + WEYL[1]) & MASK
    return c0, c1, c2, c3


def uniform_words(
    xp: Namespace, key: Array, batch: int, features: int, step: int | Array, layer: int
) -> Array:
    """Random 32-bit words for every element of a (runs, batch, features) activation.

    The counter is (sample, feature // 4, step, layer); its four words are four neighbouring features. So any part
    of the array can be drawn alone, in any order.

    Parameters
    ----------
    xp
        The array namespace.
    key
        (runs, 2) int64.
    step, layer
        Which training step asks, and which layer, by its index in the network.

    Returns
    -------
    (runs, batch, features) int64, each in [0, 2**32).
    """
    blocks = -(-features // 4)
    sample = xp.reshape(xp.arange(batch, dtype=xp.int64, device=device(key)), (1, batch, 1))
    block = xp.reshape(xp.arange(blocks, dtype=xp.int64, device=device(key)), (1, 1, blocks))
    zero = sample * 0 + block * 0
    words = philox(
        (sample + zero, block + zero, zero + step, zero + layer),
        (key[:, 0, None, None], key[:, 1, None, None]),
    )
    return xp.reshape(xp.stack(words, axis=-1), (key.shape[0], batch, blocks * 4))[..., :features]
