"""A small convolutional network with residual steps and group norm: images in, a number for each class out."""

import torch
from torch import nn


class Step(nn.Module):
    """Two convolutions, which are added to what they are given where `skip` says so."""

    def __init__(self, filters: int, norm: bool, skip: bool) -> None:
        super().__init__()
        self.skip = skip
        self.body = nn.Sequential(
            nn.Conv2d(filters, filters, 3, padding=1),
            nn.GroupNorm(4, filters) if norm else nn.Identity(),
            nn.SiLU(),
            nn.Conv2d(filters, filters, 3, padding=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Of the same shape as what comes in."""
        return x + self.body(x) if self.skip else self.body(x)


class Net(nn.Module):
    """Images (batch, 1, height, width) of any size to (batch, 10)."""

    def __init__(
        self, filters: int = 8, steps: int = 2, norm: bool = True, skip: bool = True, rate: float = 0.0
    ) -> None:
        super().__init__()
        self.lift = nn.Conv2d(1, filters, 3, stride=2, padding=1)
        self.steps = nn.Sequential(*(Step(filters, norm, skip) for _ in range(steps)))
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Dropout(rate), nn.Linear(16 * filters, 10)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The loss takes the outputs as they are: without a softmax."""
        return self.head(self.steps(self.lift(x)))
