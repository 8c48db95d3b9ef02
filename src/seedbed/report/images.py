"""Figures of images: the mistakes that networks are surest of, and what their first layers look for."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import pyarrow.compute as pc
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from seedbed.files import slug
from seedbed.report import style
from seedbed.report.series import best_and_base
from seedbed.report.style import Picture
from seedbed.results.result import Result
from seedbed.store.models import Trained

EDGE, SPACE, LINE = 0.1, 0.12, 0.14  # inches: around all images, between them, a line of text
MOST_PIXELS = 96  # a side; of larger images every second pixel, or fewer
MOST_UNITS = 40
SURE = 0.9995  # above it a confidence would be rounded to 100 %


def mistake_pictures(result: Result) -> list[Picture]:
    """The surest mistakes of the best variant and of the base, with their images."""
    table = result.mistakes
    found = {
        name: table.filter(pc.equal(table["variant"], name)).to_pylist() for name in best_and_base(result)
    }
    titles = style.told_apart(found)
    return [_mistakes(name, titles[name], rows) for name, rows in found.items() if rows]


def _mistakes(name: str, title: str, rows: list[dict[str, Any]]) -> Picture:
    longest = max(len(row[side]) for row in rows for side in ("true", "answered"))
    columns, between = (6, ", ") if longest <= 3 else (4, "\n")
    short = style.told_apart((row[side] for row in rows for side in ("true", "answered")), 14)
    told = [
        f"said {short[row['answered']]}{between}is {short[row['true']]}\n{_percent(row['confidence'])}"
        for row in rows
    ]
    figure = _sheet(title, [_image(row) for row in rows], columns, told)
    first = told[0].replace("\n", ", ")
    label = f"The {len(rows)} mistakes {name} is surest of; the first: {first}"
    return Picture(f"mistakes-{slug(name)}", figure, label, in_colour=True)


def _percent(confidence: float) -> str:
    return f"{100 * confidence:.1f} %" if confidence < SURE else "> 99.9 %"


def _image(row: dict[str, Any]) -> np.ndarray:
    """A stored image as (height, width, 3)."""
    shape = row["channels"], row["height"], row["width"]
    image = np.frombuffer(row["image"], dtype=np.uint8).reshape(shape).transpose(1, 2, 0)
    step = -(-max(image.shape) // MOST_PIXELS)
    return np.broadcast_to(image[::step, ::step], (*image[::step, ::step].shape[:2], 3))


# --- what first layers look for -------------------------------------------------------------------------


def weight_pictures(result: Result) -> list[Picture]:
    """The first layer of the best variant and of the base, as images, where it sees pixels."""
    found = {name: result.trained(name) for name in best_and_base(result)}
    short = style.told_apart(found, 24)
    return [
        picture
        for name, trained in found.items()
        if trained
        for picture in _weights(name, short[name], trained)
    ]


def _weights(name: str, short: str, trained: Trained) -> list[Picture]:
    layers = _layers(trained)
    kernels = _kernels(layers[0], trained.shape)
    if kernels is None:
        return []
    count, told = len(kernels), None
    if len(layers) == 1:  # a layer that answers by itself has an image a class
        told = list(trained.classes[-count:])
        title = f"{short}: the weights of each class"
    else:
        size = np.linalg.norm(kernels.reshape(count, -1), axis=1)
        kernels = kernels[np.argsort(-size, kind="stable")[:MOST_UNITS]]
        kind = "filters" if kernels.shape[-1] < trained.shape[-1] else "units"
        which = f"{count} {kind}" if count <= MOST_UNITS else f"the {MOST_UNITS} largest of {count} {kind}"
        title = f"{short}: {which}"
    images = list(_coloured(kernels))
    figure = _sheet(title, images, 5 if len(images) <= 10 else 8, told)
    label = f"The weights of the first layer as images. {title}"
    return [Picture(f"weights-{slug(name)}", figure, label, in_colour=kernels.shape[1] == 3)]


def _layers(trained: Trained) -> list[np.ndarray]:
    """The weights of all layers that have some beyond a number a channel, of the first run, in order."""
    places = {
        int(name.split(".")[0]): value[0, :-1] if name.endswith("beta") else value[0]
        for name, value in trained.parameters.items()
        if name.endswith(("weight", "beta")) and value.ndim > 2
    }
    return [places[place] for place in sorted(places)]


def _kernels(weights: np.ndarray, shape: Sequence[int]) -> np.ndarray | None:
    """(units, channels, height, width) of a layer that sees images; None for others, and where it diverged."""
    if len(shape) != 3 or shape[0] not in (1, 3) or not np.isfinite(weights).all():
        return None
    if weights.ndim == 4:
        return weights if weights.shape[-1] > 1 else None
    return weights.T.reshape(-1, *shape) if len(weights) == prod(shape) else None


def _coloured(kernels: np.ndarray) -> np.ndarray:
    """(units, height, width, 3 or 4) in [0, 1]: colours around grey; of one channel, signs as transparent colours.

    One scale for all, so that what a unit hardly looks at stays pale; the largest 0.5 % are cut.
    """
    limit = np.percentile(np.abs(kernels), 99.5) or 1.0
    scaled = np.clip(kernels / limit, -1, 1).transpose(0, 2, 3, 1)
    if scaled.shape[-1] == 3:
        return (scaled + 1) / 2
    sign = np.where(scaled > 0, to_rgb(style.VERMILLION), to_rgb(style.BLUE))
    return np.concatenate([sign, np.abs(scaled)], axis=-1)


# --- drawing --------------------------------------------------------------------------------------------


def _sheet(title: str, images: list[np.ndarray], columns: int, told: list[str] | None) -> Figure:
    """Images of one size in rows, what is told of each below it; every unit of the axes is an inch."""
    width = style.WIDTH - EDGE - style.RIGHT
    side = (width + SPACE) / columns - SPACE
    tall = side * images[0].shape[0] / images[0].shape[1]
    lines = max(text.count("\n") + 1 for text in told) if told else 0
    step = tall + SPACE + lines * LINE
    height = -(-len(images) // columns) * step
    figure, axes = style.panel(height + EDGE + style.TOP, title, left=EDGE, bottom=EDGE)
    for place, image in enumerate(images):
        x, y = place % columns * (side + SPACE), place // columns * step
        axes.imshow(image, extent=(x, x + side, y + tall, y), interpolation="none")
        if told:
            axes.text(x, y + tall + 0.03, told[place], va="top", fontsize=7, linespacing=1.15)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure
