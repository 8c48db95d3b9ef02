"""New rows to predict from: tables, images and arrays as the networks were trained on, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.data import DataError
from seedbed.data.sources import SOURCES, digits
from seedbed.data.sources.base import Source
from seedbed.data.tables.rows import read as read_table
from seedbed.results import inputs
from seedbed.results.inputs.arrays import rows
from seedbed.results.inputs.base import unknown
from seedbed.store.models import Trained

CSV = "a,color,b,y\n1,red,0.5,10\n2,blue,1.5,20\n3,red,2.5,30\n4,green,3.5,40\n"
NAMES = ("a", "color=blue", "color=green", "color=red", "b")
INPUTS = [[1, 0, 0, 1, 0.5], [2, 1, 0, 0, 1.5], [3, 0, 0, 1, 2.5], [4, 0, 1, 0, 3.5]]


def trained(features: tuple[str, ...] = NAMES, classes: tuple[str, ...] = (), **facts: Any) -> Trained:
    """Networks that know no more than what they were trained on."""
    data = {"source": "table", "target": "y", "features": None, **facts.pop("data", {})}
    shape = facts.pop("shape", (len(features),))
    return Trained(
        "base", {"data": data}, (0,), shape, 1, {}, {}, features=features, classes=classes, **facts
    )


@pytest.fixture
def read(tmp_path):
    """Write a user's table and read it for some networks."""

    def _read(content: str, **facts: Any) -> inputs.NewRows:
        path = tmp_path / "user.csv"
        path.write_text(content)
        return inputs.read(path, trained(**facts))

    return _read


# --- tables: features -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "facts", "expected"),
    [
        (CSV, {}, INPUTS),
        ("b,a,color\n0.5,1,red\n", {}, INPUTS[:1]),
        ("n,a\n1,1\n2,2\n", {"features": ("n=1", "n=2", "a")}, [[1, 0, 1], [0, 1, 2]]),  # categories like numbers
        ("n,a\n01,1\n", {"features": ("n=01", "n=1x", "a")}, [[1, 0, 1]]),  # 01 is not 1
        ("t,a\nTrue,1\n", {"features": ("t=True", "t=maybe", "a")}, [[1, 0, 1]]),
        ("k=v,a\n1,2\n", {"features": ("k=v", "a")}, [[1, 2]]),
        # a category that the study names as a feature: the column may hold others
        ("color,a\nred,1\nteal,2\n", {"features": ("a", "color=red"), "data": {"features": ["a", "color=red"]}},
         [[1, 1], [2, 0]]),
        ("p,q\n1,2\n3,4\n", {"features": (), "shape": (2,)}, [[1, 2], [3, 4]]),  # images: no names
        ("id,p0,p1,who\nx,1,2,y\n", {"features": (), "shape": (2,)}, [[1, 2]]),
        ("1x1,label,1x2\n1,5,2\n", {"features": (), "shape": (2,)}, [[1, 2]]),
    ],
)  # fmt: skip
def test_features_from_a_users_table(read, content, facts, expected):
    found = read(content, **facts).inputs
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_a_users_table_gives_the_inputs_the_model_was_trained_on(tmp_path, read):
    inputs = read(CSV).inputs
    np.testing.assert_array_equal(read_table(tmp_path / "user.csv", target="y").inputs, inputs)


@pytest.mark.parametrize(
    ("content", "facts", "says"),
    [
        ("b,z\n1,2\n", {}, "lacks 'a', 'color', which the networks were trained on; it has: b, z"),
        ("a\nx\ny\n", {"features": ("a",)}, "data row 1: expected a number in 'a', got 'x'"),
        ("a\n1\ny\n", {"features": ("a",)}, "data row 2: expected a number in 'a', got 'y'"),
        ("a,b\n1,2\n,3\n", {"features": ("a",)}, "data row 2: 'a' is missing"),
        ("a,b\n1,2\nnan,3\n", {"features": ("a",)}, "data row 2: 'a' is missing"),
        ("a,b\n1,2\ninf,3\n", {"features": ("a",)}, "data row 2: 'a' is infinite"),
        ("a,color,b\n1,red,1\n2,,1\n", {}, "data row 2: 'color' is missing"),
        ("n,a\n1,1\n,2\n", {"features": ("n=1", "a")}, "data row 2: 'n' is missing"),
        ("", {"features": ("a",)}, "is empty"),
        ("a\n", {"features": ("a",)}, "has a header but no rows"),
        ("id,p,q\n1,2,3\n", {"features": (), "shape": (2,)}, "expected 2 columns of pixels, got 3 columns"),
        ("p,q\n1,x\n", {"features": (), "shape": (2,)}, "data row 1: expected a number in 'q'"),
        ("p,q\n0,256\n", {"features": (), "shape": (2,), "dtype": "uint8"}, "expected pixels as whole numbers in"),
    ],
)  # fmt: skip
def test_a_users_table_refused(read, content, facts, says):
    with pytest.raises(DataError, match=f"user.csv.*{says}"):
        read(content, **facts)


@given(st.lists(st.sampled_from(["red", "blue", "green", "teal", "Red", "7"]), min_size=1, max_size=30))
def test_every_unseen_category_is_named_with_its_rows(tmp_path_factory, colors):
    path = tmp_path_factory.mktemp("inputs") / "user.csv"
    path.write_text("a,b,color\n" + "".join(f"1,2,{color}\n" for color in colors))
    unseen = {color: [row for row, other in enumerate(colors, 1) if other == color]
              for color in colors if f"color={color}" not in NAMES}  # fmt: skip
    if not unseen:
        found = inputs.read(path, trained()).inputs
        np.testing.assert_array_equal(found[:, 1:4].sum(axis=1), 1)
        return
    with pytest.raises(DataError) as caught:
        inputs.read(path, trained())
    got = []
    for color, numbers in unseen.items():
        listed = ", ".join(map(str, numbers[:3]))
        more = f" and {len(numbers) - 3} more" if len(numbers) > 3 else ""
        got.append(f"'{color}' in data row{'s' * (len(numbers) > 1)} {listed}{more}")
    assert str(caught.value) == (
        f"{path}: column 'color': expected a value that the networks were trained on (blue, green, red), got "
        f"{'; '.join(got)}; correct or remove these rows"
    )


def test_long_lists_of_unknown_values_are_cut():
    names = "abcdefghi"
    assert "(a, b, c, d, e, f, g, h)" in unknown("x", {"z": [1]}, names[:8], "y")
    assert "(a, b, c, d, e, f, g, h, ... (9 in all))" in unknown("x", {"z": [1]}, names, "y")
    message = unknown("x", {value: [1] for value in "vwxyz"}, "ab", "y")
    assert "'x' in data row 1; and 2 other values; y" in message


def test_all_that_is_wrong_with_a_table_comes_in_one_go(read):
    with pytest.raises(DataError) as caught:
        read("a,color,b\n,teal,1\n2,pink,x\n")
    assert len(str(caught.value).splitlines()) == 3
    assert all(word in str(caught.value) for word in ("'a' is missing", "'teal'", "'pink'", "got 'x'"))


# --- tables: what comes along, and targets --------------------------------------------------------------


def test_columns_that_are_no_features_come_along_as_they_are(read):
    found = read("id,a,y,zip\n007,1,2.50,01234\n008,2,,00001\n", features=("a",))
    assert found.extra.to_pydict() == {"id": ["007", "008"], "y": [2.5, None], "zip": ["01234", "00001"]}
    np.testing.assert_array_equal(found.targets, [2.5, np.nan])


def test_an_index_column_of_another_format_keeps_its_type(tmp_path):
    path = tmp_path / "user.parquet"
    pyarrow.parquet.write_table(pa.table({"id": [7, 8], "a": [1.0, 2.0]}), path)
    assert inputs.read(path, trained(("a",))).extra.to_pydict() == {"id": [7, 8]}


@pytest.mark.parametrize(
    ("column", "classes", "expected"),
    [
        (["no", "yes", ""], ("no", "yes"), [0, 1, np.nan]),
        (["1", "0", "1.0"], ("0", "1"), [1, 0, 1]),
        (["true", "false"], ("0", "1"), [1, 0]),
        (["01", "01"], ("01", "1"), [0, 0]),
        (["7", "7"], ("7", "x"), [0, 0]),
    ],
)
def test_classes_are_found_by_name_however_they_are_written(read, column, classes, expected):
    content = "a,y\n" + "".join(f"1,{label}\n" for label in column)
    np.testing.assert_array_equal(read(content, features=("a",), classes=classes).targets, expected)


def test_a_class_that_the_networks_do_not_know_is_named_with_its_rows(read):
    with pytest.raises(
        DataError, match=r"target 'y': expected .* \(no, yes\), got 'maybe' in data row 2; .*column out"
    ):
        read("a,y\n1,no\n1,maybe\n", features=("a",), classes=("no", "yes"))


def test_a_target_of_text_where_a_number_belongs_is_refused(read):
    with pytest.raises(DataError, match="data row 2: expected a number in 'y', got 'x'"):
        read("a,y\n1,3\n1,x\n", features=("a",))


def test_a_target_that_is_an_expression_is_computed(read):
    found = read("a,t\n1,100\n2,0\n", features=("a",), data={"target": "log10(t)"})
    np.testing.assert_array_equal(found.targets, [2, np.nan])  # log 0 is not a target
    found = read("a,t\n1,100\n2,0\n", features=("a",), classes=("0", "1"), data={"target": "t > 50"})
    np.testing.assert_array_equal(found.targets, [1, 0])
    found = read("a,u\n1,100\n", features=("a",), data={"target": "log10(t)"})
    assert (found.targets, found.unscored) == (None, "the table has no target 'log10(t)'")


def test_the_gpu_kernels_run_time_is_derived_where_all_runs_are_there(read):
    names = ",".join(f"Run{i} (ms)" for i in range(1, 5))
    facts = {"features": ("MWG",), "data": {"source": "sgemm", "target": "log_time"}}
    np.testing.assert_allclose(read(f"MWG,{names}\n16,1,2,3,4\n", **facts).targets, np.log(2.5))
    assert read("MWG,Run1 (ms)\n16,1\n", **facts).targets is None


def test_columns_and_target_of_a_source_are_those_of_its_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = Source(digits.load, derived={"total": "a + b"}, target="total")
    monkeypatch.setitem(SOURCES, "ledger", row)
    (tmp_path / "new.csv").write_text("a,b\n1,2\n3,4\n")
    new = inputs.read(tmp_path / "new.csv", trained(("a",), data={"source": "ledger", "target": None}))
    np.testing.assert_array_equal(new.targets, [3, 7])


# --- arrays ---------------------------------------------------------------------------------------------


def test_arrays_are_rows_and_targets(tmp_path):
    x, networks = np.arange(6).reshape(2, 3), trained(("a", "b", "c"))
    found = rows(x, [1, np.nan], networks)
    np.testing.assert_array_equal(found.inputs, x)
    np.testing.assert_array_equal(found.targets, [1, np.nan])
    assert rows(x, None, networks).unscored == "there is no y"
    np.savez(tmp_path / "new.npz", x=x, y=[[3], [4]])
    np.testing.assert_array_equal(inputs.read(tmp_path / "new.npz", networks).targets, [3, 4])
    np.testing.assert_array_equal(rows([1, 2], None, trained(("a",))).inputs, [[1], [2]])
    labels = trained(("a",), classes=("False", "True"))
    np.testing.assert_array_equal(rows([1, 2], np.array([True, False]), labels).targets, [1, 0])


@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 1, 4, 3), (5, 4, 3, 1), (5, 12)])
def test_arrays_of_images_may_lie_in_any_order(shape):
    networks = trained((), ("a", "b"), shape=(1, 4, 3), data={"source": "npz"}, dtype="uint8")
    x = np.arange(60).reshape(shape)
    np.testing.assert_array_equal(rows(x, None, networks).inputs, x.reshape(5, 1, 4, 3))


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (np.zeros((2, 2)), None, r"expected x of shape \(rows, 3\), got \(2, 2\)"),
        (np.zeros(3), None, r"expected x of shape \(rows, 3\), got \(3,\)"),
        (np.zeros((0, 3)), None, "expected at least one row, got none"),
        (np.array([["a", "b", "c"]]), None, "expected x to hold numbers, got <U1"),
        ([[0, 1, 2], [0, np.nan, 2]], None, r"row 2 of x holds a value that is missing, .* \(1 such row\)"),
        (
            [[0, 1, 2], [0, 1e39, 2]],
            None,
            r"row 2 of x holds a value that is .* too large for 32 bits \(1 such",
        ),
        (np.zeros((2, 3)), [1], r"expected y of shape \(2,\), one target per row, got \(1,\)"),
        (np.zeros((2, 3)), ["a", "b"], "expected y to hold numbers, got <U1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x, y, says):
    with pytest.raises(DataError, match=f"the array: {says}"):
        rows(x, y, trained(("a", "b", "c")))


def test_classes_of_arrays_that_the_networks_do_not_know_are_named():
    with pytest.raises(DataError, match=r"y: expected .* \(no, yes\), got 'maybe' in data rows 2, 3"):
        rows([1, 2, 3], ["no", "maybe", "maybe"], trained(("a",), classes=("no", "yes")))


def test_a_file_without_x_is_refused(tmp_path):
    np.savez(tmp_path / "new.npz", a=[1])
    with pytest.raises(DataError, match=r"new\.npz: expected an array x .* got a"):
        inputs.read(tmp_path / "new.npz", trained())


def test_pixels_on_another_scale_are_refused():
    networks = trained((), ("a", "b"), shape=(1, 2, 2), data={"source": "npz"}, dtype="uint8")
    with pytest.raises(
        DataError, match=r"expected pixels as whole numbers in 0\.\.255.* got float64 from 0\.5 to 0\.5"
    ):
        rows(np.full((1, 2, 2), 0.5), None, networks)
    networks = trained((), ("a", "b"), shape=(1, 2, 2), data={"source": "npz"}, dtype="float32")
    assert rows(np.full((1, 2, 2), 0.5), None, networks).inputs.max() == 0.5
    networks = trained((), ("a", "b"), shape=(1, 2, 2), data={"source": "digits"})
    assert rows(np.full((1, 2, 2), 16), None, networks).inputs.max() == 16
    with pytest.raises(DataError, match=r"whole numbers in 0\.\.16, .* got int64 from 17 to 17"):
        rows(np.full((1, 2, 2), 17), None, networks)
    with pytest.raises(DataError, match=r"got int64 from -1 to -1"):
        rows(np.full((1, 2, 2), -1), None, networks)


def test_the_scale_of_pixels_is_that_of_the_sources_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "satellite", Source(digits.load, brightest=9))
    networks = trained((), ("a", "b"), shape=(1, 2, 2), data={"source": "satellite"})
    assert rows(np.full((1, 2, 2), 9), None, networks).inputs.max() == 9
    with pytest.raises(DataError, match=r"whole numbers in 0\.\.9, .* got int64 from 10 to 10"):
        rows(np.full((1, 2, 2), 10), None, networks)


# --- images ---------------------------------------------------------------------------------------------


def picture(path: Path, grey: int, size: tuple[int, int] = (4, 4)) -> None:
    Image = pytest.importorskip("PIL.Image")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).save(path)


PHOTOS = trained((), ("cat", "dog"), shape=(3, 4, 4), data={"source": "images", "size": 4})


def test_folders_named_after_classes_are_scored(tmp_path: Path) -> None:
    picture(tmp_path / "dog" / "1.png", 10)
    picture(tmp_path / "cat" / "2.png", 20, (9, 6))  # brought to size, as in training
    picture(tmp_path / "0.png", 30)
    found = inputs.read(tmp_path, PHOTOS)
    assert found.extra["file"].to_pylist() == ["0.png", "cat/2.png", "dog/1.png"]
    assert found.inputs[:, :, 0, 0].tolist() == [[30] * 3, [20] * 3, [10] * 3]
    np.testing.assert_array_equal(found.targets, [np.nan, 0, 1])


def test_folders_of_other_names_and_single_images_are_not_scored(tmp_path: Path) -> None:
    picture(tmp_path / "monday" / "1.png", 10)
    found = inputs.read(tmp_path, PHOTOS)
    assert (found.targets, found.unscored) == (None, "no folder is named after a class")
    found = inputs.read(tmp_path / "monday" / "1.png", PHOTOS)
    assert found.extra["file"].to_pylist() == ["1.png"]
    picture(tmp_path / "cat" / "1.png", 10)
    with pytest.raises(
        DataError, match=r"expected folders named after classes \(cat, dog\), got 'monday' beside"
    ):
        inputs.read(tmp_path, PHOTOS)


def test_digits_in_files_are_read_in_their_own_size_alone(tmp_path: Path) -> None:
    networks = trained((), tuple("0123456789"), shape=(1, 28, 28), data={"source": "mnist"})
    picture(tmp_path / "3" / "a.png", 200, (28, 28))
    found = inputs.read(tmp_path, networks)
    assert (found.inputs.shape, found.targets.tolist()) == ((1, 1, 28, 28), [3])
    picture(tmp_path / "3" / "b.png", 200, (28, 30))
    with pytest.raises(DataError, match=r"b\.png: expected an image of 28 x 28 pixels, got 28 x 30"):
        inputs.read(tmp_path, networks)


def test_networks_trained_on_bytes_of_an_npz_read_files_of_their_size(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 7)
    networks = trained((), ("a", "b"), shape=(1, 4, 4), data={"source": "npz"}, dtype="uint8")
    assert inputs.read(tmp_path, networks).inputs.tolist() == [[[[7] * 4] * 4]]


def test_what_is_no_image_or_no_place_for_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no image \(.png, .jpg, .jpeg\)"):
        inputs.read(tmp_path, PHOTOS)
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"a\.png is not a whole image"):
        inputs.read(tmp_path, PHOTOS)
    for networks, form in (
        (trained(), "a table"),
        (trained((), ("a", "b"), data={"source": "npz"}), "npz file or"),
    ):
        with pytest.raises(DataError, match=f"read no image files; give them .*{form}"):
            inputs.read(tmp_path, networks)
