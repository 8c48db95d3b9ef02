"""What training remembers of each run between evaluations: arrays whose first axis is runs."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seedbed.study.checkpoints import State


class PerRun:
    """Every attribute of a subclass is an array of shape (runs, ...).

    Attributes
    ----------
    changes
        The names of those that training changes.
    """

    changes: ClassVar[tuple[str, ...]]

    def keep(self, runs: np.ndarray) -> None:
        """Drop every run but those named by index."""
        for name, array in vars(self).items():
            setattr(self, name, array[runs])

    def state(self) -> State:
        """What `restore` takes."""
        return State({name: getattr(self, name).copy() for name in self.changes})

    def restore(self, state: State) -> None:
        """Go on from there, with the runs that there were then."""
        for name in self.changes:
            setattr(self, name, np.array(state.arrays[name]))
