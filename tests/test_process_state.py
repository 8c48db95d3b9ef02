"""Running a study leaves the process as it was: settings of libraries, threads, handlers, random numbers."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import platform
import random
import signal
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import torch
from study_files import small

from seedbed.api import Study
from seedbed.engines import allocation
from seedbed.engines.torch_engine import TensorEngine
from seedbed.execution.progress import Silent
from seedbed.study.events import Epoch
from seedbed.study.trainable import TrainableError


def in_new_thread(question: Callable[[], Any]) -> Any:
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(question()))
    thread.start()
    thread.join()
    return answers[0]


class Mallinfo(ctypes.Structure):
    """What mallinfo2 gives, of which the fourth number counts mapped blocks."""

    _fields_ = tuple((f"number{place}", ctypes.c_size_t) for place in range(10))


def maps_large_blocks() -> bool | None:
    """Whether the GNU C library still maps a large block on its own; None on other systems."""
    if platform.libc_ver()[0] != "glibc":
        return None
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    before = mallinfo().number3
    block = np.ones(2**23)  # 64 MB
    return bool(mallinfo().number3 > before and block.size)


def state() -> dict[str, Any]:
    """What a library could have changed for everybody, by name."""
    return {
        "errors": np.geterr(),
        "environment": dict(os.environ),
        "handlers": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "threads": set(threading.enumerate()),
        "directory": Path.cwd(),
        "warnings": list(warnings.filters),
        "numpy's draws": pickle.dumps(np.random.get_state()),  # noqa: NPY002
        "Python's draws": random.getstate(),
        "torch's draws": torch.get_rng_state().tolist(),
        "TF32": (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32),
        "torch's threads": torch.get_num_threads(),
        "torch's threads in a new thread": in_new_thread(torch.get_num_threads),
        "numba's cache": numba.config.CACHE_DIR,  # type: ignore[attr-defined]
        "large blocks are mapped": maps_large_blocks(),
        "engines that keep freed memory": allocation._users,
    }


class Failing(Silent):
    """An observer with a fault."""

    def epoch(self, epoch: Epoch) -> None:
        raise ZeroDivisionError


class Interrupting(Silent):
    """Somebody who presses Ctrl-C."""

    def epoch(self, epoch: Epoch) -> None:
        signal.raise_signal(signal.SIGINT)


STUDY = Study.parse(small({"study.seeds": 4}), "a.toml")


@pytest.fixture(autouse=True)
def nothing_left_over() -> None:
    """Engines of other tests, which nobody closed, put back what they set when they are collected."""
    gc.collect()
    torch.set_num_threads(torch.get_num_threads())


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What libraries set when they are imported is another matter."""
    for engine in ("numpy", "torch", "fused"):
        STUDY.run(engine=engine, device="cpu", runs_dir=tmp_path_factory.mktemp(engine))


@pytest.mark.parametrize("observer", [Silent, Failing, Interrupting])
@pytest.mark.parametrize("engine", ["numpy", "torch", "fused"])
def test_a_study_leaves_the_process_as_it_was(
    engine: str, observer: type[Silent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)  # as PyTorch has it
    before = state()
    try:
        STUDY.run(engine=engine, device="cpu", runs_dir=tmp_path, observer=observer())
    except ZeroDivisionError:
        assert observer is Failing
    after = state()
    assert [name for name in before if after[name] != before[name]] == []


def test_parts_that_cannot_be_made_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init, made = TensorEngine.__init__, []

    def limited(part: TensorEngine, *taken: Any) -> None:
        if made:
            raise MemoryError
        made.append(1)
        init(part, *taken)

    monkeypatch.setattr("torch.get_num_threads", lambda: 2)
    before = state()
    monkeypatch.setattr(TensorEngine, "__init__", limited)
    with pytest.raises(TrainableError, match="too little memory"):
        STUDY.run(engine="torch", device="cpu", runs_dir=tmp_path)
    gc.collect()
    for thread in set(threading.enumerate()) - before["threads"]:
        thread.join(20)
    assert [name for name, value in state().items() if value != before[name]] == []
