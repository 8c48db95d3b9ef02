"""The numbers that kernels know layers, losses, update rules and hyperparameters by."""

from __future__ import annotations

from seedbed.nn.losses import LOSSES

# Columns of a program's row: what to do; features in and out; places of activations (x, y, their gradients
# dy and dx, and what the backward pass needs beside them); places of parameters, of running statistics and of
# single numbers; the layer's index in its network.
COLUMNS = 12
OP, INPUTS, OUTPUTS, X, Y, DY, DX, AUX, PARAMS, STATE, SCALARS, PLACE = range(COLUMNS)
NOWHERE = -1  # as DX: nothing before this layer learns
SOURCE = -1  # as X: the gathered inputs

DENSE, DENSE_WITHOUT_BIAS, BATCH_NORM, DROPOUT, POWERS, RELU, LEAKY_RELU, SIGMOID, TANH, GELU = range(10)
ACTIVATIONS = {"relu": RELU, "leaky_relu": LEAKY_RELU, "sigmoid": SIGMOID, "tanh": TANH, "gelu": GELU}

MSE, MAE, HUBER, BCE, CROSS_ENTROPY = range(5)
LOSS_NUMBERS = {
    type(LOSSES[name]): number for number, name in enumerate(("mse", "mae", "huber", "bce", "cross_entropy"))
}

SGD, NESTEROV, ADAM, ADAMW, RMSPROP, ADAGRAD = range(6)

# What a step is told, in this order.
HYPER = (
    "lr", "weight_decay", "l1", "clip_norm", "dropout", "label_smoothing",
    "momentum", "beta1", "beta2", "step_size", "root_correction", "gain1", "gain2",
)  # fmt: skip
(
    LR, WEIGHT_DECAY, L1, CLIP_NORM, RATE, SMOOTHING,
    MOMENTUM, BETA1, BETA2, STEP_SIZE, ROOT_CORRECTION, GAIN1, GAIN2,
) = range(len(HYPER))  # fmt: skip

SLICES = 8  # that a batch is cut into at most, for a team of threads to share
BLOCK = 256  # samples that go through the network at once: their activations stay in cache
RESIDENT = 2**24  # numbers of a gathered batch that are kept from step to step, at most

ALIGN = 16  # floats of a cache line; every part of the flat array begins on one


def padded(size: int) -> int:
    """The next multiple of a cache line, and so of a vector."""
    return (size + ALIGN - 1) // ALIGN * ALIGN


def norm_row(features: int) -> int:
    """How far apart batch norm keeps its rows of single numbers; sums are written four at a time."""
    return (features + 3 + ALIGN - 1) // ALIGN * ALIGN
