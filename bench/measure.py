"""Times contenders in turn, several times over, and compares them step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

import numpy as np

from bench.task import Contender

FIRST_LOSSES = 5  # steps whose losses must agree; later ones drift apart by rounding


@dataclass(frozen=True)
class Row:
    """What was measured of a contender; times are of one step of one run, in microseconds.

    `ratio` is its time over the first contender's, the median of the repeats' ratios, with the least and largest.
    """

    name: str
    microseconds: float
    low: float
    high: float
    steps_per_second: float
    ratio: float
    ratio_low: float
    ratio_high: float
    preparation: float
    same_losses: bool | None


def compare(contenders: list[Contender], repeats: int) -> list[Row]:
    """Time every contender once, then all again, `repeats` times; the first is what the others are held against."""
    reference = contenders[0].train()
    same = [_agrees(contender, reference) for contender in contenders]
    times = np.array([[_seconds(contender) for contender in contenders] for _ in range(repeats)])
    ratios = times / times[:, :1]
    return [
        Row(
            name=contender.name,
            microseconds=1e6 * median(times[:, place]),
            low=1e6 * times[:, place].min(),
            high=1e6 * times[:, place].max(),
            steps_per_second=1 / median(times[:, place]),
            ratio=median(ratios[:, place]),
            ratio_low=ratios[:, place].min(),
            ratio_high=ratios[:, place].max(),
            preparation=contender.preparation,
            same_losses=same[place],
        )
        for place, contender in enumerate(contenders)
    ]


def _seconds(contender: Contender) -> float:
    """Of one step of one run."""
    started = time.perf_counter()
    contender.train()
    return (time.perf_counter() - started) / contender.run_steps


def _agrees(contender: Contender, reference: np.ndarray) -> bool | None:
    """Whether the first losses are the reference's; None where the contender takes batches of its own."""
    if not contender.same_batches:
        contender.train()
        return None
    losses = contender.train()[:, :FIRST_LOSSES]
    return bool(np.allclose(losses, reference[: len(losses), : losses.shape[1]], rtol=1e-3))
