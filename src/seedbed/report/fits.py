"""Figures of what networks answer: fits against the truth, outputs against targets, confusion and recall."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from seedbed.analysis.intervals import interval
from seedbed.files import slug
from seedbed.metrics.names import RECALL, bounds
from seedbed.report import style
from seedbed.report.series import MOST_PANELS, Fit, confusions, fits, leaders, predicted, recalls
from seedbed.report.style import Picture, panel
from seedbed.results.result import Result

MOST_PAIRS = 6  # variants whose outputs are shown beside the truth
DOTS = 3000
MOST_NUMBERED = 12  # classes whose cells have room for a number
DARKEST = 0.6  # opacity of a full cell, over which letters stay readable in either theme


def fit_pictures(result: Result) -> list[Picture]:
    """The outputs over x of the variants that matter, with the error under them, on common axes."""
    found = fits(result, leaders(result, MOST_PANELS))
    targets = [fit.target for fit in found.values()]
    if not targets:
        return []
    low, high = np.nanmin(targets), np.nanmax(targets)
    room = 0.12 * (high - low or 1.0)
    titles = style.told_apart(found)
    return [_fit(name, titles[name], fit, (low - room, high + room)) for name, fit in found.items()]


def _fit(name: str, title: str, fit: Fit, limits: tuple[float, float]) -> Picture:
    figure, axes, under = style.stacked(2.7, title, under=0.5)
    axes.plot(fit.x, fit.target, color=style.SOFT, linewidth=4, alpha=0.35)
    axes.fill_between(fit.band.x, fit.band.low, fit.band.high, color=style.BLUE, alpha=0.22, linewidth=0)
    axes.plot(fit.x, fit.output, color=style.BLUE, linewidth=1.2)
    axes.set_ylim(*limits)
    error = fit.error
    under.axhline(0, color=style.SOFT, linewidth=0.8)
    under.fill_between(error.x, error.low, error.high, color=style.BLUE, alpha=0.22, linewidth=0)
    under.plot(fit.x, fit.output - fit.target, color=style.BLUE, linewidth=1)
    reach = np.nanmax(np.abs([error.low, error.high]), initial=0)
    if reach:
        under.set_ylim(-1.1 * reach, 1.1 * reach)
        style.few_ticks(under, -reach, 0, reach)
    under.set_ylabel("error")
    under.set_xlabel("x")
    return Picture(f"fit-{slug(name)}", figure, f"The function and what {name} learnt of it")


def predicted_pictures(result: Result) -> list[Picture]:
    """Outputs against targets on the test part, of the base and the best other variants."""
    pictures = []
    found = predicted(result, leaders(result, MOST_PAIRS), DOTS)
    titles = style.told_apart(found, 36)
    for name, (target, output) in found.items():
        figure, axes = panel(3.06, titles[name], width=3.0)
        ends = [float(np.min(target)), float(np.max(target))]
        room = 0.05 * (ends[1] - ends[0] or 1.0)
        ends = [ends[0] - room, ends[1] + room]
        axes.plot(ends, ends, color=style.SOFT, linewidth=1)
        opacity = min(0.6, max(0.12, 250 / len(target)))
        axes.scatter(target, output, s=6, color=style.BLUE, alpha=opacity, linewidths=0, rasterized=True)
        axes.set(xlim=ends, ylim=ends, xlabel="true", ylabel="predicted", aspect="equal")
        pictures.append(
            Picture(f"predicted-{slug(name)}", figure, f"Outputs of {name} against the true values")
        )
    return pictures


def confusion_pictures(result: Result) -> list[Picture]:
    """Confusion matrices over all seeds, each with the recall of its classes, of the base and the best others."""
    tables = {name: confusions(result, name) for name in leaders(result, MOST_PAIRS)}
    counts = {name: table for name, table in tables.items() if table is not None}
    found = {name: recalls(table) for name, table in counts.items()}
    every = np.concatenate([values.ravel() for values in found.values()] or [np.zeros(1)])
    limits = float(np.nanmin(every)), float(np.nanmax(every))
    pictures, titles = [], style.told_apart(counts)
    for name, table in counts.items():
        labels = _labels(result, table.shape[1])
        base = found.get(result.base) if name != result.base else None
        pictures.append(_confusion(name, titles[name], table.sum(axis=0), labels))
        pictures.append(_recall(name, titles[name], found[name], base, labels, limits))
    return pictures


def _labels(result: Result, side: int) -> list[str]:
    classes = result.study.get("classes") or []
    return [str(label) for label in (classes if len(classes) == side else range(side))]


def _class_panel(title: str, labels: list[str]) -> tuple[Figure, Axes]:
    """A square figure with a row a class."""
    side = len(labels)
    places = np.arange(0, side, max(1, side // 20))
    short = style.told_apart(labels, 10)
    shown = [short[labels[place]] for place in places]
    longest = max(map(len, shown), default=0)
    margin = 0.35 + 0.07 * longest  # inches
    figure, axes = panel(style.WIDTH, title, left=margin, bottom=margin)
    axes.set_yticks(places + 0.5, shown)
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
    axes.set(xlim=(0, side), aspect="equal", xlabel="answered")
    return Picture(
        f"confusion-{slug(name)}", figure, f"Percent of each class that {name} answered as each class"
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
