"""How a shard's training is saved from time to time, so that it goes on from there after whatever ended it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


class Stopped(Exception):
    """The study is to end before this shard has; what was saved of it goes on later."""


@dataclass(frozen=True)
class State:
    """All that a shard's training needs to go on as if nothing had happened.

    Attributes
    ----------
    arrays
        By name; slashes may group them.
    facts
        Plain data that JSON holds exactly; NaN and infinity belong into arrays.
    """

    arrays: Mapping[str, np.ndarray]
    facts: Mapping[str, Any] = field(default_factory=dict)


class Checkpoints:
    """What a trainable is given to save a shard's training with; this one never asks for it.

    A trainable that cannot save its training need not look at it: its shards begin again.

    Attributes
    ----------
    resume_from
        What was saved last, by whatever process; None where the shard begins.
    directory
        Where runs may keep files of their own: the same for all shards of a study, and after a resume. None where
        there is no such place.
    """

    resume_from: State | None = None
    directory: Path | None = None

    def due(self, at_end: bool = False) -> bool:
        """Whether to save now: the last time is long enough ago, or the study is to end.

        Cheap enough to be asked several times a second. `at_end`: all training is done, and its evaluation follows.
        """
        return False

    def save(self, state: State) -> None:
        """Save a shard's training, whole or not at all; raises `Stopped` where the study is to end."""
