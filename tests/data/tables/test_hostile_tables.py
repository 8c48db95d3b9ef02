"""Tables that promise more than they hold, hold more than they promise, or are written as nobody should."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from odd_files import little_memory, within
from pyarrow import csv, feather, ipc, parquet

from seedbed.data import DataError
from seedbed.data.tables import csvfile, rows, tablefile
from seedbed.data.tables.ipcsize import sizes

pytestmark = pytest.mark.filterwarnings("error")


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def says(path: Path, expected: str, **settings: object) -> None:
    with within(30), pytest.raises(DataError, match=expected):
        rows.read(path, target="y", **settings)  # type: ignore[arg-type]


# --- of types of their own ------------------------------------------------------------------------------------

MANY = 2_000_000


def test_a_parquet_file_of_repeated_numbers_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"a": np.zeros(MANY), "y": np.zeros(MANY)}), path, compression="zstd")
    assert path.stat().st_size < MANY / 20
    little_memory(monkeypatch, 10**7)
    says(path, r"t\.parquet: its table takes 32 MB, and 10 MB of memory are free")


@pytest.mark.parametrize("kind", ["plain", "dictionary"])
def test_a_parquet_file_of_repeated_text_is_refused_before_it_is_spelt_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path, text = tmp_path / "t.parquet", pa.array(["long " * 200])
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(10_000, np.int32)), text)
    table = pa.table({"a": column.cast(pa.string()) if kind == "plain" else column, "y": np.zeros(10_000)})
    parquet.write_table(table, path)
    assert path.stat().st_size < 10_000
    little_memory(monkeypatch, 10**7)
    says(path, r"t\.parquet: its text takes 10 MB, and 10 MB of memory are free")


def test_lists_in_a_parquet_file_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    lists = pa.ListArray.from_arrays(pa.array([0, 10**6, 10**6]), pa.array(np.zeros(10**6)))
    nested = pa.StructArray.from_arrays([pa.array([1, 2])], ["z"])
    table = pa.table({"a": [1.0, 2.0], "lists": lists, "b.c": ["x", "y"], "nested": nested, "y": [1.0, 2.0]})
    parquet.write_table(table, path)
    little_memory(monkeypatch, 10**6)
    says(path, "neither numbers, dates nor text: 'lists' .*, 'nested'")
    samples = rows.read(path, target="y", exclude=("lists", "nested"))
    assert samples.features == ("a", "b.c=x", "b.c=y")


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_an_arrow_file_that_unpacks_to_too_much_is_refused_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    table, sink = pa.table({"a": np.zeros(MANY), "y": np.zeros(MANY)}), io.BytesIO()
    if kind == "file":
        feather.write_feather(table, sink, compression="zstd")
    else:
        options = ipc.IpcWriteOptions(compression="zstd")
        with ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table, max_chunksize=10_000)
    path = written(tmp_path / "t.arrow", sink.getvalue())
    assert path.stat().st_size < MANY / 20
    little_memory(monkeypatch, 10**7)
    says(path, r"t\.arrow: its table takes at least .* MB, and 10 MB of memory are free")


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
@pytest.mark.parametrize("new", [ipc.new_file, ipc.new_stream])
def test_what_an_arrow_file_unpacks_to_is_known_before(
    new: Callable[..., Any], compression: str | None
) -> None:
    words = pa.array([str(row % 5) for row in range(1000)])
    table = pa.table(
        {
            "a": np.arange(1000.0),
            "b": words.dictionary_encode(),
            "c": [None if row % 7 else "x" * row for row in range(1000)],
            "d": [[row, row] for row in range(1000)],
        }
    )
    sink = pa.BufferOutputStream()
    with new(sink, table.schema, options=ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=300)
    stream = sink.getvalue().slice(8 if new is ipc.new_file else 0)
    words_of_all, *batches = sizes(stream)
    taken = [batch.get_total_buffer_size() - words_of_all for batch in ipc.open_stream(stream)]
    assert batches == taken


def test_an_arrow_file_of_one_batch_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.arrow"
    feather.write_feather(pa.table({"y": np.zeros(MANY)}), path, compression="zstd", chunksize=MANY)
    little_memory(monkeypatch, 10**7)
    monkeypatch.setattr(ipc, "open_stream", None)
    says(path, r"t\.arrow: its table takes at least 16 MB, and 10 MB of memory are free")


def test_an_arrow_file_that_ends_before_all_its_batches_is_refused(tmp_path: Path) -> None:
    table, file = pa.table({"y": np.zeros(10)}), pa.BufferOutputStream()
    with ipc.new_file(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=5)
        writer.write_table(table)
    content = bytearray(file.getvalue())
    end = bytes.fromhex("ffffffff00000000")  # of a stream
    second = content.index(end[:4], content.index(end[:4], content.index(end[:4]) + 4) + 4)
    content[second : second + 8] = end
    says(written(tmp_path / "t.arrow", content), "it holds 1 of the 3 batches that it names")


def test_what_is_read_is_in_no_memory_of_pythons() -> None:
    table = pa.table({"a": np.arange(1000.0), "y": ["a", "b"] * 500})
    sinks = {name: pa.BufferOutputStream() for name in ("csv", "parquet", "arrow")}
    csv.write_csv(table, sinks["csv"])
    parquet.write_table(table, sinks["parquet"])
    feather.write_feather(table, sinks["arrow"], compression="uncompressed")
    for name, sink in sinks.items():
        content = bytearray(sink.getvalue())
        read = tablefile.PARSE[f".{name}"](content, csvfile.PLAIN, ())
        content.clear()  # which fails while anything looks at it
        assert read["a"].to_pylist() == table["a"].to_pylist()


def test_text_that_is_none_is_refused(tmp_path: Path) -> None:
    """Arrow does not look at the bytes of a file unless it is asked to."""
    sink = io.BytesIO()
    table = pa.table({"a": pa.array([b"\xff\xfe", b"ab"]).view(pa.string()), "y": [1.0, 2.0]})
    feather.write_feather(table, sink, compression="uncompressed")
    says(written(tmp_path / "t.feather", sink.getvalue()), r"t\.feather is not a proper feather file: .*UTF")


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    sink = io.BytesIO()
    parquet.write_table(pa.table({"näme": [1.0], "y": [2.0]}), sink, store_schema=False)
    content = sink.getvalue().replace("näme".encode(), b"n\xff\xfeme")
    says(written(tmp_path / "t.parquet", content), r"t\.parquet is not a proper parquet file: .*UTF")


def test_a_time_zone_that_there_is_not_is_said(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([1, 2], pa.timestamp("s", "Nowhere/At_all")), "y": [1.0, 2.0]})
    feather.write_feather(table, tmp_path / "t.feather")
    says(tmp_path / "t.feather", r"t\.feather cannot be taken apart: .*Nowhere/At_all")


# --- written as text ------------------------------------------------------------------------------------------


def test_a_table_of_more_values_than_memory_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "t.csv", "a,y\n" + "1,2\n" * 500_000)
    little_memory(monkeypatch, 10**7)
    says(path, r"t\.csv: its table takes about 8 MB, and 10 MB of memory are free")


def test_lines_may_be_long_but_not_beyond_all_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"column{number:0100}" for number in range(8_000)]
    wide = ",".join([*names, "y"]) + "\n" + (",".join(["123456789.123456"] * 8_001) + "\n") * 3
    table = tablefile.read(written(tmp_path / "wide.csv", wide))
    assert (table.num_rows, table.num_columns) == (3, 8_001)
    path = written(tmp_path / "t.csv", "a,y\n1,2\n" + "3" * 5_000_000)
    says(
        path,
        r"t\.csv: a line is longer than 1\.05 MB, and the first has 4 B; does a line break or a quote lack",
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,y\n", "it has a header but no rows"),
        ("", "is empty"),
        ("\n\n\n", "is empty"),
        ("a,a,,y\n1,2,3,4\n", "column 3 has no name"),
        ("a,y\n1,2\n3\n", "line 3 is ragged, 1 of 2 columns"),
        ('a,y\n1,"2\n3,4\n', "target 'y'"),
        (b"a,y\n\xe9,1\n\xc3\xa9,2\n", "byte 5 is not UTF-8"),
        (b"a,y\n1,2\n" + b"3,4\n" * 2_000_000 + b"\xff,5\n", "byte 8,000,009 is not UTF-8"),
        (b"\x00\x01\x02" * 99, ""),
        (f"a,y\n{'9' * 400},1\n2,2\n", "too large for 32 bits: 'a' .data row 1."),
        ("a,y\n1,2\n" + "3,4\n" * 999 + "x,5\n", "'x' in data row 1001"),
    ],
    ids=range(11),
)
def test_what_is_wrong_is_said(tmp_path: Path, content: str | bytes, expected: str) -> None:
    says(written(tmp_path / "t.csv", content), rf"t\.csv.*{expected}")


def test_the_last_line_may_lack_its_end_and_numbers_may_be_wide(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", f"a,y\n{2**63},1\n{2**64},2")
    np.testing.assert_array_equal(rows.read(path, target="y").inputs[:, 0], np.float32([2**63, 2**64]))


def test_a_mark_of_the_order_of_bytes_may_lack(tmp_path: Path) -> None:
    from seedbed.data.tables.csvfile import TextLayout

    path = written(tmp_path / "t.csv", "ä,y\n1,2\n3,4\n".encode("utf-16-le"))
    assert tablefile.read(path, layout=TextLayout(encoding="utf-16")).column_names == ["ä", "y"]


@pytest.mark.parametrize("text", ["", "t"], ids=["numbers", "text"])
def test_time_grows_with_the_columns_no_faster_than_they_do(tmp_path: Path, text: str) -> None:
    def seconds(columns: int) -> float:
        names, values = ",".join(f"c{i}" for i in range(columns)), ",".join([f"{text}1"] * columns)
        path = written(tmp_path / "t.csv", f"{names},y\n" + "".join(f"{values},{i}\n" for i in range(3)))
        started = time.process_time()
        rows.read(path, target="y")
        return time.process_time() - started

    seconds(10)
    assert seconds(4000) < 12 * seconds(1000)
