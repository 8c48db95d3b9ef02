"""Two variants whose runs are not paired: wrong verdicts, coverage and power, and why no permutation test is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from bench.truth.counting import Cell, Outcome
from bench.truth.draws import LARGE, trimmed
from bench.truth.made import Made
from bench.truth.questions import Question, Table, coverage, errors
from seedbed.analysis.intervals import t_quantile
from seedbed.analysis.runs import NOTHING

RUNS = {"6": (6, 6), "8": (8, 8), "12": (12, 12), "30": (30, 30), "6 and 18": (6, 18), "10 and 30": (10, 30)}
POWER = ("8", "12", "30", "10 and 30")
SPLITS = 400  # of a permutation test
Draw = Callable[[np.random.Generator, int], np.ndarray]


@dataclass(frozen=True)
class Kind:
    """What the runs of either side look like where neither is better.

    Attributes
    ----------
    first, second
        Given random numbers and how many, the values.
    goal
        Whether its rates have a goal.
    """

    first: Draw
    second: Draw
    metric: str = "score"
    direction: str = "max"
    goal: bool = True


def _normal(spread: float, random: np.random.Generator, n: int) -> np.ndarray:
    return spread * random.normal(size=n)


def _t2(spread: float, random: np.random.Generator, n: int) -> np.ndarray:
    return spread * random.standard_t(2, size=n)


def _log_normal(sigma: float, random: np.random.Generator, n: int) -> np.ndarray:
    return 0.01 * np.exp(sigma * random.normal(size=n))


def _skewed(spread: float, random: np.random.Generator, n: int) -> np.ndarray:
    """Log-normal values whose trimmed mean is 0."""
    return spread * (np.exp(random.normal(size=n)) - _typical_of_skewed())


@lru_cache
def _typical_of_skewed() -> float:
    return trimmed(np.exp(np.random.default_rng(1).normal(size=LARGE)))


def _accuracies(random: np.random.Generator, n: int) -> np.ndarray:
    return random.binomial(200, 0.9, size=n) / 200


def _failing(share: float, random: np.random.Generator, n: int) -> np.ndarray:
    """Log-normal errors of which a share diverged."""
    return np.where(random.random(n) < share, np.inf, _log_normal(0.5, random, n))


def _alike(draw: Draw, *metric: str) -> Kind:
    return Kind(draw, draw, *metric)


ERRORS = ("val.mse", "min")
KINDS = {
    "normal": _alike(partial(_normal, 1.0)),
    "normal, the first spread 2 times as wide": Kind(partial(_normal, 2.0), partial(_normal, 1.0)),
    "normal, the first spread 4 times as wide": Kind(partial(_normal, 4.0), partial(_normal, 1.0)),
    "heavy tails (t, 2 degrees)": _alike(partial(_t2, 1.0)),
    "heavy tails, the first spread 4 times as wide": Kind(partial(_t2, 4.0), partial(_t2, 1.0)),
    "log-normal errors, sigma 1": _alike(partial(_log_normal, 1.0), *ERRORS),
    "log-normal errors, sigma 1 and 0.25": Kind(
        partial(_log_normal, 1.0), partial(_log_normal, 0.25), *ERRORS
    ),
    "accuracies of 200 samples": _alike(_accuracies),
    "10 % of the first's runs diverged": Kind(partial(_failing, 0.1), partial(_log_normal, 0.5), *ERRORS),
    "30 % of both sides' runs diverged": _alike(partial(_failing, 0.3), *ERRORS),
    "skewed scores": _alike(partial(_skewed, 1.0)),
    "skewed scores, the first spread 4 times as wide": Kind(
        partial(_skewed, 4.0), partial(_skewed, 1.0), goal=False
    ),
}
SPREADS = {"alike": 1.0, "2 times as wide": 2.0, "4 times as wide": 4.0}


def judged(kind: Kind, runs: tuple[int, int], random: np.random.Generator) -> Outcome:
    """The verdict and the interval of a study of two variants of which neither is better."""
    values = {"base": kind.second(random, runs[1]), "other": kind.first(random, runs[0])}
    versus = Made(values, kind.metric, kind.direction, paired=False).versus_base["other"]
    seen, is_wrong = versus.comparison, versus.verdict in ("better", "worse")
    nothing = NOTHING[seen.scale]
    covered = None if np.isnan(seen.low) else bool(seen.low <= nothing <= seen.high)
    return {"difference": is_wrong, "covered": covered} if kind.goal else {"of skewed": is_wrong}


def found(runs: tuple[int, int], random: np.random.Generator) -> Outcome:
    """Whether a difference of 2.8 standard errors of normal runs is found, and whether Welch's t test finds it."""
    error = np.sqrt(1 / runs[0] + 1 / runs[1])
    base, other = random.normal(size=runs[1]), random.normal(2.8 * error, size=runs[0])
    verdict = Made({"base": base, "other": other}, paired=False).versus_base["other"].verdict
    squares = [np.var(of, ddof=1) / len(of) for of in (other, base)]
    freedom = sum(squares) ** 2 / sum(square**2 / (n - 1) for square, n in zip(squares, runs, strict=True))
    t = (np.mean(other) - np.mean(base)) / np.sqrt(sum(squares))
    return {"found": verdict == "better", "t": bool(t > t_quantile(0.975, float(freedom)))}


def permuted(spread: float, runs: tuple[int, int], random: np.random.Generator) -> Outcome:
    """Whether permutation tests of the same trimmed means find a difference between normal runs without one."""
    first, second = random.normal(size=runs[0]) * spread, random.normal(size=runs[1])
    pooled, count = np.sort(np.concatenate([first, second])), runs[0]
    chosen = np.argsort(random.random((SPLITS, len(pooled))), axis=1)
    own = np.vstack([np.searchsorted(pooled, np.concatenate([first, second]))[None], chosen])
    means, squares = [], []
    for part in (own[:, :count], own[:, count:]):
        mean, square = _trimmed(pooled[np.sort(part, axis=1)])
        means.append(mean)
        squares.append(square)
    gaps = means[0] - means[1]
    ts = gaps / np.sqrt(squares[0] + squares[1])
    return {name: bool(np.mean(np.abs(of) >= abs(of[0])) < 0.05) for name, of in (("raw", gaps), ("t", ts))}


def _trimmed(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The trimmed means of sorted rows, and their squared standard errors."""
    n = rows.shape[1]
    cut = int(0.2 * n)
    kept = rows[:, cut : n - cut]
    clipped = np.clip(rows, kept[:, :1], kept[:, -1:])
    h = kept.shape[1]
    return kept.mean(axis=1), np.var(clipped, axis=1) * n / (h * (h - 1))


def cells() -> list[Cell]:
    """Every kind of runs with all numbers of them, the power, and permutation tests."""
    verdicts = [
        Cell(name, column, partial(judged, kind, runs))
        for name, kind in KINDS.items()
        for column, runs in RUNS.items()
    ]
    power = [Cell("about four fifths", column, partial(found, RUNS[column])) for column in POWER]
    other = [
        Cell(f"{test} permutation, {name}", column, partial(_one, test, spread, runs), 0.5)
        for test in ("plain", "studentised")
        for name, spread in SPREADS.items()
        for column, runs in RUNS.items()
    ]
    return verdicts + power + other


def _one(test: str, spread: float, runs: tuple[int, int], random: np.random.Generator) -> Outcome:
    return {"permuted": permuted(spread, runs, random)["raw" if test == "plain" else "t"]}


QUESTION = Question(
    title="Runs that are not paired",
    text=(
        "Two variants whose runs have no seeds in common, of equal or different numbers of runs (the first's and the "
        "second's); typically they are equally good. Where 30 % diverged, ranks decide. The power is that of normal "
        "runs that are 2.8 standard errors apart: that odd runs do not decide costs about a seventh of it there."
    ),
    before="",
    corner="runs",
    tables=(
        Table("difference", "“better” or “worse”, stated at most 5 %", errors(0.05)),
        Table("covered", "the 95 % interval holds the difference of typical values", coverage()),
        Table(
            "of skewed",
            "“better” or “worse” where scores are as skewed as log-normal ones and spreads differ: no goal; errors and "
            "losses are compared by their logs",
            None,
        ),
        Table("found", "“better” is found", None),
        Table("t", "Welch's t test at 5 % finds it", None),
        Table(
            "permuted",
            "what permutation tests at 5 % would reject, of normal runs that differ in spread alone",
            None,
        ),
    ),
    cells=cells,
)
