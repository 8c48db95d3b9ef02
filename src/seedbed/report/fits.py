"""Figures of what networks answer: fits against the truth, outputs against targets, confusion matrices."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Rectangle

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.series import Fit, confusion, fits, leaders, predicted
from seedbed.report.style import Picture, panel
from seedbed.results import Result

MOST_PANELS = 6
DOTS = 3000
MOST_NUMBERED = 12  # classes whose cells have room for a number
DARKEST = 0.6  # opacity of a full cell, over which letters stay readable in either theme


def fit_pictures(result: Result) -> list[Picture]:
    """Each variant's outputs over x, with the error under them, on common axes."""
    found = fits(result)
    targets = [fit.target for fit in found.values()]
    if not targets:
        return []
    low, high = np.nanmin(targets), np.nanmax(targets)
    room = 0.12 * (high - low or 1.0)
    return [_fit(name, fit, (low - room, high + room)) for name, fit in found.items()]


def _fit(name: str, fit: Fit, limits: tuple[float, float]) -> Picture:
    figure, axes, under = style.stacked(2.7, name, under=0.5)
    axes.plot(fit.x, fit.target, color=style.SOFT, linewidth=4, alpha=0.35, label="function")
    axes.fill_between(fit.band.x, fit.band.low, fit.band.high, color=style.BLUE, alpha=0.22, linewidth=0)
    axes.plot(fit.x, fit.output, color=style.BLUE, linewidth=1.2, label="median seed")
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
    for name in leaders(result, MOST_PANELS):
        target, output = predicted(result, name, DOTS)
        if not len(target):
            continue
        figure, axes = panel(3.06, name, width=3.0)
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
    """Confusion matrices over all seeds, of the base and the best other variants."""
    tables = {name: confusion(result, name) for name in leaders(result, MOST_PANELS)}
    classes = result.study.get("classes") or []
    return [_confusion(name, table, classes) for name, table in tables.items() if table is not None]


def _confusion(name: str, counts: np.ndarray, classes: list[str]) -> Picture:
    side = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    labels = [str(label) for label in classes] if len(classes) == side else [str(i) for i in range(side)]
    every = max(1, side // 20)
    places = np.arange(0, side, every)
    shown = [style.shortened(labels[place], 10) for place in places]
    longest = max(map(len, shown), default=0)
    margin = 0.35 + 0.07 * longest  # inches
    figure, axes = panel(style.WIDTH, name, left=margin, bottom=margin)
    axes.grid(False)
    for (true, answer), share in np.ndenumerate(shares):
        # the root lets rare mistakes show
        axes.add_patch(
            Rectangle((answer, true), 1, 1, color=style.BLUE, alpha=DARKEST * share**0.5, linewidth=0)
        )
        if side <= MOST_NUMBERED and counts[true, answer]:
            axes.text(answer + 0.5, true + 0.5, _percent(share), ha="center", va="center", fontsize=7)
    axes.set_xticks(places + 0.5, shown, rotation=90 if longest > 3 else 0)
    axes.set_yticks(places + 0.5, shown)
    axes.set(xlim=(0, side), ylim=(side, 0), aspect="equal", xlabel="answered", ylabel="true")
    return Picture(
        f"confusion-{slug(name)}", figure, f"Percent of each class that {name} answered as each class"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share > 0.995 or share >= 0.1 else f"{100 * share:.1f}"
