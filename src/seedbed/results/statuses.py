"""How the runs of a stored study ended, by variant and seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BROKEN = ("diverged", "crashed")  # of runs that count as worst
ENDED = ("complete", "stopped")
INTERRUPTED = "interrupted"


class Statuses:
    """The status of every run.

    Parameters
    ----------
    codes
        (variants, seeds): the index of each run's status among the names, below 0 where there is no run.
    """

    def __init__(self, codes: np.ndarray, names: Sequence[str]) -> None:
        self.codes, self.names = codes, tuple(names)
        self._known: dict[tuple[str, ...], np.ndarray] = {}
        self._counts: dict[str, np.ndarray] = {}

    def are(self, *statuses: str) -> np.ndarray:
        """(variants, seeds) bool: where there is a run with one of some statuses. Every caller gets the same array."""
        if statuses not in self._known:
            asked = np.array([name in statuses for name in self.names] + [False])  # the last for no run
            self._known[statuses] = asked[self.codes]
            self._known[statuses].flags.writeable = False
        return self._known[statuses]

    @property
    def there(self) -> np.ndarray:
        """(variants, seeds) bool: where there is a run."""
        return self.are(*self.names)

    @property
    def finished(self) -> np.ndarray:
        """(variants, seeds) bool: where there is a run that was not interrupted."""
        return self.are(*(name for name in self.names if name != INTERRUPTED))

    def count(self, status: str) -> np.ndarray:
        """How many runs of each variant have a status, (variants,). Every caller gets the same array."""
        if status not in self._counts:
            self._counts[status] = np.count_nonzero(self.are(status), axis=1)
            self._counts[status].flags.writeable = False
        return self._counts[status]

    def of(self, row: int) -> list[str]:
        """The statuses of a variant, by the index of its row, seed by seed; empty where there is no run."""
        names = (*self.names, "")
        return [names[code] for code in self.codes[row].tolist()]
