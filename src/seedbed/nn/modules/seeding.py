"""What draws from global generators made to follow from a seed, with these left as they were."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import numpy as np
import torch

_generators = RLock()  # of the whole process: who seeds them keeps other threads out


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Have PyTorch, NumPy and `random` draw from a seed of up to 63 bits; then put all back."""
    with _generators:
        before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002 - what others use
        on_device = torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        torch.random.default_generator.manual_seed(seed)
        if on_device is not None:
            torch.cuda.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])  # noqa: NPY002
            torch.set_rng_state(before[2])
            if on_device is not None:
                torch.cuda.set_rng_state(on_device)


def states() -> tuple[object, ...]:
    """How far PyTorch's, NumPy's and Python's generators are: equal where nothing was drawn between."""
    _, words, *rest = np.random.get_state()  # noqa: NPY002
    return torch.get_rng_state().numpy().tobytes(), np.asarray(words).tobytes(), *rest, random.getstate()
