"""The gradient of every layer at the beginning and at the end of training, against the size of its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seedbed.analysis.evidence import Gradient
from seedbed.arrays import NUMPY
from seedbed.nn.base import Context, Slot
from seedbed.nn.chain import Chain
from seedbed.nn.losses import LOSSES
from seedbed.optim.clipping import clip
from seedbed.training.drawn import inputs_of, slices
from seedbed.training.evaluation import targets_of
from seedbed.training.group import Group
from seedbed.training.hyperparameters import Hyperparameters

# Samples of each run: what is looked for shows in orders of magnitude. The fewer the larger the network, so that one
# gradient takes a small share of any training.
FEWEST, MOST = 4, 32
ACTIVATIONS = 2**21  # of one run, about
GRADIENT_BYTES = (
    16 * 2**20
)  # what parameters and activations of one slice of runs may take, one run at the least


def gradients_of(
    group: Group, initial: np.ndarray, params: np.ndarray, state: np.ndarray
) -> list[tuple[Gradient, ...]]:
    """Of each run, the gradients of its layers with weights, in the order of the network.

    Parameters
    ----------
    initial
        (runs, P): the parameters at the beginning.
    params, state
        (runs, P) and (runs, S), at the end.
    """
    parameters = group.network.parameters.slots.values()
    slots = [slot for slot in parameters if slot.parameter.role in ("weight", "merged")]
    hyper = {name: values[0] for name, values in Hyperparameters(group).steps(0, 1).items()}
    first = _relative(group, initial, group.initial_state(), slots, hyper)
    last = _relative(group, params, state, slots, hyper)
    # Other rules divide gradients by their own size, so that no step is large because a gradient is.
    steps = hyper["lr"][:, None] * first if group.training.optimizer == "sgd" else np.full_like(first, np.nan)
    names = [slot.name.rpartition(".")[0] for slot in slots]
    return [
        tuple(Gradient(name, *map(float, sizes)) for name, *sizes in zip(names, *of_run, strict=True))
        for of_run in zip(first, last, steps, strict=True)
    ]


def numbers(group: Group) -> int:
    """Parameters and activations of one run, for as many samples as its gradient is taken of."""
    return group.network.parameters.size + samples_of(group) * _activations(group)


def samples_of(group: Group) -> int:
    """How many samples of a run its gradient is taken of, at most."""
    return min(max(FEWEST, ACTIVATIONS // _activations(group)), MOST)


def _activations(group: Group) -> int:
    """How many numbers a network computes of one sample."""
    return Chain(group.network.layers).numbers(group.network.input_shape)


def _relative(
    group: Group,
    params: np.ndarray,
    state: np.ndarray,
    slots: Sequence[Slot],
    hyper: Mapping[str, np.ndarray],
) -> np.ndarray:
    """The norm of every layer's gradient by that of its weights, (runs, layers), as in the first step of training."""
    sizes = np.empty((len(group.runs), len(slots)))
    with np.errstate(all="ignore"):  # runs may have diverged
        for runs, indices in slices(group, samples_of(group), GRADIENT_BYTES // (4 * numbers(group))):
            own = params[runs]
            grads = _gradient(
                group, own, state[runs], runs, indices, {name: of[runs] for name, of in hyper.items()}
            )
            for column, slot in enumerate(slots):
                part = slice(slot.start, slot.stop)
                sizes[runs, column] = _norm(grads[:, part]) / np.maximum(
                    _norm(own[:, part]), _usual_norm(slot)
                )
    return sizes


def _gradient(
    group: Group,
    params: np.ndarray,
    state: np.ndarray,
    runs: np.ndarray,
    indices: np.ndarray,
    hyper: dict[str, np.ndarray],
) -> np.ndarray:
    """The gradient (those runs, P) of the loss on samples (those runs, m), clipped where the recipe says so."""
    weights = group.data.of_runs(runs).class_weights
    context = Context(
        NUMPY,
        training=True,
        dropout_key=group.keys("dropout")[runs],
        augment_key=group.keys("augment")[runs],
        hyper=hyper,
    )
    outputs, _, backward = group.network.forward(params, state, inputs_of(group, runs, indices), context)
    targets = targets_of(group, runs, indices)
    weighted = hyper if weights is None else hyper | {"class_weights": weights}
    _, loss_backward = LOSSES[group.loss].forward(NUMPY, outputs, targets, weighted)
    grads = np.asarray(backward(loss_backward()))
    if np.isfinite(hyper["clip_norm"]).any():
        grads = np.asarray(clip(NUMPY, grads, hyper["clip_norm"][:, None]))
    return grads


def _norm(values: np.ndarray) -> np.ndarray:
    """Of the rows, (runs,); infinite where the sum of squares is too large for float32, which no sound one is."""
    return np.sqrt(np.einsum("ij,ij->i", values, values))


def _usual_norm(slot: Slot) -> float:
    """Of weights that were drawn by the rule of Kaiming, so that ones that start near zero are not held too small."""
    return float(np.sqrt(2 / slot.parameter.fan_in * slot.size))
