"""What a group remembers of each run between evaluations: arrays whose first axis is runs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


class PerRun:
    """Every attribute of a subclass is an array of shape (runs, ...)."""

    def keep(self, runs: np.ndarray) -> None:
        """Drop every run but those named by index."""
        for name, array in vars(self).items():
            setattr(self, name, array[runs])

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all arrays, for a checkpoint."""
        return {name: array.copy() for name, array in vars(self).items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Set all arrays to what `state` gave."""
        for name in vars(self):
            setattr(self, name, np.array(state[name]))
