"""The norms that a recipe names."""

from __future__ import annotations

from collections.abc import Callable

from seedbed.nn.base import Layer
from seedbed.nn.layers.batch_norm import BatchNorm

# By name: the layers for a number of features, or of channels.
NORMS: dict[str, Callable[[int], tuple[Layer, ...]]] = {
    "none": lambda features: (),
    "batch": lambda features: (BatchNorm(features),),
}
