"""PyTorch modules of all kinds that people write, each with the samples that it takes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 3


class Mlp(nn.Module):
    def __init__(self, width: int = 8, rate: float = 0.0, norm: str = "none", inputs: int = 6) -> None:
        super().__init__()
        norms: dict[str, Callable[[int], nn.Module]] = {
            "none": lambda width: nn.Identity(),
            "batch": nn.BatchNorm1d,
            "layer": nn.LayerNorm,
        }
        self.body = nn.Sequential(
            nn.Linear(inputs, width),
            norms[norm](width),
            nn.ReLU(),
            nn.Dropout(rate),
            nn.Linear(width, CLASSES),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class Conv(nn.Module):
    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.norm, self.drop = nn.BatchNorm2d(4), nn.Dropout2d(rate)
        self.head = nn.Linear(4 * 16, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.drop(F.max_pool2d(F.relu(self.norm(self.conv(x))), 2)).flatten(1))


class GroupNorms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(F.gelu(self.norm(self.conv(x))).mean(dim=(2, 3)))


class Words(nn.Module):
    """Inputs are the numbers of words."""

    def __init__(self, most: int = 5) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(most, 4), nn.Linear(4, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.embedding(x.long().abs() % 5).mean(dim=1))


class Attention(nn.Module):
    def __init__(self, rate: float = 0.0) -> None:
        super().__init__()
        self.lift = nn.Linear(2, 8)
        self.block = nn.TransformerEncoderLayer(8, 2, 16, dropout=rate, batch_first=True)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.block(self.lift(x.reshape(len(x), 3, 2))).mean(dim=1))


class MultiHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lift, self.attention = nn.Linear(2, 8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lifted = self.lift(x.reshape(len(x), 3, 2))
        return self.head(self.attention(lifted, lifted, lifted)[0].mean(dim=1))


class Recurrent(nn.Module):
    def __init__(self, kind: str = "LSTM") -> None:
        super().__init__()
        self.rnn = getattr(nn, kind)(2, 5, batch_first=True)
        self.head = nn.Linear(5, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.rnn(x.reshape(len(x), 3, 2))[0][:, -1])


class Tied(nn.Module):
    """One weight in two layers, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.lift, self.again = nn.Linear(6, 6), nn.Linear(6, 6)
        self.again.weight = self.lift.weight
        self.head, self.gain = nn.Linear(6, CLASSES), nn.Parameter(torch.ones(1, CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.gain * self.head(torch.tanh(self.again(torch.tanh(self.lift(x)))))


class Centred(nn.Module):
    """Keeps a running mean in place, a scale that it assigns anew, a counter and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(6, CLASSES)
        self.register_buffer("mean", torch.zeros(6))
        self.register_buffer("scale", torch.ones(6))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("order", torch.randperm(6), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.mean.mul_(0.9).add_(0.1 * x.mean(dim=0).detach())
            self.scale = 0.9 * self.scale + 0.1 * x.std(dim=0)
            self.count += 1
        return self.head(((x - self.mean) / self.scale)[:, self.order]) + 0 * self.count


class InPlace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.first(x)
        hidden.mul_(2).clamp_(min=-1.0)
        hidden = F.relu(hidden, inplace=True) + 1
        hidden[:, 0] = 1.0
        return self.second(F.dropout(hidden, 0.2, self.training, inplace=True))


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(6, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            x = x + 0.1 * torch.randn_like(x) + 0.1 * torch.rand_like(x)
            x = x * torch.bernoulli(torch.full_like(x, 0.8))
        return self.body(x)


class OwnNoise(nn.Module):
    """Draws with what cannot be made to follow from a key."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(6, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x + torch.empty_like(x).uniform_(0, 0.1) if self.training else x)


class Skipping(nn.Module):
    """Leaves a layer out now and then, by Python's or NumPy's generator."""

    def __init__(self, numpy: bool) -> None:
        super().__init__()
        self.numpy = numpy
        self.lift, self.extra, self.head = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.lift(x)
        drawn = np.random.rand() if self.numpy else random.random()  # noqa: NPY002
        return self.head(x if self.training and drawn < 0.2 else self.extra(x))


class Branching(nn.Module):
    """Goes by what it is given, which one program for all runs cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.some, self.other = nn.Linear(6, CLASSES), nn.Linear(6, CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.some(x) if self.some(x).sum() > 0 else self.other(x)


class Frozen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.head = nn.Linear(6, 8), nn.Linear(8, CLASSES)
        self.first.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(F.relu(self.first(x)))


class Lazy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.LazyLinear(8), nn.LazyBatchNorm1d(), nn.ReLU(), nn.LazyLinear(CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class WeightNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.utils.parametrizations.weight_norm(nn.Linear(6, CLASSES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class Animal(NamedTuple):
    """A module of the zoo.

    Attributes
    ----------
    together
        Whether its runs are one program.
    """

    cls: type[nn.Module]
    arguments: Mapping[str, object] = MappingProxyType({})
    shape: tuple[int, ...] = (6,)
    together: bool = True


IMAGE = (1, 8, 8)
ZOO = {
    "mlp": Animal(Mlp),
    "batch norm": Animal(Mlp, {"norm": "batch"}),
    "layer norm": Animal(Mlp, {"norm": "layer"}),
    "dropout": Animal(Mlp, {"norm": "batch", "rate": 0.3}),
    "convolution": Animal(Conv, shape=IMAGE),
    "dropped channels": Animal(Conv, {"rate": 0.4}, IMAGE),
    "group norm": Animal(GroupNorms, shape=IMAGE),
    "embedding": Animal(Words),
    "attention": Animal(MultiHead),
    "transformer": Animal(Attention),
    "transformer with dropout": Animal(Attention, {"rate": 0.2}),
    "lstm": Animal(Recurrent, {"kind": "LSTM"}, together=False),
    "gru": Animal(Recurrent, {"kind": "GRU"}, together=False),
    "tied weights": Animal(Tied),
    "buffers": Animal(Centred),
    "in place": Animal(InPlace),
    "noise": Animal(Noisy),
    "noise of its own": Animal(OwnNoise, together=False),
    "skipped layers": Animal(Skipping, {"numpy": False}, together=False),
    "skipped layers by numpy": Animal(Skipping, {"numpy": True}, together=False),
    "control flow": Animal(Branching, together=False),
    "frozen": Animal(Frozen),
    "lazy": Animal(Lazy),
    "weight norm": Animal(WeightNorm),
}
