"""How much memory training a group takes, whether it is there, and groups cut into shards that fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from seedbed.engines.array_engine import PREDICT_BYTES
from seedbed.engines.base import Program
from seedbed.engines.choice import usual
from seedbed.engines.fused.opcodes import BLOCK, RESIDENT, SLICES
from seedbed.machine import usable_cores
from seedbed.nn.chain import Chain
from seedbed.nn.layers.batch_norm import BatchNorm
from seedbed.nn.layers.dropout import Dropout
from seedbed.nn.losses import LOSSES
from seedbed.text import byte_size
from seedbed.training import rules
from seedbed.training.drawn import SLICE_BYTES
from seedbed.training.evaluation import (
    EVALUATED_AT_ONCE,
    PREDICTED_AT_ONCE,
    curve_samples,
)
from seedbed.training.gradients import GRADIENT_BYTES, numbers, samples_of
from seedbed.training.group import Group
from seedbed.training.loop import ORDER_ENTRIES, STEP_ENTRIES
from seedbed.training.storage import left_by
from seedbed.training.units import MOST

FLOAT = 4
PROCESS = 400_000_000  # of Python and all libraries, also those that draw the report
# What is held of the parameters of all runs beside the optimizer's slots: the initial, the final, the engine's own ones
# and a copy that is read; with arrays also the gradients of all layers, their sum with penalties, and the update.
PARAMETER_COPIES = {"fused": 5, "numpy": 7, "torch": 15}
# With arrays the new slots of a step stand beside the old ones. What one of PyTorch's threads has freed is not there
# for another.
SLOT_COPIES = {"fused": 1, "numpy": 2, "torch": 3}
# Of every activation, the value and what its backward pass keeps; and of the widest one what is made on the way.
ACTIVATION_COPIES = {"fused": 1.1, "numpy": 1.75, "torch": 1.5}
WIDEST_COPIES = {"fused": 1, "numpy": 2, "torch": 1.5}
PREDICTED_COPIES = 5  # of the widest activation of a slice of a prediction, where none is kept
GRADIENT_COPIES = 4  # of parameters and activations of a slice of which gradients are taken
EVALUATED_BYTES = 64  # of an output of which metrics are computed
DRAWN_BYTES = 32  # of every number that one dropout layer draws: words of 64 bits and their products
STEP_BYTES = 80  # of the numbers of one step of one run
SAMPLE_BYTES = 8  # of a metric that is stored sample by sample, held twice
POINT_BYTES = PREDICTION_BYTES = 100  # of one number of a curve or a stored prediction, held twice
# Small arrays, tables being written, and what allocators leave unused.
BESIDE = {
    "fused": 25_000_000,
    "numpy": 30_000_000,
    "torch": 60_000_000,
}


@dataclass(frozen=True)
class Need:
    """Bytes that a group takes at its peak, by what they are for."""

    data: int
    parameters: int
    activations: int
    results: int
    beside: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.data + self.parameters + self.activations + self.results

    @property
    def peak(self) -> int:
        """By how much the process grows: however few runs there are, it takes something beside."""
        return self.total + self.beside

    def __str__(self) -> str:
        parts = ", ".join(
            f"{byte_size(size)} for {name}" for name, size in vars(self).items() if name != "beside"
        )
        return f"{byte_size(self.total)} ({parts})"


def need(group: Group, engine: str | None = None) -> Need:
    """An estimate of what training a group takes, from its shapes alone.

    Beyond what the process takes once its libraries are loaded. `bench/memory.py` holds it against measured peaks.

    Parameters
    ----------
    engine
        "numpy", "torch" or "fused"; where absent, the one that is usual for such a network.
    """
    if engine is None:
        # Without the mask of what decays, which would be as large as the network.
        rule, nothing = rules.build(group.training), np.zeros(0, np.float32)
        engine = usual(Program(group.network, LOSSES[group.loss], rule, nothing))
    return Need(
        data=_data(group),
        parameters=_parameters(group, engine),
        activations=max(_batches(group, engine) + _training(group, engine), _evaluation(group, engine)),
        results=_results(group),
        beside=BESIDE[engine],
    )


def held(groups: Iterable[Group]) -> int:
    """Bytes of the samples of groups and of the parts that they are divided into, each array once."""
    prepared = {id(run.prepared): run.prepared for group in groups for run in group.runs}.values()
    samples = {id(one.samples): one.samples for one in prepared}.values()
    parts = sum(part.nbytes for one in prepared for part in one.parts.values())
    return parts + sum(one.inputs.nbytes + one.targets.nbytes for one in samples)


def _data(group: Group) -> int:
    """Samples, and which of them belong to which part of every run."""
    distinct = {id(run.prepared.samples): run.prepared.samples for run in group.runs}.values()
    samples = sum(data.inputs.nbytes + data.targets.nbytes for data in distinct)
    targets = sum(data.targets.size for data in distinct)  # in the form that losses and kernels take
    copies = 1 if len(distinct) == 1 else 2  # several are copied into one array
    if any(data.encodings for data in distinct):
        copies += 3  # what reading a table leaves behind
    sizes = group.part_sizes
    parts = len({id(run.prepared) for run in group.runs}) * sum(sizes.values())
    per_run = sum(sizes.values()) + sizes["train"] + curve_samples(sizes)
    return samples * copies + FLOAT * (2 * targets + parts + len(group.runs) * per_run)


def _batches(group: Group, engine: str) -> int:
    """What one call of an engine is given: the order of the samples, which parts copy, and the numbers of each step."""
    size, runs, training = group.train_size, len(group.runs), group.training
    total = int(group.total_steps().max())
    steps = min(STEP_ENTRIES, runs * min(total, training.eval_every * group.steps_per_epoch))
    if group.batch_size >= size:
        samples = size
    else:
        epochs = max(1, min(training.eval_every, ORDER_ENTRIES // (runs * size)))
        samples = min(epochs * size, total * group.batch_size)
    copies = {"fused": 1, "numpy": 1, "torch": 2}[engine]
    orders = (
        len({run.seed_for("batches") for run in group.runs}) + 2
    )  # of the last epoch, and one being drawn
    return FLOAT * (runs * samples * copies + orders * size) + STEP_BYTES * steps


def _parameters(group: Group, engine: str) -> int:
    network, slots = group.network, len(rules.build(group.training).slots)
    training = PARAMETER_COPIES[engine] + SLOT_COPIES[engine] * (1 + slots)
    saving = 3 + 2 * (
        1 + slots
    )  # initial and final ones, the engine's own, and copies of all but the initial
    copies = max(training, saving)
    return FLOAT * len(group.runs) * copies * (network.parameters.size + network.state.size)


def _training(group: Group, engine: str) -> int:
    """What a step makes of a batch."""
    network, batch = group.network, min(group.batch_size, group.train_size)
    chain, shape = Chain(network.layers), network.input_shape
    widest = network.widest
    kept = ACTIVATION_COPIES[engine] * (prod(shape) + chain.numbers(shape))
    numbers = int(kept + WIDEST_COPIES[engine] * widest)
    if engine == "fused":
        return _in_kernels(group, numbers)
    at_once, scratch = len(group.runs), FLOAT * chain.scratch(shape)
    if engine == "torch" and network.runs_alone("cpu"):  # one by one, in every thread
        at_once, scratch = min(at_once, threads()), 0
    layers = zip(network.layers, network.shapes, strict=False)
    drawn = max((prod(shape) for layer, shape in layers if isinstance(layer, Dropout)), default=0)
    return batch * (at_once * (FLOAT * numbers + DRAWN_BYTES * drawn) + scratch)


def _in_kernels(group: Group, numbers: int) -> int:
    """What the threads of compiled kernels have for themselves; they take a batch in blocks where they can."""
    network, batch = group.network, min(group.batch_size, group.train_size)
    couples = any(isinstance(layer, BatchNorm) for layer in network.layers)
    block = batch if couples else min(batch, BLOCK)
    gathered = batch * (prod(network.input_shape) + 2) if group.batch_size >= group.train_size else 0
    copies = SLICES + 4 + len(rules.build(group.training).slots)
    per_thread = copies * network.parameters.size + block * numbers + min(gathered, RESIDENT)
    return FLOAT * threads() * per_thread


def _evaluation(group: Group, engine: str) -> int:
    """What it takes to apply networks to a part and to compute its metrics, a few runs at a time."""
    network, runs = group.network, len(group.runs)
    samples = max(group.part_sizes.values())
    of_run = samples * network.outputs
    limits = PREDICTED_AT_ONCE, EVALUATED_AT_ONCE
    predicted, evaluated = (max(of_run, min(limit, runs * of_run)) for limit in limits)
    widest = network.widest
    sliced = min(PREDICT_BYTES, FLOAT * widest * samples * runs) * PREDICTED_COPIES
    together = {"fused": 0, "numpy": 1, "torch": min(threads(), runs)}[engine]
    if (
        engine == "numpy"
    ):  # beside, what convolutions see of a slice of one run; half of it is for the way back
        rows = min(samples, max(1, PREDICT_BYTES // (FLOAT * widest)))
        sliced += FLOAT * rows * Chain(network.layers).scratch(network.input_shape) * 6 // 10
    indices = FLOAT * predicted // network.outputs
    outputs = FLOAT * predicted * (2 if engine == "torch" else 1) + indices
    return max(outputs + max(sliced * together, EVALUATED_BYTES * evaluated), _evidence(group))


def _evidence(group: Group) -> int:
    """What it takes to look into networks, in NumPy whatever trained them: at their units, and at their gradients."""
    network, runs = group.network, len(group.runs)
    widest = network.widest
    units = PREDICTED_COPIES * min(SLICE_BYTES, FLOAT * widest * MOST * runs)
    of_run = FLOAT * numbers(group)
    scratch = FLOAT * samples_of(group) * Chain(network.layers).scratch(network.input_shape)
    return max(units, GRADIENT_COPIES * max(of_run, min(GRADIENT_BYTES, runs * of_run)) + scratch)


def _results(group: Group) -> int:
    """What runs leave, until it is stored."""
    left = left_by(group)
    of_run = POINT_BYTES * left.points + PREDICTION_BYTES * left.predictions + SAMPLE_BYTES * left.by_sample
    return len(group.runs) * of_run


def threads() -> int:
    """How many threads engines use on this machine, about."""
    return usable_cores()


def shards(group: Group, budget: int, engine: str | None = None) -> Iterator[Group]:
    """The group whole, or halved until each piece keeps within `budget` bytes or has one run."""
    count = len(group.runs)
    if count == 1 or need(group, engine).total <= budget:
        yield group
        return
    for runs in (group.runs[: count // 2], group.runs[count // 2 :]):
        yield from shards(replace(group, runs=runs), budget, engine)


def fitted(group: Group, free: int | None, engine: str | None = None) -> Iterator[Group]:
    """The group as shards that keep within half of the `free` bytes; whole where that is unknown."""
    return shards(group, free // 2, engine) if free else iter((group,))


def lack(group: Group, free: int | None, which: str, engine: str | None = None) -> str | None:
    """The problem where a group of one run does not fit in the `free` bytes, else None.

    Parameters
    ----------
    which
        The end of the sentence, such as "of memory are free".
    """
    if free is None or (needed := need(group, engine)).total <= free:
        return None
    return f"one run needs about {needed}, and {byte_size(free)} {which}"
