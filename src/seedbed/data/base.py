"""What a source of data gives, and what a run gets of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


class DataError(ValueError):
    """Data that is missing, damaged or unfit.

    Attributes
    ----------
    problems
        All that is wrong, each text naming what, where and what to do.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Samples:
    """Everything a source holds, before splitting and scaling.

    Attributes
    ----------
    inputs
        (N, features) float32, or images (N, channels, height, width) uint8 or float32.
    targets
        (N, 1) float32 for numbers, (N,) int64 class indices for classes.
    features
        Names of the input columns; empty for images.
    classes
        Names of the classes; empty for numbers.
    official_test
        How many of the last samples are the source's own test part; 0 for none.
    unit
        (center, scale) that every run applies before anything else, such as (0, 1 / 255) for pixels.
    sha256
        Checksums of the files read, by name.
    """

    inputs: np.ndarray
    targets: np.ndarray
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    official_test: int = 0
    unit: tuple[float, float] = (0.0, 1.0)
    sha256: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """One run's data: the samples, which part each belongs to, and the scaling fitted on the training part.

    Attributes
    ----------
    samples
        Shared between all runs that read the same ones (the same object).
    parts
        Sample numbers, int32, of "train" (what the network is fitted on), "val" and "test"; absent parts are
        left out. Functions of one variable add "grid": equally spaced noise-free points.
    center, scale
        float32 of the shape of one sample, or broadcastable to it: a network sees (inputs - center) * scale.
        None where nothing is scaled.
    """

    samples: Samples
    parts: dict[str, np.ndarray]
    center: np.ndarray | None = None
    scale: np.ndarray | None = None
