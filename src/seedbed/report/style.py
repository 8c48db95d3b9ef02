"""How figures look: a few colours, which the page replaces by variables so that they follow its theme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np

PAPER, INK, SOFT, RULE = "#fefefe", "#1c1c1b", "#6a6a67", "#d8d7d3"
# Okabe and Ito's palette, which people with any colour vision can tell apart
BLUE, VERMILLION, GREEN, PURPLE, ORANGE = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"
VARIANT_COLOURS = (INK, BLUE, VERMILLION, GREEN, PURPLE, ORANGE)
VARIABLES = {
    INK: "var(--ink)", SOFT: "var(--soft)", RULE: "var(--rule)", BLUE: "var(--blue)", GREEN: "var(--green)",
    VERMILLION: "var(--vermillion)", PURPLE: "var(--purple)", ORANGE: "var(--orange)",
    PAPER: "var(--paper)",
}  # fmt: skip
SETTINGS: Any = {
    "svg.hashsalt": "seedbed",
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.use_mathtext": False,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "savefig.facecolor": PAPER,
    "image.composite_image": False,  # every image keeps its own pixels
    "text.parse_math": False,  # names of variants are names, whatever dollars they hold
}
DASHES = (0, (4, 2))  # of the base, over the other lines, so that whatever coincides with it shows through
WIDTH = 4.6  # inches: two abreast on a desk, one on a phone without shrinking its letters
LEFT, RIGHT, TOP, BOTTOM, GAP = (
    0.56,
    0.1,
    0.3,
    0.44,
    0.14,
)  # inches: margins of a figure, between stacked axes
LEGEND_LINE = 0.19  # inches


@contextmanager
def drawing() -> Iterator[None]:
    """The context in which figures are made and saved; near the largest numbers matplotlib's axes overflow."""
    with matplotlib.rc_context(SETTINGS), np.errstate(over="ignore", invalid="ignore"):
        yield
