"""What whoever trains a study says while it goes; none of it changes what is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """Runs that are trained together were evaluated.

    Attributes
    ----------
    epoch, epochs
        How many are done, and how many there will be at most.
    active
        Runs still training.
    best, median
        Of the metric over all runs that have not diverged, those that have ended with their last value; None where
        there is none.
    metric
        Which one, in full, such as "val.loss".
    """

    epoch: int
    epochs: int
    active: int
    best: float | None
    median: float | None
    metric: str


@dataclass(frozen=True)
class Message:
    """Something a person should know, in one line."""

    text: str


Event = Epoch | Message
Events = Callable[[Event], None]
