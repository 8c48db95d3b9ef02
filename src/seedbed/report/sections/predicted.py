"""The section on numbers: predictions against the true values of the test part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow.compute as pc

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.axes import panel
from seedbed.report.blocks import Block, Gallery, Note
from seedbed.report.labels import distinct_labels
from seedbed.report.leaders import MOST_PAIRS, left_out
from seedbed.report.picture import Picture
from seedbed.results.leading import leaders
from seedbed.results.result import Result

DOTS = 3000


def blocks(result: Result) -> Iterator[Block]:
    """A figure for each of the variants that matter."""
    predictions = _predictions(result, leaders(result, MOST_PAIRS))
    if not predictions:
        return
    titles = distinct_labels(predictions, 36)
    yield Gallery([_drawn(name, titles[name], *pair) for name, pair in predictions.items()], "small")
    yield Note("Samples of the test part, all seeds together.", left_out(result, len(predictions)))


def _predictions(result: Result, variants: Sequence[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Variant -> targets and outputs of the test part over all seeds, (points,) at most DOTS; finite ones."""
    table = result.predictions_of(variants, "test")
    predictions = {}
    for variant in variants:
        rows = table.filter(pc.equal(table["variant"], variant))
        rows = rows.take(np.linspace(0, len(rows) - 1, min(DOTS, len(rows))).round().astype(int))
        target, output = (rows[name].to_numpy(zero_copy_only=False) for name in ("target", "output"))
        finite = np.isfinite(target) & np.isfinite(output)
        if finite.any():
            predictions[variant] = target[finite], output[finite]
    return predictions


def _drawn(name: str, title: str, target: np.ndarray, output: np.ndarray) -> Picture:
    figure, axes = panel(3.06, title, width=3.0)
    low, high = float(np.min(target)), float(np.max(target))
    room = 0.05 * (high - low or 1.0)
    ends = low - room, high + room
    axes.plot(ends, ends, color=style.SOFT, linewidth=1)
    opacity = min(0.6, max(0.12, 250 / len(target)))
    axes.scatter(target, output, s=6, color=style.BLUE, alpha=opacity, linewidths=0, rasterized=True)
    axes.set(xlim=ends, ylim=ends, xlabel="true", ylabel="predicted", aspect="equal")
    return Picture(f"predicted-{slug(name)}", figure, f"Outputs of {name} against the true values")
