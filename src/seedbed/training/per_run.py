"""What training remembers of each run between evaluations: arrays whose first axis is runs."""

from __future__ import annotations

import numpy as np


class PerRun:
    """Every attribute of a subclass is an array of shape (runs, ...)."""

    def keep(self, runs: np.ndarray) -> None:
        """Drop every run but those named by index."""
        for name, array in vars(self).items():
            setattr(self, name, array[runs])
