"""What is fuzzed: every reader of bytes that somebody else may have written, as a function of these bytes.

A target returns where the bytes were read or refused with the errors that users see, and raises whatever else happened:
that is a defect. `TARGETS` is all of them by name; `test_fuzzing.py` tries them in CI, `python -m bench.fuzz` for long.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seedbed.cli.errors import user_errors


@contextmanager
def file_of(content: bytes, name: str) -> Iterator[Path]:
    """A file of that name, in a directory of its own."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / name
        path.write_bytes(content)
        yield path


class _Columns(dict[str, np.ndarray]):
    """Columns of numbers, any of which can be compared with text as one of a table can."""

    def equals(self, name: str, value: object) -> np.ndarray:
        return self[name] > 0


def expression(content: bytes) -> None:
    """The parser of expressions, and what it made of them computed."""
    from seedbed.data.expressions.parser import Expression

    names, texts = ["x", "y", "Run1 (ms)", "color"], {"color": ("red", "blue")}
    with suppress(*user_errors()):
        parsed = Expression.parse(content.decode("utf-8", "replace"), names, texts)
        parsed(_Columns({name: np.linspace(-2, 2, 5) for name in names}))


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes
    ----------
    read
        Takes the bytes; returns where they were read or refused.
    seeds
        Contents that are valid, or nearly, from which fuzzers start.
    """

    read: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


TARGETS: dict[str, Target] = {
    "expression": Target(
        expression,
        lambda: [
            b"sin(x) + cos(x) + sin(x)*cos(x)",
            b"(`Run1 (ms)` + log10(y))/2 > 3 % pi",
            b'color in ("red", "blue") and not is_missing(x) or minimum(x, -2**y) == 1e-3',
        ],
    ),
}
