"""Update rules by the name that a recipe gives them."""

from __future__ import annotations

from seedbed.optim.adagrad import Adagrad
from seedbed.optim.adam import Adam
from seedbed.optim.adamw import AdamW
from seedbed.optim.base import Optimizer
from seedbed.optim.rmsprop import RMSprop
from seedbed.optim.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adam": Adam,
    "adamw": AdamW,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
}
