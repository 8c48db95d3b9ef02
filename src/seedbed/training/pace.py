"""How many steps an engine is given in one call: few enough that training can be saved, and a study end, soon."""

from __future__ import annotations

# What a call should take, in seconds. Beside its steps it costs about one more where parameters are copied to
# threads and back, so it should have ENOUGH of them if that is not LONGEST.
SHORTEST, LONGEST = 0.5, 5.0
ENOUGH = 50
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
        each = max(seconds, 1e-6) / steps
        wanted = min(max(SHORTEST, ENOUGH * each), LONGEST) / each
        self.steps = max(1, int(min(wanted, self.steps * FASTER)))
