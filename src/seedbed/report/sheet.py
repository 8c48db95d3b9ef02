"""A figure of many images in rows, with a text below each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from seedbed.report import style
from seedbed.report.axes import panel

EDGE, SPACE, LINE = 0.1, 0.12, 0.14  # inches: around all images, between them, a line of text


def sheet(title: str, images: Sequence[np.ndarray], columns: int, texts: Sequence[str] = ()) -> Figure:
    """Images of one size in rows, the text of each below it; every unit of the axes is an inch."""
    width = style.WIDTH - EDGE - style.RIGHT
    side = (width + SPACE) / columns - SPACE
    tall = side * images[0].shape[0] / images[0].shape[1]
    lines = max(text.count("\n") + 1 for text in texts) if texts else 0
    step = tall + SPACE + lines * LINE
    height = -(-len(images) // columns) * step
    figure, axes = panel(height + EDGE + style.TOP, title, left=EDGE, bottom=EDGE)
    for index, image in enumerate(images):
        x, y = index % columns * (side + SPACE), index // columns * step
        axes.imshow(image, extent=(x, x + side, y + tall, y), interpolation="none")
        if texts:
            axes.text(x, y + tall + 0.03, texts[index], va="top", fontsize=7, linespacing=1.15)
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.set_axis_off()
    return figure
