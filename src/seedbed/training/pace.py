"""How many steps an engine is given in one call: as many as take about half a second."""

from __future__ import annotations

SECONDS = 0.5  # between two calls training can be saved, and a study can end
FASTER = 8  # by how much a call may be longer than the one before, of which little may be known


class Pace:
    """Learns from every call how long the next one should be. No bit of a training depends on it.

    Attributes
    ----------
    steps
        For the next call.
    """

    def __init__(self) -> None:
        self.steps = 1

    def learn(self, steps: int, seconds: float) -> None:
        """Take in how long a call of so many steps took."""
        wanted = SECONDS * steps / max(seconds, 1e-6)
        self.steps = max(1, int(min(wanted, self.steps * FASTER)))
