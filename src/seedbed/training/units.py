"""Finds idle units: dead ones, whose positive part is zero for every sample, and saturated ones, which hardly react."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from seedbed.analysis.evidence import Units
from seedbed.arrays import NUMPY, Array
from seedbed.nn.base import Context
from seedbed.training.drawn import inputs_of, samples_at_once, slices
from seedbed.training.group import Group

# Samples of each run: the fewer the wider the network, whose channels see many pixels of each.
FEWEST, MOST = 32, 256
# The slope of what saturates, as a share of its largest, from what it gave.
SLOPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sigmoid": lambda y: 4 * y * (1 - y),
    "tanh": lambda y: 1 - y * y,
}
# A unit is saturated that has a slope under FLAT for this share of the samples.
FLAT, NEARLY_ALL = 0.01, 0.95


class Layers(NamedTuple):
    """How the layers of one run behave that take positive parts, and those that saturate; in order."""

    rectified: tuple[Units, ...]
    saturated: tuple[Units, ...]


def layers_of(group: Group, params: np.ndarray, state: np.ndarray) -> list[Layers]:
    """The layers of each run.

    Parameters
    ----------
    group
        The runs; a random draw of their training parts is taken.
    params, state
        (runs, P) and (runs, S), used as in evaluation.
    """
    at_once = samples_at_once(group)
    samples = min(max(FEWEST, at_once), MOST)
    return [
        layers
        for some, indices in slices(group, samples, at_once // samples)
        for layers in _of_runs(group, params[some], state[some], some, indices)
    ]


def _of_runs(
    group: Group, params: np.ndarray, state: np.ndarray, runs: np.ndarray, indices: np.ndarray
) -> list[Layers]:
    """The layers of some runs, on samples (runs, m)."""
    dead: list[np.ndarray] = []  # of each layer, (runs, units) or (runs, channels)
    saturated: list[np.ndarray] = []
    images: dict[int, bool] = {}

    def watch(kind: str, y: Array) -> None:
        values = np.asarray(y)
        over = (1, *range(3, values.ndim))
        if kind == "relu":
            dead.append(~np.any(values > 0, axis=over))
            images[id(dead[-1])] = values.ndim == 5
        elif kind in SLOPES:
            saturated.append(np.mean(SLOPES[kind](values) < FLAT, axis=over) >= NEARLY_ALL)
            images[id(saturated[-1])] = values.ndim == 5

    with np.errstate(all="ignore"):  # runs may have diverged
        context = Context(NUMPY, watch=watch, gradients=False)
        group.network.forward(params, state, inputs_of(group, runs, indices), context)

    def counted(layers: list[np.ndarray], run: int) -> tuple[Units, ...]:
        return tuple(
            Units(layer.shape[1], int(layer[run].sum()), images[id(layer)], indices.shape[1])
            for layer in layers
        )

    return [Layers(counted(dead, run), counted(saturated, run)) for run in range(len(runs))]
