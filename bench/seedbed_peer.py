"""Seedbed's own engines as contenders."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from torch import set_num_threads

from bench.task import LR, MOMENTUM, Contender, Task
from seedbed.draws import keys
from seedbed.engines.array_engine import ArrayEngine
from seedbed.engines.base import Batches, GroupData, Program
from seedbed.engines.fused.compiled import kernels
from seedbed.engines.fused.driver import FusedEngine
from seedbed.engines.torch_engine import TorchEngine
from seedbed.nn.losses import LOSSES
from seedbed.optim.sgd import SGD
from seedbed.text import counted


def fused(task: Task) -> Contender:
    """The fused engine, all runs in one call."""
    started = time.perf_counter()
    kernels()
    compiled = time.perf_counter() - started
    return _contender(f"Seedbed fused, {counted(task.runs, 'run')}", task, FusedEngine, compiled)


def numpy(task: Task) -> Contender:
    """The numpy engine."""
    return _contender("Seedbed numpy", task, ArrayEngine, 0.0)


def torch(task: Task, threads: int, **settings: Any) -> Contender:
    """The torch engine; `settings` are its device, precision and cuda_graphs."""

    def make(*arrays: Any) -> TorchEngine:
        set_num_threads(threads)
        return TorchEngine(*arrays, **settings)

    place = counted(threads, "thread") if settings.get("device", "cpu") == "cpu" else "one group"
    graphs = " with CUDA graphs" if settings.get("cuda_graphs") else ""
    return _contender(f"Seedbed torch{graphs}, {counted(task.runs, 'run')}, {place}", task, make, 0.0)


def _contender(name: str, task: Task, make: Callable[..., Any], compiled: float) -> Contender:
    model, loss = task.network, LOSSES[task.loss]
    program = Program(model, loss, SGD(), model.parameters.decay_mask())
    data = GroupData(task.inputs[None], task.targets[None], np.zeros(task.runs, np.int64))
    no_keys = keys(0, list(range(task.runs)), "dropout")
    engine = make(program, data, task.params, task.state, no_keys, no_keys)
    indices = np.ascontiguousarray(task.indices.reshape(task.runs, -1), np.int32)
    batches = Batches(indices, np.arange(task.steps + 1) * task.batch)
    numbers = {"lr": LR, "momentum": MOMENTUM, "clip_norm": np.inf, "weight_decay": 0.0, "l1": 0.0}
    hyper = {name: np.full((task.steps, task.runs), number) for name, number in numbers.items()}
    start = {"params": task.params, "state": task.state, "velocity": np.zeros_like(task.params)}

    def train() -> np.ndarray:
        engine.write(start)
        return engine.train(batches, hyper, 0)

    return Contender(name, train, task.runs * task.steps, compiled)
