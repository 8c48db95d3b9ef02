"""A network: batches of inputs (samples, features) in, outputs (samples, outputs) out."""

import torch
from torch import nn


class Net(nn.Module):
    """Two hidden layers, with layer norm before each activation where that is asked for.

    It is called with the arguments of [model]. The seed decides on its initial weights, and on dropout.
    """

    def __init__(self, width: int, norm: bool) -> None:
        super().__init__()
        self.first = nn.Linear(1, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, 1)
        self.norms = nn.ModuleList(nn.LayerNorm(width) if norm else nn.Identity() for _ in range(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The outputs of a batch."""
        x = torch.tanh(self.norms[0](self.first(x)))
        x = torch.tanh(self.norms[1](self.second(x)))
        return self.last(x)
