"""PyTorch modules as tasks: groups of them, trained by Seedbed and by PyTorch's usual loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import nn

from bench.task import Task
from seedbed.nn.base import Layout
from seedbed.nn.modules.making import Recipe
from seedbed.nn.modules.probing import layer_of
from seedbed.nn.network import Network

CLASSES = 10


class NormedMlp(nn.Sequential):
    """20-32-32-10, with batch norm after each hidden layer."""

    def __init__(self) -> None:
        super().__init__(
            nn.Linear(20, 32), nn.BatchNorm1d(32), nn.ReLU(),
            nn.Linear(32, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, CLASSES),
        )  # fmt: skip


class SmallConv(nn.Sequential):
    """Two convolutions of 8 and 16 filters with batch norm, on images of 28 x 28."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(16 * 49, CLASSES),
        )  # fmt: skip


@dataclass(frozen=True)
class ModuleTask(Task):
    """See `Task`; its initial draws are the module's own."""

    cls: type[nn.Module] = field(default=NormedMlp)

    def module(self, run: int) -> nn.Module:
        """The module of a run, with its initial draws."""
        return Recipe(self.cls.__name__, self.cls)(run, torch.from_numpy(self.inputs[:2]))

    @cached_property
    def network(self) -> Network:
        """The module as the only layer."""
        example = torch.from_numpy(self.inputs[:4])
        return Network(
            (layer_of(Recipe(self.cls.__name__, self.cls), example, CLASSES),), self.inputs.shape[1:]
        )

    @cached_property
    def params(self) -> np.ndarray:
        """(runs, P) float32."""
        return self._drawn(self.network.parameters)

    @cached_property
    def state(self) -> np.ndarray:
        """(runs, S) float32."""
        return self._drawn(self.network.state)

    def _drawn(self, layout: Layout) -> np.ndarray:
        drawn = [self.network.drawn(run) for run in range(self.runs)]
        return np.stack(
            [np.concatenate([one[name].ravel() for name in layout.slots]) for one in drawn if one]
        )


def module_task(cls: type[nn.Module], shape: tuple[int, ...], **settings: int) -> ModuleTask:
    """Training on random inputs in ten classes, batch 64."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((1280, *shape)).astype(np.float32)
    return ModuleTask(
        inputs, rng.integers(0, CLASSES, 1280), loss="cross_entropy", batch=64, cls=cls, **settings
    )  # type: ignore[arg-type]
