"""The samples of a source, and the data of one run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np


class DataError(ValueError):
    """Data that is missing, damaged or unfit.

    Attributes
    ----------
    problems
        One text per problem, naming what, where and what to do.
    """

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class Encoding:
    """How one input column is made of a column of a table; stored with trained networks, which read new rows by it.

    Attributes
    ----------
    name
        Of the input column.
    column
        Of the table's column.
    kind
        "number"; "category", 1 where the text is `value`; "date", the part `value` of a date; "missing", 1 where
        there is no value.
    value
        See `kind`.
    missing
        The policy for rows without a value, of `data.missing`: "impute", "category", or "" where none are allowed.
    form
        The format of a date, as `strptime` takes it; empty where the column's type in the file is one of dates.
    """

    name: str
    column: str
    kind: str = "number"
    value: str = ""
    missing: str = ""
    form: str = ""


@dataclass(frozen=True)
class Samples:
    """Everything a source holds, before splitting and scaling.

    Attributes
    ----------
    inputs
        (N, features) float32, nan where a value is to be imputed, or images (N, channels, height, width) uint8 or
        float32.
    targets
        (N, 1) float32 for numbers, (N,) int64 class indices for classes.
    features
        Names of the input columns; empty for images.
    classes
        Names of the classes; empty for numbers.
    official_test
        How many of the last samples are the source's own test part; 0 for none.
    grid
        How many of the last samples are equally spaced and free of noise, and belong to no other part; 0 for none.
    unit
        (center, scale) that every run applies before anything else, such as (0, 1 / 255) for pixels.
    sha256
        Checksums of the files read, by name.
    paths
        Where these lie; of images, their folder.
    encodings
        Of each input column of a table; empty for other sources.
    notes
        Sentences about what looks like a mistake in them.
    """

    inputs: np.ndarray
    targets: np.ndarray
    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    official_test: int = 0
    grid: int = 0
    unit: tuple[float, float] = (0.0, 1.0)
    sha256: dict[str, str] = field(default_factory=dict)
    paths: dict[str, Path] = field(default_factory=dict)
    encodings: tuple[Encoding, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def has_gaps(self) -> bool:
        """Whether any input is to be imputed."""
        return any(encoding.missing for encoding in self.encodings) and bool(np.isnan(self.inputs).any())


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
    fill
        (features,) float32: what replaces a missing input, before scaling; None where none may be missing.
    """

    samples: Samples
    parts: dict[str, np.ndarray]
    center: np.ndarray | None = None
    scale: np.ndarray | None = None
    fill: np.ndarray | None = None
