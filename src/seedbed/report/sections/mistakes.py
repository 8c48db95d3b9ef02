"""The section on images: the most confident mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow.compute as pc

from seedbed.files import slug
from seedbed.report.blocks import Block, Gallery, Note
from seedbed.report.labels import distinct_labels
from seedbed.report.leaders import best_and_base, best_and_base_named
from seedbed.report.picture import Picture
from seedbed.report.sheet import sheet
from seedbed.results.result import Result

MOST_PIXELS = 96  # a side; of larger images every second pixel, or fewer
SURE = 0.9995  # above it a confidence would be rounded to 100 %


def blocks(result: Result) -> Iterator[Block]:
    """The most confident mistakes of the best variant and of the base, with their images."""
    table, names = result.mistakes, best_and_base(result)
    mistakes = {name: table.filter(pc.equal(table["variant"], name)).to_pylist() for name in names}
    titles = distinct_labels(mistakes)
    pictures = [_drawn(name, titles[name], rows) for name, rows in mistakes.items() if rows]
    if pictures:
        yield Gallery(pictures)
        yield Note(
            f"Of {best_and_base_named(result)}: the misclassified images with the highest predicted probability, under "
            "the first seed: the predicted class, the true class, and that probability."
        )


def _drawn(name: str, title: str, rows: list[dict[str, Any]]) -> Picture:
    labels = [row[side] for row in rows for side in ("true", "answered")]
    columns, between = (6, ", ") if max(map(len, labels)) <= 3 else (4, "\n")
    short = distinct_labels(labels, 14)
    texts = [
        f"said {short[row['answered']]}{between}is {short[row['true']]}\n{_percent(row['confidence'])}"
        for row in rows
    ]
    figure = sheet(title, [_image(row) for row in rows], columns, texts)
    first = texts[0].replace("\n", ", ")
    label = f"The {len(rows)} most confident mistakes of {name}; the first: {first}"
    return Picture(f"mistakes-{slug(name)}", figure, label, in_colour=True)


def _percent(confidence: float) -> str:
    return f"{100 * confidence:.1f} %" if confidence < SURE else "> 99.9 %"


def _image(row: dict[str, Any]) -> np.ndarray:
    """A stored image as (height, width, 3)."""
    shape = row["channels"], row["height"], row["width"]
    image = np.frombuffer(row["image"], dtype=np.uint8).reshape(shape).transpose(1, 2, 0)
    step = -(-max(image.shape) // MOST_PIXELS)
    return np.broadcast_to(image[::step, ::step], (*image[::step, ::step].shape[:2], 3))
