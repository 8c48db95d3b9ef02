"""The torch engine: the same from-scratch layers on torch tensors, on a CPU or a CUDA device."""

from __future__ import annotations

from typing import ClassVar

import array_api_compat.torch as xtorch
import numpy as np
import torch

from seedbed.engines.array import ArrayEngine
from seedbed.nn.base import Array


class TorchEngine(ArrayEngine):
    """See `ArrayEngine`; data, parameters and draws live on the device, CUDA where there is one."""

    name: ClassVar[str] = "torch"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    xp = xtorch

    def _put(self, array: np.ndarray) -> Array:
        if not array.flags.writeable:
            array = array.copy()
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _get(self, array: Array) -> np.ndarray:
        return array.cpu().numpy().copy()
