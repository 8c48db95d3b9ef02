"""New rows to predict from, and what all kinds of them share: classes by name, bytes as pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from seedbed.data.base import DataError
from seedbed.data.sources import source
from seedbed.data.sources.base import Source
from seedbed.store.models import Trained
from seedbed.text import counted

MOST_LISTED = 3


@runtime_checkable
class DataFrame(Protocol):
    """A table of any library that exports Arrow's stream of it, such as pandas, Polars or pyarrow."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule with the stream."""
        ...


Rows = str | Path | DataFrame | ArrayLike


@dataclass(frozen=True)
class NewRows:
    """Rows in the form that stored networks take.

    Attributes
    ----------
    inputs
        (N, *shape), raw: neither scaled nor centred.
    extra
        The columns that are not features, such as an id, N rows each.
    targets
        (N,) float64: the number, or the index of the class among the networks' classes; NaN where a row has no
        target. None where no row has one.
    unscored
        Why there are no targets.
    outside
        How many rows `data.where` would have kept out of training; None where that is not known.
    """

    inputs: np.ndarray
    extra: pa.Table = field(default_factory=lambda: pa.table({}))
    targets: np.ndarray | None = None
    unscored: str = ""
    outside: int | None = 0


def source_of(trained: Trained) -> Source:
    """What the networks' data came from."""
    return source(trained.recipe["data"]["source"])


def class_indices(labels: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """The index of each label's class; labels that are not classes are left out.

    Numbers and truth values may be written in any form: the classes of a column of numbers are called "0" and "1"
    whether the new rows say 1, 1.0 or true.
    """
    indices = {name: index for index, name in enumerate(classes)}
    known = ((label, next((form for form in _forms(label) if form in indices), None)) for label in labels)
    return {label: indices[form] for label, form in known if form is not None}


def _forms(label: str) -> Iterable[str]:
    """The ways in which the class that a label means may be called."""
    yield label
    try:
        number = float(label)
    except ValueError:
        number = np.nan
    if number == np.rint(number) and np.isfinite(number):
        yield str(int(number))
    if label.lower() in ("true", "false"):
        yield label.capitalize()
        yield str(int(label.lower() == "true"))


def brightest(trained: Trained) -> int | None:
    """The largest pixel of images of whole numbers, such as 255; None for networks trained on other numbers."""
    return source_of(trained).brightest or (255 if trained.dtype == "uint8" else None)


def check_pixels(where: str, pixels: np.ndarray, trained: Trained) -> None:
    """Refuse pixels that are not on the scale of those that the networks were trained on."""
    most = brightest(trained)
    if most is None:
        return
    if pixels.min(initial=0) < 0 or pixels.max(initial=0) > most or (pixels != np.rint(pixels)).any():
        raise DataError(
            f"{where}: expected pixels as whole numbers in 0..{most}, as the networks were trained on; got "
            f"{pixels.dtype} from {pixels.min():g} to {pixels.max():g}; multiply or round them"
        )


def unknown(what: str, rows: Mapping[str, Sequence[int]], known: Iterable[str], remedy: str) -> str:
    """The message about values that are unknown to the networks.

    Parameters
    ----------
    what
        Where the values are, such as "new.csv: column 'color'".
    rows
        The data rows, counted from 1, that hold each value.
    """
    values = [f"{value!r} in data {_numbered(numbers)}" for value, numbers in rows.items()]
    got = "; ".join(values[:MOST_LISTED])
    if len(values) > MOST_LISTED:
        got += f"; and {counted(len(values) - MOST_LISTED, 'other value')}"
    names = list(known)
    listed = ", ".join(names[:8]) + (f", ... ({len(names):,} in all)" if len(names) > 8 else "")
    return f"{what}: expected a value that the networks were trained on ({listed}), got {got}; {remedy}"


def _numbered(numbers: Sequence[int]) -> str:
    listed = ", ".join(f"{number:,}" for number in numbers[:MOST_LISTED])
    more = f" and {len(numbers) - MOST_LISTED:,} more" if len(numbers) > MOST_LISTED else ""
    return f"{'row' if len(numbers) == 1 else 'rows'} {listed}{more}"
