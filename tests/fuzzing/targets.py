"""What is fuzzed: every reader of bytes that somebody else may have written, as a function of these bytes.

A target returns where the bytes were read or refused with the errors that users see, and raises whatever else happened:
that is a defect. `TARGETS` is all of them by name; `test_fuzzing.py` tries them in CI, `python -m bench.fuzz` for long.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from fuzzing import foreign, results, stored

import seedbed
from seedbed.cli.errors import user_errors

if TYPE_CHECKING:
    from seedbed.api import Study


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
    from seedbed.data.expressions.expression import Expression

    names, texts = ["x", "y", "Run1 (ms)", "color"], {"color": ("red", "blue")}
    with suppress(*user_errors()):
        parsed = Expression.parse(content.decode("utf-8", "replace"), names, texts)
        values = parsed(_Columns({name: np.linspace(-2, 2, 5) for name in names}))
        assert values.dtype == np.float64
        assert values.shape == (5,)


SMALL = b"""
name = "fuzzing/small"
data = { source = "function", expression = "sin(x)", domain = [0, 6], samples = 50, grid = 20 }
model = { kind = "mlp", hidden = [4] }
training = { lr = 0.1, epochs = 2 }
study = { seeds = 2 }
"""
LABS = Path(seedbed.__file__).parent / "labs"
MOST_RUNS, MOST_SAMPLES = 100, 10_000  # of a study that is also planned


def study(content: bytes) -> None:
    """The reader of study files: what is valid is the same when it is written and read again, and can be planned."""
    from seedbed.api import Study
    from seedbed.study.tomltext import to_toml

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # `Study.load` refuses it
        return
    with suppress(*user_errors()):
        read = Study.parse(text)
        again = Study.parse(to_toml(read.tables))
        assert [variant.name for variant in again.variants] == [variant.name for variant in read.variants]
        _plan(read)


def setting(content: bytes) -> None:
    """What stands behind --set and --vary: KEY=VALUE."""
    from seedbed.api import Study

    key, _, value = content.decode("utf-8", "replace").partition("=")
    base = Study.parse(SMALL.decode())
    with suppress(*user_errors()):
        _plan(base.override(set={key: value}))
    with suppress(*user_errors()):
        _plan(base.override(vary={key: value}))


def _plan(study: Study) -> None:
    """Plan a study that needs no files and little time."""
    from seedbed.plan.plan import plan

    sources = [variant.configuration.data for variant in study.variants]
    drawn = all(one.source == "function" and one.samples + one.grid <= MOST_SAMPLES for one in sources)
    if drawn and len(sources) * study.seeds <= MOST_RUNS:
        assert plan(study).document()


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


def _stored(name: str) -> Target:
    return Target(partial(stored.with_file, name), lambda: [stored.content(name)])


def _table(suffix: str) -> Target:
    return Target(partial(foreign.table, f"t{suffix}"), partial(foreign.tables, suffix))


TARGETS: dict[str, Target] = {
    **{name: _table(suffix) for name, suffix in foreign.FORMATS.items()},
    **{name: Target(read, seeds) for name, (read, seeds) in foreign.READERS.items()},
    **{name: Target(read, seeds) for name, (read, seeds) in results.READERS.items()},
    "journal": _stored("journal.jsonl"),
    "resolved": _stored("resolved.json"),
    "environment": _stored("environment.json"),
    "runs": _stored("runs.parquet"),
    "checkpoint": Target(stored.checkpoint, stored.checkpoints_written),
    "expression": Target(
        expression,
        lambda: [
            b"sin(x) + cos(x) + sin(x)*cos(x)",
            b"(`Run1 (ms)` + log10(y))/2 > 3 % pi",
            b'color in ("red", "blue") and not is_missing(x) or minimum(x, -2**y) == 1e-3',
        ],
    ),
    "setting": Target(
        setting, lambda: [b"training.lr=0.1,1e-3", b"model.hidden=[4, 4]", b"data.split=[0.5, 0.5]"]
    ),
    "study": Target(
        study, lambda: [SMALL, *(path.read_bytes() for path in sorted(LABS.glob("trig/*.toml")))]
    ),
}
