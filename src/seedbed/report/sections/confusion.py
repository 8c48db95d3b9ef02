"""The section on classes: confusion matrices, each with the recall of its classes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seedbed.analysis.intervals import interval
from seedbed.files import slug
from seedbed.metrics.names import RECALL, bounds
from seedbed.report import style
from seedbed.report.axes import panel
from seedbed.report.blocks import Block, Gallery, Note
from seedbed.report.labels import distinct_labels
from seedbed.report.leaders import MOST_PAIRS, left_out
from seedbed.report.picture import Picture
from seedbed.results.leading import leaders
from seedbed.results.result import Result

MOST_NUMBERED = 12  # classes whose cells have room for a number
DARKEST = 0.6  # opacity of a full cell, over which letters stay readable in either theme


def blocks(result: Result) -> Iterator[Block]:
    """The confusion matrix over all seeds and the recalls of each of the variants that matter."""
    tables = {name: _confusions(result, name) for name in leaders(result, MOST_PAIRS)}
    counts = {name: table for name, table in tables.items() if table is not None}
    if not counts:
        return
    recalls = {name: _recalls(table) for name, table in counts.items()}
    every = np.concatenate([values.ravel() for values in recalls.values()])
    limits = float(np.nanmin(every)), float(np.nanmax(every))
    pictures, titles = [], distinct_labels(counts)
    for name, table in counts.items():
        labels = _labels(result, table.shape[1])
        base = recalls.get(result.base) if name != result.base else None
        pictures.append(_confusion(name, titles[name], table.sum(axis=0), labels))
        pictures.append(_recall(name, titles[name], recalls[name], base, labels, limits))
    yield Gallery(pictures)
    grey = f"; grey: the mean of {result.base}" if len(counts) > 1 else ""
    yield Note(
        "Percent of each true class predicted as each class, over all seeds; the diagonal is the recall of each class. "
        "Beside it, recall by class: a small dot is a run, the large one the mean, with its 95 % t interval over "
        f"seeds{grey}.",
        left_out(result, len(counts)),
    )


def _confusions(result: Result, variant: str) -> np.ndarray | None:
    """Counts (runs, classes, classes), one row per true class; None where no run has any."""
    rows = result.runs.filter(pc.equal(result.runs["variant"], variant))["confusion"].to_pylist()
    flat = [row for row in rows if row and any(row)]  # a run whose outputs are not finite has zeros
    if not flat:
        return None
    side = round(len(flat[0]) ** 0.5)
    return np.array(flat).reshape(-1, side, side)


def _recalls(counts: np.ndarray) -> np.ndarray:
    """The recall of each class in each run, (classes, runs), of confusion matrices; NaN where there is none of it."""
    right, truly = np.diagonal(counts, axis1=1, axis2=2), counts.sum(axis=2)
    return np.divide(right, truly, out=np.full(right.shape, np.nan), where=truly > 0).T


def _labels(result: Result, side: int) -> list[str]:
    classes = result.study.get("classes") or []
    return [str(label) for label in (classes if len(classes) == side else range(side))]


def _class_panel(title: str, labels: list[str]) -> tuple[Figure, Axes]:
    """A square figure with one row per class."""
    side = len(labels)
    rows = np.arange(0, side, max(1, side // 20))
    short = distinct_labels(labels, 10)
    shown = [short[labels[row]] for row in rows]
    longest = max(map(len, shown), default=0)
    margin = 0.35 + 0.07 * longest  # inches
    figure, axes = panel(style.WIDTH, title, left=margin, bottom=margin)
    axes.set_yticks(rows + 0.5, shown)
    axes.set(ylim=(side, 0), ylabel="true")
    return figure, axes


def _confusion(name: str, title: str, counts: np.ndarray, labels: list[str]) -> Picture:
    side = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = _class_panel(title, labels)
    axes.grid(False)
    for (true, answer), share in np.ndenumerate(shares):
        # the root lets rare mistakes show
        axes.add_patch(
            Rectangle((answer, true), 1, 1, color=style.BLUE, alpha=DARKEST * share**0.5, linewidth=0)
        )
        if side <= MOST_NUMBERED and counts[true, answer]:
            axes.text(answer + 0.5, true + 0.5, _percent(share), ha="center", va="center", fontsize=7)
    shown = [label.get_text() for label in axes.get_yticklabels()]
    axes.set_xticks(axes.get_yticks(), shown, rotation=90 if max(map(len, shown)) > 3 else 0)
    axes.set(xlim=(0, side), aspect="equal", xlabel="predicted")
    return Picture(
        f"confusion-{slug(name)}", figure, f"Percent of each class that {name} predicted as each class"
    )


def _recall(
    name: str,
    title: str,
    values: np.ndarray,
    base: np.ndarray | None,
    labels: list[str],
    limits: tuple[float, float],
) -> Picture:
    """Recall (classes, runs) in the rows of the confusion matrix; the base's mean in grey."""
    figure, axes = _class_panel(title, labels)
    for row, own in enumerate(values):
        seen = interval(own).within(*bounds(RECALL))
        if base is not None:
            axes.plot([interval(base[row]).mean] * 2, [row + 0.2, row + 0.8], color=style.SOFT)
        axes.plot(own, [row + 0.75] * len(own), ".", markersize=4, color=style.BLUE, alpha=0.5)
        axes.plot([seen.low, seen.high], [row + 0.5] * 2, color=style.BLUE, linewidth=2.2)
        axes.plot(seen.mean, row + 0.5, "o", markersize=5.5, color=style.BLUE)
    low, high = limits
    room = 0.06 * (high - low or 0.1)
    axes.set(xlim=(low - room, high + room), xlabel="recall")
    return Picture(f"recall-{slug(name)}", figure, f"The share of each class that {name} recognised")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share > 0.995 or share >= 0.1 else f"{100 * share:.1f}"
