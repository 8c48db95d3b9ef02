"""When a study may stop early: the group-sequential rule by which claims are decided at looks between rounds of seeds.

Looking again and again at a fixed level makes errors of chance: 5 % become 21 % over 5, 10, ... 60 seeds. Here every
look has a boundary of its own for p, and together they spend the level once (Lan and DeMets 1983), as fast as the
function of Hwang, Shih and DeCani (1990) says: slowly at first with gamma = -2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seedbed.analysis.deciding import REFUTED, SUPPORTED, UNDECIDED
from seedbed.analysis.p_values import ALPHA

FIRST, STEP = 10, 5  # seeds at the first look, and between looks
AT_MOST = 60  # at the last, unless asked otherwise
ALPHA_A_SIDE = ALPHA / 2
GAMMA = -2.0
FARTHEST = 7.0  # standard deviations beyond which there is no mass to speak of
NODES = 10  # of the integration, per two standard deviations of what a round adds

Tested = tuple[
    float | None, float | None
]  # one-sided p for a claim and against it; None where there is no test


@dataclass(frozen=True)
class Rule:
    """The looks at which a study may stop, and the boundary of p at each.

    Attributes
    ----------
    looks
        Seeds per variant at each look, rising; the last is the most that the study may take.
    """

    looks: tuple[int, ...]

    @classmethod
    def up_to(cls, most: int, tests: int = 1) -> Rule:
        """The usual looks: at 10, 15, 20, ... seeds, from 100 on in larger steps, and at the most.

        Those at which none of so many tests could be decided, together with the others, are left out.
        """
        looks = [min(FIRST, most)]
        while looks[-1] < most:
            looks.append(min(most, looks[-1] + STEP * max(1, looks[-1] // 50)))
        levels = boundaries(tuple(looks), ALPHA_A_SIDE / tests)
        return cls(tuple(seeds for seeds, level in zip(looks, levels, strict=True) if level or seeds == most))

    def boundary(self, look: int, undecided: int) -> float:
        """What a one-sided p must not exceed at a look, counted from 0, where so many claims are still undecided.

        It is 0 where no outcome of so few pairs could pass; the level of such a look is kept for later ones.
        """
        return boundaries(self.looks, ALPHA_A_SIDE / undecided)[look]

    def decided(
        self, look: int, verdicts: Sequence[str], tests: Sequence[Tested]
    ) -> list[tuple[str, float | None]]:
        """The verdict on every claim after a look, and the boundary that its p was held against.

        Claims that are decided together share the level by Holm's procedure (Ye, Li, Liu and Yao 2013).

        Parameters
        ----------
        look
            Counted from 0.
        verdicts
            Those of the looks before; what is decided stays so, and its boundary is None.
        tests
            For each claim p for it and p against it, both one-sided.
        """
        after = list(verdicts)
        boundary = 0.0
        while open_claims := [index for index, verdict in enumerate(after) if verdict == UNDECIDED]:
            boundary = self.boundary(look, len(open_claims))  # wider with every claim that is decided
            found = {index: _verdict(tests[index], boundary) for index in open_claims}
            if set(found.values()) == {UNDECIDED}:
                break
            for index, verdict in found.items():
                after[index] = verdict
        return [
            (verdict, boundary if before == UNDECIDED else None)
            for before, verdict in zip(verdicts, after, strict=True)
        ]


@dataclass(frozen=True)
class Look:
    """The look at which a claim was decided or, while it is not, the last at which it was tested.

    Attributes
    ----------
    number, most
        Which look, counted from 1, of at most how many.
    seeds
        How many there were then.
    boundary
        What p was held against, one-sided; 0 where no outcome of so few pairs could have passed.
    level
        That of intervals which hold for all claims and looks at once (repeated confidence intervals: Jennison and
        Turnbull 1989).
    verdict
        What it came to.
    """

    number: int
    most: int
    seeds: int
    boundary: float
    level: float
    verdict: str

    @property
    def in_words(self) -> str:
        """When it was decided, or how far it was looked for."""
        decided = "undecided" if self.verdict in (UNDECIDED, "no evidence") else "decided"
        too_few = "" if self.boundary else ", too few to decide anything"
        return f"{decided} at look {self.number} of at most {self.most}, {self.seeds} seeds{too_few}"


def _verdict(tested: Tested, boundary: float) -> str:
    for p, verdict in zip(tested, (SUPPORTED, REFUTED), strict=True):
        if p is not None and p <= boundary:
            return verdict
    return UNDECIDED


@lru_cache(maxsize=256)
def boundaries(looks: tuple[int, ...], alpha: float) -> tuple[float, ...]:
    """One-sided boundaries of p that together spend `alpha`, for a mean that is looked at after so many pairs each.

    Sums of gaps are taken as Brownian motion, whose density below the boundaries is integrated from look to look
    (Armitage, McPherson and Rowe 1969).
    """
    times = np.array(looks) / looks[-1]
    spending = alpha * np.expm1(-GAMMA * times) / math.expm1(-GAMMA)
    walk, spent, levels = _Walk(), 0.0, []
    for pairs, time, to_spend in zip(looks, times.tolist(), spending.tolist(), strict=True):
        end = walk.exceeded_by(to_spend - spent, time)
        level = math.erfc(end / math.sqrt(2 * time)) / 2
        if 0.5**pairs > level:  # the smallest p that so many pairs can give
            levels.append(0.0)
            continue
        walk.stop_above(end, time)
        spent = to_spend
        levels.append(level)
    return tuple(levels)


class _Walk:
    """Brownian motion that was below its boundary at every look so far: where it may be, as nodes with masses."""

    def __init__(self) -> None:
        self._time, self._at, self._mass = 0.0, np.zeros(1), np.ones(1)

    def exceeded_by(self, chance: float, time: float) -> float:
        """The value that it exceeds at a time with so small a chance."""
        from scipy import optimize, special

        spread = math.sqrt(time - self._time)

        def missing(value: float) -> float:
            return float(special.ndtr((self._at - value) / spread) @ self._mass) - chance

        farthest = FARTHEST * math.sqrt(time)
        return float(optimize.brentq(missing, -farthest, farthest, xtol=1e-12))

    def stop_above(self, end: float, time: float) -> None:
        """Let it walk to a time, and take out what is above the end."""
        spread = math.sqrt(time - self._time)
        at, width = _nodes(-FARTHEST * math.sqrt(time), end, spread)
        steps = (at[:, None] - self._at) / spread
        density = np.exp(-0.5 * steps**2) @ self._mass / (spread * math.sqrt(2 * math.pi))
        self._time, self._at, self._mass = time, at, density * width


def _nodes(low: float, high: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights that integrate what varies over `spread`: Gauss and Legendre's, panel by panel."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    edges = np.linspace(low, high, math.ceil((high - low) / (2 * spread)) + 1)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (nodes + 1)).ravel(), (half * weights).ravel()
