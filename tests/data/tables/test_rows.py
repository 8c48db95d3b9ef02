"""Tables: formats, targets, features, filters, what a stored model asks of them, what is said of bad ones."""

import bz2
import gzip
import io
import lzma
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from seedbed.data import DataError
from seedbed.data.tables import tablefile
from seedbed.data.tables.columns import Columns
from seedbed.data.tables.rows import read as read_table

CSV = "a,color,b,y\n1,red,0.5,10\n2,blue,1.5,20\n3,red,2.5,30\n4,green,3.5,40\n"
NAMES = ("a", "color=blue", "color=green", "color=red", "b")
INPUTS = [[1, 0, 0, 1, 0.5], [2, 1, 0, 0, 1.5], [3, 0, 0, 1, 2.5], [4, 0, 1, 0, 3.5]]


@pytest.fixture
def read(tmp_path):
    """Write a file and load it."""

    def _read(content=CSV, name="made.csv", target="y", **settings):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, target=target, **settings)

    return _read


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "about")
        archive.writestr("made.csv", content)
    return file.getvalue()


def as_arrow():
    return pa.table(
        {
            "a": pa.array([1, 2, 3, 4], pa.int8()),
            "color": pa.array(["red", "blue", "red", "green"]).dictionary_encode(),
            "b": pa.array([0.5, 1.5, 2.5, 3.5], pa.float32()),
            "y": [10, 20, 30, 40],
        }
    )


def written(write):
    file = io.BytesIO()
    write(as_arrow(), file)
    return file.getvalue()


def stream(arrow, file):
    with pa.ipc.new_stream(file, arrow.schema) as writer:
        writer.write_table(arrow)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", CSV.encode()),
        ("t.CSV", CSV.encode()),
        ("t.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("t.csv", CSV.replace("\n", "\r\n").encode()),
        ("t.tsv", CSV.replace(",", "\t").encode()),
        ("t.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("t.csv.bz2", bz2.compress(CSV.encode())),
        ("t.csv.xz", lzma.compress(CSV.encode())),
        ("t.csv.zst", pa.compress(CSV.encode(), codec="zstd", asbytes=True)),
        ("t.zip", zipped(CSV)),
        ("t.csv.zip", zipped(CSV)),
        ("t.parquet", written(pa.parquet.write_table)),
        ("t.feather", written(pa.feather.write_feather)),
        ("t.arrow", written(pa.feather.write_feather)),
        ("t.arrow", written(stream)),
    ],
)
def test_every_format_gives_the_same(read, name, content):
    samples = read(content, name)
    assert samples.features == NAMES
    assert samples.classes == ()
    assert samples.inputs.dtype == samples.targets.dtype == np.float32
    np.testing.assert_array_equal(samples.inputs, INPUTS)
    np.testing.assert_array_equal(samples.targets, [[10], [20], [30], [40]])


@pytest.mark.parametrize(
    ("settings", "features", "targets"),
    [
        ({"features": ("b", "a")}, ("b", "a"), [10, 20, 30, 40]),
        ({"features": ("color",)}, NAMES[1:4], [10, 20, 30, 40]),
        ({"features": ("color=red", "a")}, ("color=red", "a"), [10, 20, 30, 40]),
        ({"target": "y / 10 + b"}, NAMES[:4], [1.5, 3.5, 5.5, 7.5]),
        ({"target": "a"}, (*NAMES[1:], "y"), [1, 2, 3, 4]),
        ({"target": "color=red"}, ("a", "b", "y"), [1, 0, 1, 0]),
        ({"target": "`color=red` * y"}, ("a", "b"), [10, 0, 30, 0]),
        ({"where": "a != 2"}, ("a", "color=green", "color=red", "b"), [10, 30, 40]),
        ({"where": "`color=red` or y > 30", "features": ("a",)}, ("a",), [10, 30, 40]),
        ({"where": "log(a - 2.5)", "features": ("a",)}, ("a",), [30, 40]),
        ({"where": "color == 'red'", "features": ("a",)}, ("a",), [10, 30]),
        ({"where": "'red' == color", "features": ("a",)}, ("a",), [10, 30]),
        ({"where": 'color != "red" and a < 4', "features": ("a",)}, ("a",), [20]),
        ({"where": "color in ('red', 'green')", "features": ("a",)}, ("a",), [10, 30, 40]),
        ({"where": "color not in ['red']", "features": ("a",)}, ("a",), [20, 40]),
        ({"where": "a in (1, 4.0)", "features": ("a",)}, ("a",), [10, 40]),
        ({"where": "not is_missing(color)", "features": ("a",)}, ("a",), [10, 20, 30, 40]),
        ({"target": "color == 'red'"}, ("a", "b", "y"), [1, 0, 1, 0]),
        ({"derived": {"z": "log(y)"}, "target": "z", "features": ("a",)}, ("a",), np.log([10, 20, 30, 40])),
        ({"derived": {"z": "a + b"}, "features": ("z",)}, ("z",), [10, 20, 30, 40]),
    ],
)
def test_target_features_and_filter(read, settings, features, targets):
    samples = read(**settings)
    assert samples.features == features
    np.testing.assert_allclose(samples.targets[:, 0], targets, rtol=1e-6)
    assert len(samples.inputs) == len(samples.targets)


TEXT_WITH_GAPS = "c,a,y\nred,1,1\n,2,2\nblue,,3\nred,4,4\n"


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("is_missing(c)", [2]),
        ("is_missing(a)", [3]),
        ("not is_missing(a) and not is_missing(c)", [1, 4]),
        ("c == 'red'", [1, 4]),
        ("c != 'red'", [2, 3]),  # as with numbers, what is missing differs from everything
        ("a != 1", [2, 3, 4]),
    ],
)
def test_rows_with_missing_values_can_be_asked_for(tmp_path, where, kept):
    path = tmp_path / "gaps.csv"
    path.write_text(TEXT_WITH_GAPS)
    columns = Columns(path, tablefile.read(path))
    value = columns.expression(where, "data.where")(columns)
    np.testing.assert_array_equal(np.flatnonzero(value) + 1, kept)


@pytest.mark.parametrize(
    ("target", "classes", "targets"),
    [
        ("color", ("blue", "green", "red"), [2, 0, 2, 1]),
        ("a", ("1", "2", "3", "4"), [0, 1, 2, 3]),
        ("y > 25", ("0", "1"), [0, 0, 1, 1]),
        ("100 - y", ("60", "70", "80", "90"), [3, 2, 1, 0]),
    ],
)
def test_classes(read, target, classes, targets):
    samples = read(target=target, classification=True)
    assert samples.classes == classes
    assert samples.targets.dtype == np.int64
    np.testing.assert_array_equal(samples.targets, targets)


def test_a_filter_also_decides_the_classes(read):
    assert read(target="color", classification=True, where="a != 4").classes == ("blue", "red")


def test_large_files_are_one_table(read):
    """Whole numbers for more than one block of the parser, then a fraction; then a bad row, named by its line."""
    rows = 400_000
    content = "y,a\n" + "1,2\n" * rows + "1,2.5\n"
    samples = read(content)
    assert samples.inputs[-1] == 2.5
    with pytest.raises(DataError, match=f"line {rows + 3} is ragged"):
        read(content + "1\n")


MISSING = "a,y\n1,2\n{},3\n5,6\n"


@pytest.mark.parametrize(
    ("content", "settings", "says"),
    [
        ("", {}, "is empty"),
        (" \n\n", {}, "is empty"),
        ("a,y\n", {}, "has a header but no rows"),
        ("1,2\n3,4\n", {}, r"first line holds numbers \(1, 2, ...\)"),
        ("a;y\n1;2\n", {}, "header 'a;y' has ';'; set data.separator = \";\"$"),
        ("a;y\n1,5;2\n", {}, 'has \';\'; set data.separator = ";" and data.decimal = ","'),
        ("a|y\n1|2\n", {}, "has '|'; set data.separator = .\\|"),
        ("a\ty\n1\t2,5\n", {}, 'set data.separator = .\\\\t. and data.decimal = ","'),
        (",a,y\n0,1,2\n", {}, "column 1 has no name.*without its index"),
        ("a,a,y\n0,1,2\n", {}, "2 columns are named 'a'"),
        ("a,y\n1,2\n3\n", {}, "line 3 is ragged, 1 of 2 columns"),
        ("a,y\n1,2\n3,4\n5,6,7\n", {}, "line 4 is ragged, 3 of 2 columns"),
        ("café,y\n1,2\n".encode("latin1"), {}, "byte 4 is not UTF-8"),
        (b"PK\x03\x04\xff\xfe", {}, "not UTF-8"),
        (
            MISSING.format(""),
            {},
            'missing values: \'a\' \\(data row 2\\); set data.missing = "impute".* = "category"',
        ),
        (MISSING.format("NaN"), {}, "missing values: 'a' \\(data row 2\\)"),
        (MISSING.format("?"), {}, "missing values: 'a' \\(data row 2\\)"),
        (MISSING.format("  "), {}, "missing values: 'a' \\(data row 2\\)"),
        (MISSING.format("inf"), {}, "infinite or too large for 32 bits: 'a' \\(data row 2\\)"),
        (MISSING.format("-1e39"), {}, "infinite or too large for 32 bits: 'a' \\(data row 2\\)"),
        (MISSING.format("oops"), {}, "numbers expected, got text: 'a' \\('oops' in data row 2\\)"),
        (
            MISSING.format("oops"),
            {"target": "a", "features": ("y",)},
            "expected a number in 'a', got 'oops' in data row 2",
        ),
        (
            MISSING.format(""),
            {"target": "a", "features": ("y",)},
            r"target 'a' is missing or undefined in data row 2; leave .* data.where = .not is_missing\(a\)",
        ),
        (MISSING.format(""), {"where": "y > 2"}, r"missing values: 'a' \(data row 2\)"),
        ("a,y\n,2\n,3\n5,6\n", {}, r"missing values: 'a' \(2 rows, the first data row 1\)"),
        ("c,y\nu,1\n,2\nv,3\n", {}, r"missing values: 'c' \(data row 2\)"),
        ("c,y\nu,1\n,2\nv,3\n", {"features": ("c=u",)}, r"missing values: 'c' \(data row 2\)"),
        (
            "c,y\nu,1\n,2\nv,3\n",
            {"target": "c", "classification": True},
            "target 'c' is missing in data row 2",
        ),
        (
            "id,y\n" + "".join(f"n{i},{i}\n" for i in range(300)),
            {},
            "more than 200 different values: 'id' \\(300 values\\); .*data.exclude = \\[\"id\"\\]",
        ),
        ("y\n1\n2\n", {}, "no column beside the target 'y'"),
        (CSV, {"features": ("colour",)}, "data.features: .* no column 'colour'; did you mean 'color'"),
        (CSV, {"features": ("a", "a")}, "'a' is there twice"),
        (CSV, {"features": ("color", "color=red")}, "'color=red' is there twice"),
        (CSV, {"features": ("a", "y")}, "'y' is part of the target"),
        (CSV, {"features": ("a", "b"), "target": "b * y"}, "'b' is part of the target 'b \\* y'"),
        (CSV, {"target": "color=red", "features": ("color=blue",)}, "'color=blue' is part of the target"),
        (
            CSV,
            {"derived": {"z": "log(y)"}, "target": "z", "features": ("y",)},
            "'y' is part of the target 'z'",
        ),
        (CSV, {"target": "yy"}, "data.target: unknown name 'yy'; did you mean 'y'"),
        (CSV, {"target": "y +"}, "data.target: not an expression"),
        (CSV, {"target": "log(y - 20)"}, r"'log\(y - 20\)' is missing or undefined in data row 1"),
        (CSV, {"target": "color"}, "'color' is text; classes need loss"),
        (
            CSV,
            {"where": "color == 1"},
            "'color' holds text; compare it with text in quotes, as in color == 'blue'",
        ),
        (CSV, {"where": "color == 'rad'"}, "no row has 'rad' in 'color'; did you mean 'red'"),
        (
            CSV,
            {"where": "color == 1 and color in (1,)"},
            "'color' holds text; compare it with text in quotes",
        ),
        (CSV, {"where": "colour == 'red'"}, "unknown name 'colour'; did you mean 'color'"),
        (CSV, {"where": "a == 'red'"}, "'a' holds no text; compare it with a number"),
        (CSV, {"where": "color < 'red'"}, "text can only be compared, with ==, != or in"),
        (CSV, {"where": "a < color == 'red'"}, "join comparisons by `and`"),
        (CSV, {"where": "'red' == 'red' and a"}, "expected a column beside the text or list"),
        (CSV, {"where": "color in red"}, "expected a list, such as"),
        (CSV, {"where": "color in ()"}, "expected a list, such as"),
        (CSV, {"where": "is_missing(a + 1)"}, "is_missing needs the name of one column"),
        (CSV, {"where": "a > 9"}, "data.where = 'a > 9' keeps none of the 4 rows"),
        (CSV, {"where": "a >"}, "data.where: not an expression"),
        (
            CSV,
            {"target": "b", "classification": True},
            "'b' holds 0.5, but classes are text or whole numbers",
        ),
        (CSV, {"target": "y > 99", "classification": True}, "'y > 99' is '0' in every row"),
        (CSV, {"target": "color", "classification": True, "where": "a == 1"}, "is 'red' in every row"),
        ("a,y\n" + "".join(f"1,{i}\n" for i in range(1001)), {"classification": True}, "has 1,001 classes"),
    ],
)
def test_refused(read, content, settings, says):
    with pytest.raises(DataError, match=f"(?s){says}") as caught:
        read(content, **settings)
    assert "made.csv" in str(caught.value) or str(caught.value).startswith("data.")


def test_rows_are_counted_in_the_file_whatever_the_filter(read):
    with pytest.raises(DataError, match=r"missing values: 'a' \(data row 4\)"):
        read("a,y\n1,1\n2,2\n3,3\n,4\n", where="y > 2")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("t.txt", CSV, ".txt suffix, so its format is unknown; readable are .csv"),
        ("t", CSV, "no suffix"),
        ("t.pkl", CSV, ".pkl suffix"),
        ("t.csv.gz", CSV, "damaged, it cannot be unpacked"),
        ("t.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9], "damaged, it cannot be unpacked"),
        ("t.csv.bz2", bz2.compress(CSV.encode())[:-9], "damaged, it cannot be unpacked"),
        ("t.csv.xz", lzma.compress(CSV.encode())[:-9], "damaged, it cannot be unpacked"),
        ("t.csv.zst", CSV, "damaged, it cannot be unpacked"),
        ("t.zip", CSV, "damaged, it cannot be unpacked"),
        ("t.parquet", CSV, "is not a proper parquet file"),
        ("t.parquet", written(pa.parquet.write_table)[:-20], "is not a proper parquet file"),
        ("t.feather", CSV, "is not a proper feather file"),
        ("t.arrow", written(pa.feather.write_feather)[:-20], "is not a proper arrow file"),
    ],
)
def test_damaged_or_unknown_file(read, name, content, says):
    with pytest.raises(DataError, match=says) as caught:
        read(content, name)
    assert len(str(caught.value).splitlines()) == 1


def test_an_archive_of_two_tables_is_refused(read):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(DataError, match="holds 2 CSV files instead of one"):
        read(file.getvalue(), "t.zip")
