"""Rows that stored networks are asked about, and what all kinds of them share: classes by name, bytes as pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from seedbed.data.base import DataError
from seedbed.data.sources import source
from seedbed.data.sources.base import Source
from seedbed.store.models import Trained
from seedbed.text import counted

MOST_LISTED = 3


@dataclass(frozen=True)
class Asked:
    """Rows that networks are asked about.

    Attributes
    ----------
    inputs
        (N, *shape), raw: neither scaled nor centred.
    carried
        The columns that are no features, such as an id, N rows each.
    targets
        (N,) float64: the number, or the place of the class among the networks' classes; NaN where a row has no
        target. None where no row has one.
    unscored
        Why there are no targets.
    outside
        How many rows `data.where` would have kept out of training; None where that cannot be told.
    """

    inputs: np.ndarray
    carried: pa.Table = field(default_factory=lambda: pa.table({}))
    targets: np.ndarray | None = None
    unscored: str = ""
    outside: int | None = 0


def source_of(trained: Trained) -> Source:
    """What the networks' data came from."""
    return source(trained.recipe["data"]["source"])


def class_places(labels: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """Which class each label is; a label that is none of them is left out.

    Numbers and truth values are found however they are written: the classes of a column of numbers are called
    "0" and "1" whether the new rows say 1, 1.0 or true.
    """
    places = {name: place for place, name in enumerate(classes)}
    found = ((label, next((form for form in _forms(label) if form in places), None)) for label in labels)
    return {label: places[form] for label, form in found if form is not None}


def _forms(label: str) -> Iterable[str]:
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
    """What to say where values are unknown to the networks.

    Parameters
    ----------
    what
        Where the values stand, such as "new.csv: column 'color'".
    rows
        The data rows, counted from 1, in which each value stands.
    """
    values = [f"{value!r} in data {_places(numbers)}" for value, numbers in rows.items()]
    got = "; ".join(values[:MOST_LISTED])
    if len(values) > MOST_LISTED:
        got += f"; and {counted(len(values) - MOST_LISTED, 'other value')}"
    names = list(known)
    listed = ", ".join(names[:8]) + (f", ... ({len(names):,} in all)" if len(names) > 8 else "")
    return f"{what}: expected a value that the networks were trained on ({listed}), got {got}; {remedy}"


def _places(numbers: Sequence[int]) -> str:
    listed = ", ".join(f"{number:,}" for number in numbers[:MOST_LISTED])
    more = f" and {len(numbers) - MOST_LISTED:,} more" if len(numbers) > MOST_LISTED else ""
    return f"{'row' if len(numbers) == 1 else 'rows'} {listed}{more}"
