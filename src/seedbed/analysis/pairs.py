"""One set of runs against another, paired by seed: gaps, wins and failures, and the tests of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from seedbed.analysis.estimate import Estimate
from seedbed.analysis.flips import flip_p
from seedbed.analysis.p_values import sign_test
from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.analysis.reliable import mcnemar, too_often
from seedbed.analysis.runs import Runs, on_scale
from seedbed.analysis.typical import Typical, typical
from seedbed.metrics.base import Scale


@dataclass(frozen=True)
class Pairs:
    """Two sets of runs, entry i of each being of the same seed.

    Attributes
    ----------
    scale
        "difference": gaps are a - b; "ratio": log a - log b.
    gaps
        Of the pairs in which neither run failed.
    first_failed, second_failed
        Gaps of the pairs in which only the run of a, or of b, failed; infinite where it diverged.
    both
        Pairs in which both failed.
    undefined
        Pairs of runs that did not fail, of which one has no such number, or on the ratio scale no positive one.
    at
        Which of the seeds, by index, the gaps are of.
    new_data
        What tests use in place of the gaps where they are about new data.
    """

    scale: Scale
    gaps: np.ndarray
    first_failed: np.ndarray = field(default_factory=lambda: np.zeros(0))
    second_failed: np.ndarray = field(default_factory=lambda: np.zeros(0))
    both: int = 0
    undefined: int = 0
    at: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    new_data: Estimate | None = None

    @classmethod
    def of(cls, a: Runs, b: Runs, scale: Scale) -> Pairs:
        """The pairs of two sets of runs.

        Raises
        ------
        ValueError
            Where they are not equally many.
        """
        return cls.of_rows(a.as_row, b, scale)[0]

    @classmethod
    def of_rows(cls, a: Runs, b: Runs, scale: Scale) -> list[Pairs]:
        """The pairs of each row of several sets of runs (rows, seeds) with one other set; raises as `of`."""
        if a.values.shape[1:] != b.values.shape:
            raise ValueError(
                f"expected as many runs on both sides, got {a.values.shape[1]} and {len(b.values)}"
            )
        first, second = on_scale(a.values, scale), on_scale(b.values, scale)
        told = (a.failed | ~np.isnan(a.values)) & (b.failed | ~np.isnan(b.values))
        neither = ~a.failed & ~b.failed & told
        with np.errstate(invalid="ignore"):  # inf - inf: both diverged
            apart = first - second
        defined = neither & np.isfinite(apart)
        only_first, only_second = told & a.failed & ~b.failed, told & ~a.failed & b.failed
        both = np.count_nonzero(told & a.failed & b.failed, axis=1).tolist()
        ended = np.count_nonzero(a.ended & b.ended & ~a.failed & ~b.failed, axis=1)
        undefined = (ended - np.count_nonzero(defined, axis=1)).tolist()
        return [
            cls(
                scale,
                apart[row][defined[row]],
                apart[row][only_first[row]],
                apart[row][only_second[row]],
                both[row],
                undefined[row],
                np.flatnonzero(defined[row]),
            )
            for row in range(len(apart))
        ]

    @property
    def only_first(self) -> int:
        """Pairs in which only the run of a failed."""
        return len(self.first_failed)

    @property
    def only_second(self) -> int:
        """Pairs in which only the run of b failed."""
        return len(self.second_failed)

    @property
    def counting(self) -> int:
        """Pairs that say something: neither run failed, or exactly one."""
        return len(self.gaps) + self.only_first + self.only_second

    @property
    def sides(self) -> None:
        """There is but one number of pairs."""
        return None

    @property
    def failed(self) -> tuple[int, int]:
        """The runs of a and of b that failed."""
        return self.only_first + self.both, self.only_second + self.both

    @property
    def has_typical(self) -> bool:
        """Whether few enough runs failed on both sides for a typical gap."""
        return bool(len(self.gaps)) and not too_often(max(self.failed), self.counting + self.both)

    @property
    def can_test(self) -> bool:
        """Whether enough pairs say something for a test."""
        return (len(self.gaps) if self.has_typical else self.counting) >= FEWEST_PAIRS

    def typical(self, level: float | None) -> Typical:
        """The trimmed mean of the gaps, with its interval unless there is no level; see `typical.typical`."""
        return typical(self.gaps, level)

    def p(self, sign: int) -> float:
        """Two-sided, of sign flips or, where there is no typical gap, of the sign test; `sign` as of `ahead`."""
        if self.has_typical:
            return flip_p(self.gaps)
        wins, losses = self.ahead(sign)
        return sign_test(wins, wins + losses, "two-sided")

    def lead(self, sign: int) -> int:
        """1 where a is ahead in most pairs, -1 where b is, else 0; `sign` as of `ahead`."""
        wins, losses = self.ahead(sign)
        return int(np.sign(wins - losses))

    def wins(self, sign: int) -> int:
        """Pairs in which a is ahead; `sign` as of `ahead`."""
        return self.ahead(sign)[0]

    def ahead(self, sign: int, margin: float = 0.0) -> tuple[int, int]:
        """Pairs in which a is ahead by over `margin`, and in which it is not.

        A run that diverged is behind; of one beyond a bound the value counts, since bounds may differ by variant.

        Parameters
        ----------
        sign
            1 where more is better, -1 where less is.
        """
        gains = sign * self.gaps
        if self.only_first or self.only_second:
            first = np.nan_to_num(sign * self.first_failed, nan=-np.inf, posinf=np.inf, neginf=-np.inf)
            second = np.nan_to_num(sign * self.second_failed, nan=np.inf, posinf=np.inf, neginf=-np.inf)
            gains = np.concatenate([gains, first, second])
        gains = gains - margin
        return int(np.count_nonzero(gains > 0)), int(np.count_nonzero(gains < 0))

    def failures_p(self) -> float | None:
        """Two-sided p that both fail as often (McNemar); None under 6 pairs."""
        enough = self.counting + self.both >= FEWEST_PAIRS
        return mcnemar(self.only_first, self.only_second) if enough else None

    def failures_interval(self, level: float) -> None:
        """None of pairs."""
        return None
