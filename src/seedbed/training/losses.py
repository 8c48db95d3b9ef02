"""The losses of every run at equally spaced evaluations, from which findings are made."""

from __future__ import annotations

import numpy as np

from seedbed.study.checkpoints import State

MOST = 2048  # evaluations that are kept of a run; memory must not grow with its epochs


class Losses:
    """Keeps every evaluation of a run until they are `MOST`; then every second, and of later ones every second.

    So there are at least half as many of a long run, equally spaced, the first of all among them; and which they are
    depends on the run alone, not on those that train with it.

    Parameters
    ----------
    runs
        How many there are.
    parts
        How many losses a run has at each evaluation.
    """

    def __init__(self, runs: int, parts: int) -> None:
        self._values = np.empty((parts, 16, runs))  # grows along the evaluations
        self._seen = np.zeros(runs, np.int64)  # evaluations so far
        self._every = np.ones(runs, np.int64)  # which of them are kept

    def add(self, rows: np.ndarray, values: np.ndarray) -> None:
        """Take in one evaluation of some runs, by index: (parts, rows)."""
        due = self._seen[rows] % self._every[rows] == 0
        self._seen[rows] += 1
        if due.any():
            self._put(rows[due], values[:, due])

    def of(self, row: int) -> np.ndarray:
        """The losses of one run, (parts, evaluations kept)."""
        return self._values[:, : self._kept[row], row].copy()

    @property
    def _kept(self) -> np.ndarray:
        """(runs,) how many are kept of each."""
        return -(-self._seen // self._every)

    def _put(self, rows: np.ndarray, values: np.ndarray) -> None:
        """Keep an evaluation that has been counted."""
        if len(full := rows[self._kept[rows] > MOST]):
            self._values[:, : MOST // 2, full] = self._values[:, :MOST:2, full]
            self._every[full] *= 2
        places = self._kept[rows] - 1
        if (longest := int(places.max()) + 1) > self._values.shape[1]:
            parts, length, runs = self._values.shape
            more = np.empty((parts, min(2 * longest, MOST) - length, runs))
            self._values = np.concatenate([self._values, more], axis=1)
        self._values[:, places, rows] = values

    def state(self) -> State:
        """What `restore` takes."""
        longest = int(self._kept.max(initial=0))
        # Beyond what is kept of a run there is nothing; zeros, so that equal trainings have equal states.
        is_kept = np.arange(longest)[:, None] < self._kept
        values = np.where(is_kept, self._values[:, :longest], 0.0)
        return State({"values": values, "seen": self._seen.copy(), "every": self._every.copy()})

    def restore(self, state: State) -> None:
        """Go on from there."""
        self._values = np.array(state.arrays["values"])
        self._seen, self._every = np.array(state.arrays["seen"]), np.array(state.arrays["every"])
