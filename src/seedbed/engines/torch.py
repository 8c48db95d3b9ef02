"""The torch engine: the same from-scratch layers on torch tensors, on a CPU or a CUDA device."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import Any, ClassVar

import array_api_compat.torch as xtorch
import numpy as np
import torch

from seedbed.engines.array import ArrayEngine
from seedbed.engines.base import GroupData, Program
from seedbed.engines.side_by_side import SideBySide, Stopped
from seedbed.nn.base import Array

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class TorchEngine(SideBySide):
    """Data, parameters and draws live on the device, CUDA where there is one.

    On a CPU runs are spread over as many threads as torch would take for one operation: two operations of one
    thread each get more done than one of two, which wait for each other and for memory.
    """

    name: ClassVar[str] = "torch"
    device = DEVICE

    def __init__(self, program: Program, data: GroupData, params: np.ndarray, *per_run: np.ndarray) -> None:
        stop, threads = Event(), torch.get_num_threads()
        parts = min(threads, len(params)) if DEVICE == "cpu" else 1
        start_thread = partial(torch.set_num_threads, threads // parts)
        super().__init__(partial(_Part, program, stop), stop, parts, start_thread, data, params, *per_run)


class _Part(ArrayEngine):
    """Some of the runs."""

    xp = xtorch

    def __init__(self, program: Program, stop: Event, *arrays: Any) -> None:
        self._stop = stop
        super().__init__(program, *arrays)

    def _put(self, array: np.ndarray) -> Array:
        if not array.flags.writeable:
            array = array.copy()
        return torch.from_numpy(np.ascontiguousarray(array)).to(DEVICE)

    def _get(self, array: Array) -> np.ndarray:
        return array.cpu().numpy().copy()

    def _between_steps(self) -> None:
        if self._stop.is_set():
            raise Stopped
