"""Finds dead units: those whose positive part is zero for every sample, so that they learn nothing any more."""

from __future__ import annotations

from math import prod

import numpy as np

from seedbed.analysis.evidence import Rectified
from seedbed.arrays import NUMPY, Array
from seedbed.engines.base import seen
from seedbed.nn.base import Context
from seedbed.training.group import Group

# Samples of each run: the fewer the wider the network, whose channels see many pixels of each.
FEWEST, MOST = 32, 256
# What the widest activation of one slice of runs may take; a forward pass takes several times that.
SLICE_BYTES = 4 * 2**20


def rectified(group: Group, params: np.ndarray, state: np.ndarray) -> list[tuple[Rectified, ...]]:
    """Of each run, how the layers behave that take positive parts, in the order of the network.

    Parameters
    ----------
    group
        The runs; a random draw of their training parts is taken.
    params, state
        (runs, P) and (runs, S), used as in evaluation.
    """
    at_once = SLICE_BYTES // (4 * max(prod(shape) for shape in group.network.shapes))
    samples = min(max(FEWEST, at_once), MOST)
    runs = np.arange(len(group.runs))
    slices = np.split(runs, runs[:: max(1, at_once // samples)][1:])
    drawn = group.subset("train", samples)
    return [
        layers for some in slices for layers in _of_runs(group, params[some], state[some], some, drawn[some])
    ]


def _of_runs(
    group: Group, params: np.ndarray, state: np.ndarray, runs: np.ndarray, indices: np.ndarray
) -> list[tuple[Rectified, ...]]:
    """The layers of some runs, on samples (runs, m)."""
    alive: list[np.ndarray] = []  # of each layer, (runs, 1, units) or (runs, 1, channels, 1, 1)

    def watch(y: Array) -> None:
        alive.append(np.any(np.asarray(y) > 0, axis=(1, *range(3, y.ndim)), keepdims=True))

    inputs = _inputs(group, runs, indices)
    with np.errstate(all="ignore"):  # runs may have diverged
        group.network.forward(params, state, inputs, Context(NUMPY, watch=watch, gradients=False))
    return [
        tuple(
            Rectified(units[run].size, int((~units[run]).sum()), units.ndim == 5, indices.shape[1])
            for units in alive
        )
        for run in range(len(runs))
    ]


def _inputs(group: Group, runs: np.ndarray, indices: np.ndarray) -> Array:
    """What the networks of some runs see of samples (runs, m)."""
    data = group.data.of_runs(runs)
    inputs = data.inputs[data.dataset[:, None], indices].astype(np.float32)
    return seen(NUMPY, inputs, data.center, data.scale, data.fill)
