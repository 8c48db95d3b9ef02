"""Samples of a function given as an expression, drawn uniformly over its domain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seedbed import draws as random
from seedbed.data.base import DataError, Samples
from seedbed.data.expressions.expression import Expression
from seedbed.data.sources.base import Request, Size
from seedbed.recipe.sources import FunctionData

FLOAT = 4
MOST_SAMPLES = 100_000_000
AT_ONCE = 2**20  # samples computed at once, in float64


def size(settings: FunctionData) -> Size:
    """What one seed draws, with the grid.

    Raises
    ------
    DataError
        Where that is more than sample numbers are meant for.
    """
    rows = settings.samples + (settings.grid if settings.has_grid else 0)
    if rows > MOST_SAMPLES:
        raise DataError(f"data.samples and data.grid are above {MOST_SAMPLES:,} together; draw fewer")
    return Size(rows, FLOAT * rows * (len(settings.intervals) + 1))


def load(request: Request[FunctionData]) -> Samples:
    """Draw the samples of one seed; the grid, equally spaced on [low, high) and free of noise, comes last.

    x and noise are scaled after they are drawn, so that variants with another domain or noise differ in
    nothing else. The noise is on all drawn samples, as in measurements; the grid shows the truth.

    Raises
    ------
    DataError
        Where the expression is not one, or is undefined somewhere on the domain.
    """
    settings, study_seed, seed = request.settings, request.study_seed, request.seed
    low, high = np.array(settings.intervals, dtype=np.float64).T
    names = ("x",) if len(low) == 1 else tuple(f"x{i + 1}" for i in range(len(low)))
    try:
        expression = Expression.parse(settings.expression, names)
    except DataError as error:
        raise DataError(f"data.expression: {error}") from None
    drawn, total = settings.samples, size(settings).samples
    x, truth = np.empty((total, len(low)), np.float32), np.empty(total)
    uniform = random.generator(study_seed, seed, "samples")
    for rows in _slices(0, drawn):
        x[rows] = low + (high - low) * uniform.random((rows.stop - rows.start, len(low)))
    for rows in _slices(drawn, total):
        spaced = np.arange(rows.start - drawn, rows.stop - drawn) / settings.grid
        x[rows] = low + (high - low) * spaced[:, None]
    for rows in _slices(0, total):
        truth[rows] = expression({name: x[rows, i].astype(np.float64) for i, name in enumerate(names)})
    _check_defined(settings.expression, names, x, truth)
    noise = random.generator(study_seed, seed, "samples", 1)
    with np.errstate(over="ignore"):  # what is not finite is refused below
        for rows in _slices(0, drawn):
            truth[rows] += settings.noise * noise.standard_normal(rows.stop - rows.start)
        targets = truth[:, None].astype(np.float32)
    if not np.isfinite(targets).all():
        raise DataError(f"data.noise of {settings.noise:g} makes targets that are not finite; use less")
    return Samples(inputs=x, targets=targets, features=names, grid=total - drawn)


def _slices(start: int, stop: int) -> Iterator[slice]:
    for first in range(start, stop, AT_ONCE):
        yield slice(first, min(first + AT_ONCE, stop))


def _check_defined(text: str, names: tuple[str, ...], x: np.ndarray, y: np.ndarray) -> None:
    with np.errstate(over="ignore"):
        undefined = np.flatnonzero(~np.isfinite(y.astype(np.float32)))
    if len(undefined):
        first = undefined[0]
        where = ", ".join(f"{name} = {value:.6g}" for name, value in zip(names, x[first], strict=True))
        raise DataError(
            f"data.expression {text!r} is {y[first]:g} at {where} ({len(undefined):,} of {len(y):,} points); "
            "change data.domain or the expression so that it is finite everywhere"
        )
