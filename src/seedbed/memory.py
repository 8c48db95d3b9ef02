"""How much memory training a group takes, whether it is there, and groups cut into shards that fit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from seedbed import optim
from seedbed.group import Group

FLOAT = 4
# Beside the optimizer's slots: the parameters, their gradient, the update, initial, best and final ones.
PARAMETER_COPIES = 6
# Of every activation: the value itself, what its backward pass keeps, and its gradient.
ACTIVATION_COPIES = 3
UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Need:
    """Bytes that a group takes at its peak, by what they are for."""

    data: int
    parameters: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.data + self.parameters + self.activations

    def __str__(self) -> str:
        parts = ", ".join(f"{readable(size)} for {name}" for name, size in vars(self).items())
        return f"{readable(self.total)} ({parts})"


def need(group: Group) -> Need:
    """An estimate of what training a group takes, from its shapes alone."""
    runs, first = len(group.runs), group.runs[0].prepared
    distinct = {id(run.prepared.samples): run.prepared.samples for run in group.runs}.values()
    samples = sum(data.inputs.nbytes + data.targets.nbytes for data in distinct)
    copies = 1 if len(distinct) == 1 else 2  # several are copied into one array
    orders = FLOAT * runs * sum(len(part) for part in first.parts.values())
    copies_of_parameters = PARAMETER_COPIES + len(optim.build(group.training).slots)
    width = sum(prod(shape) for shape in group.network.shapes)
    return Need(
        data=samples * copies + 2 * orders,
        parameters=FLOAT
        * runs
        * copies_of_parameters
        * (group.network.parameters.size + group.network.state.size),
        activations=FLOAT * runs * ACTIVATION_COPIES * min(group.batch_size, group.train_size) * width,
    )


def shards(group: Group, budget: int) -> Iterator[Group]:
    """The group whole, or halved until each piece keeps within `budget` bytes or has one run."""
    count = len(group.runs)
    if count == 1 or need(group).total <= budget:
        yield group
        return
    for runs in (group.runs[: count // 2], group.runs[count // 2 :]):
        yield from shards(replace(group, runs=runs), budget)


def fitted(group: Group, free: int | None) -> Iterator[Group]:
    """The group as shards that keep within half of the `free` bytes; whole where nobody knows how many there are."""
    return shards(group, free // 2) if free else iter((group,))


def lack(group: Group, free: int | None, place: str) -> str | None:
    """What is to be said where a group of one run does not fit in the `free` bytes of a place, else None."""
    if free is None or (needed := need(group)).total <= free:
        return None
    return f"one run needs about {needed}, and {readable(free)} {place}"


def available() -> int | None:
    """Bytes of memory to be had now, within the limits of a container; None where the system does not say."""
    found = [size for size in (_free(), _left_in_container()) if size is not None]
    return min(found, default=None)


def _free() -> int | None:
    try:
        lines = dict(
            line.split(":") for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        )
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:  # no Linux: half of what is built in
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _left_in_container() -> int | None:
    group = Path("/sys/fs/cgroup")
    try:
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no such limit
        return None


def readable(size: int) -> str:
    """A number of bytes with a unit: 1.5 GB."""
    power = min(max(len(str(size)) - 1, 0) // 3, len(UNITS) - 1)
    return f"{size / 1000**power:.3g} {UNITS[power]}"
