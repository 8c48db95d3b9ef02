"""The compiled kernels of this engine."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from seedbed.engines.fused.workspace import SampleArrays, Workspace
from seedbed.simd.compiled import compiled

MODULE = "seedbed.engines.fused.kernels.step"
TAKES = "about half a minute"


@cache
def kernels() -> ModuleType:
    """The module with the compiled `train` and `predict`."""
    return compiled(MODULE, "fused", TAKES, _arguments())


def _arguments() -> dict[str, list[tuple[Any, ...]]]:
    """Arguments of the types that the driver passes."""
    floats, words = np.zeros(1, np.float32), np.zeros((1, 2), np.uint32)
    rows, offsets = np.zeros((1, 1), np.int64), np.zeros(1, np.int64)
    indices, matrix = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.float32)
    cube = np.zeros((1, 1, 1), np.float32)
    samples = SampleArrays(floats, np.zeros(1, np.uint8), floats, offsets, *[floats] * 4)
    group = (floats, Workspace(*range(len(Workspace._fields))), rows, floats, samples, indices, offsets)
    return {
        "train": [(*group, offsets, cube, words, 0, matrix)],
        "predict": [(*group, cube)],
    }
