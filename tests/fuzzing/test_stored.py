"""A stored study in whose JSON, journal or tables any one value is another one: shown or refused."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from fuzzing import stored
from hypothesis import given, settings
from hypothesis import strategies as st

Path = tuple[str | int, ...]
ODD = [None, True, 0, -1, 2**63, 1e308, 0.5, "", "base", "\ud800", [], [None], ["x"], {}, {"x": 1}, [[1, 2]]]


def paths(document: Any, begin: Path = ()) -> Iterator[Path]:
    """The keys that lead to every value of a document."""
    yield begin
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from paths(value, (*begin, key))


def replaced(document: Any, path: Path, value: Any) -> Any:
    """A document with another value at the end of a path; without it where the value is `DROPPED`."""
    if not path:
        return value
    key, *rest = path
    inner = replaced(document[key], tuple(rest), value)
    if isinstance(document, list):
        return [*document[:key], inner, *document[key + 1 :]]
    return {name: inner if name == key else old for name, old in document.items()}


def without(document: Any, path: Path) -> Any:
    """A document without the value at the end of a path."""
    *before, last = path
    for key in before:
        document = document[key]
    del document[last]


@pytest.mark.parametrize("name", ["resolved.json", "environment.json"])
@settings(max_examples=120)
@given(data=st.data())
def test_a_document_with_another_value(name: str, data: st.DataObject) -> None:
    document = json.loads(stored.content(name))
    path = data.draw(st.sampled_from(list(paths(document))))
    if path and data.draw(st.integers(0, 4)) == 0:
        without(document, path)
    else:
        document = replaced(document, path, data.draw(st.sampled_from(ODD)))
    stored.with_file(name, json.dumps(document).encode())


@settings(max_examples=120)
@given(data=st.data())
def test_a_journal_with_another_value(data: st.DataObject) -> None:
    events = [json.loads(line) for line in stored.content("journal.jsonl").splitlines()]
    path = data.draw(st.sampled_from([path for path in paths(events) if path]))
    if data.draw(st.integers(0, 4)) == 0:
        without(events, path)
    else:
        events = replaced(events, path, data.draw(st.sampled_from(ODD)))
    stored.with_file("journal.jsonl", "".join(f"{json.dumps(event)}\n" for event in events).encode())


COLUMNS: list[Any] = [
    pa.nulls,
    lambda length: pa.array(["x"] * length),
    lambda length: pa.array([-1] * length),
    lambda length: pa.array([2**40] * length),
    lambda length: pa.array([float("nan")] * length),
    lambda length: pa.array([[1.0]] * length),
    lambda length: pa.array([b"\xff"] * length),
]


@settings(max_examples=120)
@given(data=st.data())
def test_a_table_with_another_column(data: st.DataObject) -> None:
    table = parquet.read_table(io.BytesIO(stored.content("runs.parquet")))
    index = data.draw(st.integers(0, table.num_columns - 1))
    if data.draw(st.integers(0, 4)) == 0:
        table = table.remove_column(index)
    else:
        column = data.draw(st.sampled_from(COLUMNS))(len(table))
        table = table.set_column(index, table.schema.names[index], column)
    if data.draw(st.booleans()):
        table = pa.concat_tables([table, table])
    written = io.BytesIO()
    parquet.write_table(table, written)
    stored.with_file("runs.parquet", written.getvalue())
