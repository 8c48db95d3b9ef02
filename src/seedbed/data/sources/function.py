"""Samples of a function given as an expression, drawn uniformly over its domain."""

from __future__ import annotations

import numpy as np

from seedbed import draws as random
from seedbed.data.base import DataError, Samples
from seedbed.data.expressions.parser import Expression
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import FunctionData

MOST_SAMPLES = 100_000_000


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
    grid = settings.grid if settings.has_grid else 0
    if settings.samples + grid > MOST_SAMPLES:
        raise DataError(f"data.samples and data.grid are above {MOST_SAMPLES:,} together; draw fewer")
    low, high = np.array(settings.intervals, dtype=np.float64).T
    names = ("x",) if len(low) == 1 else tuple(f"x{i + 1}" for i in range(len(low)))
    try:
        expression = Expression.parse(settings.expression, names)
    except DataError as error:
        raise DataError(f"data.expression: {error}") from None
    uniform = random.generator(study_seed, seed, "samples").random((settings.samples, len(low)))
    spaced = np.arange(grid)[:, None] / max(grid, 1)
    unit = np.concatenate([uniform, np.broadcast_to(spaced, (len(spaced), len(low)))])
    x = (low + (high - low) * unit).astype(np.float32)
    y = expression({name: x[:, i].astype(np.float64) for i, name in enumerate(names)})
    _check_defined(settings.expression, names, x, y)
    noise = random.generator(study_seed, seed, "samples", 1).standard_normal(settings.samples)
    y[: settings.samples] += settings.noise * noise
    return Samples(inputs=x, targets=y[:, None].astype(np.float32), features=names, grid=grid)


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
