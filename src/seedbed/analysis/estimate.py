"""An estimate of a gap whose error is known as a t distribution: its interval, and the tests of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seedbed.analysis.intervals import t_quantile, t_tail


@dataclass(frozen=True)
class Estimate:
    """A gap, its standard error, and the degrees of freedom of that.

    Attributes
    ----------
    least
        The least one-sided p that so few runs allow.
    """

    estimate: float
    error: float
    freedom: float
    least: float = 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The t interval; NaN where there are too few runs."""
        half = t_quantile(0.5 + level / 2, self.freedom) * self.error
        return self.estimate - half, self.estimate + half

    def p_above(self, bound: float = 0.0) -> float:
        """One-sided p that the gap lies above a bound; small speaks for it."""
        ahead = self.estimate - bound
        p = t_tail(ahead / self.error, self.freedom) if self.error else float(ahead <= 0)
        return max(self.least, p)

    def p_below(self, bound: float = 0.0) -> float:
        """One-sided p that the gap lies below a bound."""
        return Estimate(-self.estimate, self.error, self.freedom, self.least).p_above(-bound)

    def ahead(self, sign: int, margin: float) -> tuple[float, float]:
        """One-sided p for and against a gap in the direction of `sign` by over `margin`, see `deciding.ahead`."""
        above, below = self.p_above(sign * margin), self.p_below(sign * margin)
        return (above, below) if sign > 0 else (below, above)

    def equivalent(self, within: float) -> tuple[float, float]:
        """One-sided p for and against a gap of at most `within` either way, see `deciding.equivalent`."""
        inside = max(self.p_above(-within), self.p_below(within))
        return inside, min(self.p_above(within), self.p_below(-within))


def welch(estimate: float, parts: Sequence[tuple[float, float]], least: float) -> Estimate:
    """An estimate that is a sum of independent parts, each given by its standard error and degrees of freedom.

    Source: Welch 1938; Satterthwaite 1946, "An approximate distribution of estimates of variance components".
    """
    variances = np.array([error for error, _ in parts]) ** 2
    variance = float(np.sum(variances))
    spent = float(np.sum(variances**2 / np.array([freedom for _, freedom in parts])))
    return Estimate(estimate, float(np.sqrt(variance)), variance**2 / spent if spent else 1.0, least)
