"""The torch engine: the same from-scratch layers on torch tensors, on a CPU or a CUDA device."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from threading import Event
from typing import Any, cast

import array_api_compat.torch as xtorch
import numpy as np
import torch

from seedbed.arrays import Array, Arrays, Namespace
from seedbed.engines import first_calls
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.base import GroupData, Program
from seedbed.engines.recording import Function, Record, Recording, Tensors, cuda_graph
from seedbed.engines.side_by_side import SideBySide, Stopped
from seedbed.engines.tracing import Traced

# As `engines.array.PREDICT_BYTES`, of a device: what keeps thousands of cores at work.
PREDICT_BYTES_ON_DEVICE = 2**30
# Parameters of all runs of a group of modules, up to which one thread is faster than two.
SMALL = 2**20


def cuda_is_missing() -> str | None:
    """Why there is no CUDA device, or None where there is one."""
    if torch.cuda.is_available():
        return None
    built = "sees no CUDA device" if torch.backends.cuda.is_built() else "was built without CUDA"
    return f"this PyTorch ({torch.__version__}) {built}"


def free_cuda_memory() -> int:
    """Bytes to be had on the CUDA device."""
    return torch.cuda.mem_get_info()[0]


class TorchEngine(SideBySide):
    """Data, parameters and draws live on the device; see `engines.choice.choose` for what it may be.

    On a CPU runs are spread over as many threads as torch would take for one operation: two operations of one
    thread each get more done than one of two, which wait for each other and for memory. Of a convolutional
    network every run is trained by itself, since convolutions are done run by run anyway and putting their results
    together would be a copy; of small dense ones each thread takes its share at once. Small modules stay in one
    thread: a step takes some milliseconds of Python however few they are, and two threads would do that in turn.
    """

    def __init__(
        self,
        program: Program,
        data: GroupData,
        params: np.ndarray,
        *per_run: np.ndarray,
        device: str = "cpu",
        precision: str = "float32",
        cuda_graphs: bool = False,
    ) -> None:
        first_calls.make()
        stop, cores = Event(), torch.get_num_threads() if device == "cpu" else 1
        is_small = device == "cpu" and _is_small(program, params)
        threads = 1 if is_small else min(cores, len(params))
        parts = len(params) if program.model.runs_alone(device) else threads
        record = cuda_graph if cuda_graphs else None
        make = partial(TensorEngine, device, precision == "bf16", record, stop, program)
        start_thread = partial(_use_threads, 1 if is_small else cores // threads)
        settings = ExitStack()
        settings.enter_context(_settings(cores, precision == "tf32"))
        self._put_back = weakref.finalize(self, settings.close)  # also where nobody closes it
        try:
            super().__init__(
                make, stop, parts, threads, start_thread, data, params, *per_run, never_here=is_small
            )
        except BaseException:  # before another engine takes these settings for the usual ones
            self._put_back()
            raise

    def close(self) -> None:
        """See `engines.base.Engine.close`."""
        try:
            super().close()
        finally:
            self._put_back()


def _use_threads(count: int) -> None:
    """Have operations of this thread take so many threads, whatever others of the process say later."""
    torch.set_num_threads(count)
    torch.get_num_threads()  # which makes it certain: else it is looked up when a first large operation comes


def _is_small(program: Program, params: np.ndarray) -> bool:
    """Whether a step of modules takes Python longer than PyTorch, about."""
    model = program.model
    return model.needs_torch and not model.runs_alone("cpu") and params.size < SMALL


@contextmanager
def _settings(cores: int, tf32: bool) -> Iterator[None]:
    """What PyTorch knows of only for the whole process: whether products may be of TF32, and threads of an operation.

    It convolves in TF32 unless told otherwise; and what one of our threads says of itself goes for all new ones.
    """
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    before = products.allow_tf32, convolutions.allow_tf32
    try:
        products.allow_tf32 = convolutions.allow_tf32 = tf32
        yield
    finally:
        products.allow_tf32, convolutions.allow_tf32 = before
        torch.set_num_threads(cores)


class TensorEngine(ArrayEngine):
    """Some of the runs, on one device.

    Parameters
    ----------
    halved
        Whether products are formed in bf16.
    record
        How steps are recorded, see `engines.recording.Recording`; None where they are not.
    stop
        See `SideBySide`.
    """

    xp = cast(Namespace, xtorch)

    def __init__(self, device: str, halved: bool, record: Record | None, stop: Event, *arrays: Any) -> None:
        self._device, self._record, self._stop = device, record, stop
        self._products = partial(torch.autocast, device, torch.bfloat16) if halved else nullcontext
        self._recordings: dict[Hashable, Recording] = {}
        self._traced: dict[Hashable, Traced] = {}
        if self._device != "cpu":
            self.predict_bytes = PREDICT_BYTES_ON_DEVICE
        self.looks = device == "cpu" and record is None
        super().__init__(*arrays)
        model = self.program.model
        is_program = model.needs_torch and not model.runs_alone(device)
        self._traces = record is None and is_program and not model.remembers

    def _put(self, array: np.ndarray) -> Array:
        if not array.flags.writeable:
            array = array.copy()
        return torch.from_numpy(np.ascontiguousarray(array)).to(self._device)

    def _get(self, array: Array) -> np.ndarray:
        return cast(torch.Tensor, array).cpu().numpy().copy()

    def _between_steps(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _numbers(self, first: int, count: int) -> Iterable[Any]:
        numbers = super()._numbers(first, count)
        if not self._record and not self._traces:
            return numbers
        return cast(torch.Tensor, self._put(np.array(numbers)))

    def _step(self, names: tuple[str, ...], given: Arrays) -> dict[str, Array]:
        if self._record is None:
            return self._eager_step(names, given)
        tensors = cast(Tensors, given)
        key = names, tensors["inputs"].shape  # what a recording cannot follow: the last batch may be smaller
        if key not in self._recordings:
            step = cast(Function, partial(self._eager_step, names))
            self._recordings[key] = Recording(step, tensors, self._record)
        return {**self._recordings[key](tensors)}

    def _eager_step(self, names: tuple[str, ...], given: Arrays) -> dict[str, Array]:
        with self._products():
            return super()._step(names, given)

    def _updated(self, names: tuple[str, ...], given: Arrays) -> dict[str, Array]:
        update = partial(super()._updated, names)
        if not self._traces:
            return update(given)
        tensors = cast(Tensors, given)
        traced = self._traced.setdefault((names, tensors["inputs"].shape), Traced(cast(Function, update)))
        return {**traced(tensors)}

    def predict(self, indices: np.ndarray, runs: np.ndarray | None = None) -> np.ndarray:
        """See `engines.base.Engine.predict`."""
        with self._products():
            return super().predict(indices, runs)

    def keep(self, runs: np.ndarray) -> None:
        """See `engines.base.Engine.keep`."""
        super().keep(runs)
        self._recordings.clear()
        self._traced.clear()
