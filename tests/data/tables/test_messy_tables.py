"""Tables as people have them: missing values, dates, European numbers, other encodings, and many faults at once."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer

from seedbed import recipe
from seedbed.data import DataError, load, prepare
from seedbed.data.expressions.expression import Expression
from seedbed.data.naming import in_expression
from seedbed.data.tables import dates, encodings
from seedbed.data.tables.csvfile import TextLayout
from seedbed.data.tables.rows import read as read_table
from seedbed.results import inputs
from seedbed.results.inputs import table as inputs_table
from seedbed.store.models import Trained


@pytest.fixture
def read(tmp_path):
    """Write a file and load it."""

    def _read(content, name="made.csv", target="y", **settings):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_table(path, target=target, **settings)

    return _read


def refused(read, *args, **settings):
    with pytest.raises(DataError) as caught:
        read(*args, **settings)
    return caught.value.problems


# --- how a file is written ----------------------------------------------------------------------------------

PLAIN = "size,näme,y\n1234.5,rot,1\n-0.25,blau,2\n1000000,rot,3.5\n"
EUROPEAN = "size;näme;y\r\n1.234,5; rot;1\r\n-0,25;blau ;2\r\n1.000.000;rot;3,5\r\n"
LAYOUT = {"separator": ";", "decimal": ",", "thousands": "."}


@pytest.mark.parametrize(
    ("name", "content", "layout"),
    [
        ("t.csv", EUROPEAN.encode(), LAYOUT),
        ("t.csv", EUROPEAN.encode("latin-1"), LAYOUT | {"encoding": "latin-1"}),
        ("t.csv", EUROPEAN.encode("utf-16"), LAYOUT | {"encoding": "utf-16"}),
        ("t.csv", b"\xef\xbb\xbf" + EUROPEAN.encode(), LAYOUT),
        ("t.csv.gz", gzip.compress(EUROPEAN.encode(), mtime=0), LAYOUT),
        (
            "t.csv",
            '"size","näme","y"\n"1,234.5","rot","1"\n"-.25","blau","2"\n"1,000,000","rot","3.5"',
            {"thousands": ","},
        ),
        ("t.csv", "size,näme,y\n1 234.5,rot,1\n-0.25,blau,+2\n1 000 000,rot,3.5", {"thousands": " "}),
        ("t.csv", "size,näme,y\n1'234.5,rot,1\n-0.25,blau,2\n1'000'000,rot,3.5", {"thousands": "'"}),
        ("t.tsv", PLAIN.replace(",", "\t"), {}),
    ],
)
def test_however_it_is_written_it_is_the_same_table(read, name, content, layout):
    expected = read(PLAIN)
    found = read(content, name, layout=TextLayout(**layout))
    assert found.features == expected.features == ("size", "näme=blau", "näme=rot")
    np.testing.assert_array_equal(found.inputs, expected.inputs)
    np.testing.assert_array_equal(found.targets, expected.targets)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            EUROPEAN,
            ['separated by \',\', but the header .* = ";" and data.decimal = "," and data.thousands = "."'],
        ),
        ("a;y\n1,5;2\n", ['data.separator = ";" and data.decimal = ","$']),
        (EUROPEAN.encode("latin-1"), ['byte 7 is not UTF-8.*data.encoding.*"latin-1"', "data.separator"]),
        (EUROPEAN.encode("utf-16"), ['byte 1 is not UTF-8.*data.encoding.*"utf-16"', "data.separator"]),
        ('a,y\n"1,5",2\n"12,25",2\n', [r"'a' \('1,5': set data.decimal = \",\"\)"]),
        ('a,y\n"1,500",2\n', ['set data.thousands = "," or data.decimal = ","']),
        ('a,y\n"1.234,5",2\n', ['set data.decimal = "," and data.thousands = "."']),
        ("a,y\n1'500,2\n", ['set data.thousands = "\'"']),
        ('a,y\n1,"2,5"\n2,"3,5"\n', ["'y' holds numbers in another format .*decimal"]),
    ],
)
def test_a_guess_at_how_a_file_is_written(read, content, says):
    problems = refused(read, content)
    assert len(problems) == len(says)
    for problem, expected in zip(problems, says, strict=True):
        assert re.search(expected, problem), problem


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a;y\n1.5;2\n2.75;3\n", "'a' \\('1.5': set data.decimal = \"\\.\"\\)"),
        ("a;y\n1.500;2\n2.750;3\n", 'set data.decimal = "\\." or data.thousands = "\\."'),
        ("a;y\n1.500,5;2\n2.750;3\n", "'1.500,5': set data.thousands = \"\\.\""),
    ],
)
def test_numbers_that_the_settings_do_not_fit_are_no_categories(read, content, says):
    (problem,) = refused(read, content, layout=TextLayout(separator=";", decimal=","))
    assert re.search(says, problem), problem


def test_text_of_a_typed_file_is_text_also_where_it_reads_as_numbers(tmp_path):
    pa.parquet.write_table(pa.table({"a": ["01", "02", "01"], "y": [1, 2, 3]}), tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet", target="y")
    assert found.features == ("a=01", "a=02")
    np.testing.assert_array_equal(found.inputs, [[1, 0], [0, 1], [1, 0]])


# --- missing values -----------------------------------------------------------------------------------------

GAPS = "n,c,y\n1,red,1\n,blue,2\n5,,3\nNA,red,4\n9,red,5\n2,blue,6\n?,green,7\n4, ,8\n3,blue,9\n7,red,10\n"


def data_of(**settings):
    return recipe.TableData(source="table", path="made.csv", target="y", split=(6, 2, 2), **settings)


def seen(prepared):
    """Inputs with what stands for missing ones."""
    raw = prepared.samples.inputs
    return np.where(np.isnan(raw), prepared.fill, raw)


@pytest.mark.parametrize("seed", range(8))
def test_imputed_is_what_scikit_learn_imputes_by_the_training_part_alone(read, tmp_path, seed):
    read(GAPS, missing="impute")
    settings = data_of(missing="impute")
    samples = load(settings, classification=False, study_seed=0, seed=seed, base=tmp_path)
    assert samples.features == ("n", "c=blue", "c=green", "c=red")
    prepared = prepare(settings, samples, study_seed=0, seed=seed)
    train = prepared.parts["train"]
    numbers = np.array([1, np.nan, 5, np.nan, 9, 2, np.nan, 4, 3, 7])[:, None]
    colors = np.array(["red", "blue", None, "red", "red", "blue", "green", None, "blue", "red"], object)[
        :, None
    ]
    by_median = SimpleImputer(strategy="median").fit(numbers[train])
    by_mode = SimpleImputer(missing_values=None, strategy="most_frequent").fit(colors[train])
    np.testing.assert_array_equal(seen(prepared)[:, 0], by_median.transform(numbers)[:, 0])
    filled = by_mode.transform(colors)[:, 0]
    for place, color in enumerate(("blue", "green", "red"), 1):
        np.testing.assert_array_equal(seen(prepared)[:, place], filled == color)


def test_missing_can_be_a_category_of_its_own(read):
    found = read(GAPS, missing="category")
    assert found.features == ("n", "n is missing", "c=blue", "c=green", "c=red", "c is missing")
    missing = np.isin(np.arange(10), [1, 3, 6])
    np.testing.assert_array_equal(np.isnan(found.inputs[:, 0]), missing)
    np.testing.assert_array_equal(found.inputs[:, 1], missing)
    np.testing.assert_array_equal(found.inputs[:, 2:].sum(axis=1), np.ones(10))
    np.testing.assert_array_equal(np.flatnonzero(found.inputs[:, 5]), [2, 7])


def test_each_column_may_have_its_own_way(read):
    found = read(GAPS, missing={"n": "impute", "c": "category"})
    assert found.features == ("n", "c=blue", "c=green", "c=red", "c is missing")
    (problem,) = refused(read, GAPS, missing={"n": "impute"})
    assert "'c' (2 rows, the first data row 3)" in problem
    assert "'n'" not in problem


def test_a_single_category_is_imputed_by_its_share(read):
    """Red is in more than half of the rows or not: other categories, which are no features, may be more frequent."""
    mostly = read(GAPS, features=("c=red",), missing="impute")
    assert encodings.fill(mostly.encodings, mostly.inputs, np.array([0, 3, 4, 6, 8])) == [1]
    assert encodings.fill(mostly.encodings, mostly.inputs, np.array([0, 1, 5, 6])) == [0]


def test_scaling_sees_imputed_values(read, tmp_path):
    read(GAPS, missing="impute")
    settings = data_of(missing="impute", scale="standard")
    samples = load(settings, classification=False, study_seed=0, seed=0, base=tmp_path)
    prepared = prepare(settings, samples, study_seed=0, seed=0)
    inputs = ((seen(prepared) - prepared.center) * prepared.scale)[prepared.parts["train"]]
    np.testing.assert_allclose(inputs[:, 0].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(inputs[:, 0].std(), 1, atol=1e-6)


# --- dates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("%Y-%m-%d", None),
        ("%d.%m.%Y", None),
        ("%d/%m/%Y", None),
        ("%m/%d/%Y", None),
        ("%Y/%m/%d", None),
        ("%Y%m%d", "%Y%m%d"),
        ("%d %b %Y", "%d %b %Y"),
    ],
)
def test_dates_are_read_in_many_forms(read, written, form):
    days = [datetime(2024, 1, 31), datetime(1969, 12, 1), datetime(2024, 12, 25)]
    content = "d,y\n" + "".join(f"{day.strftime(written)},{i}\n" for i, day in enumerate(days))
    found = read(content, dates={"d": form} if form else None)
    assert found.features == ("d.days", "d.year", "d.month", "d.weekday")
    expected = [[(day - datetime(1970, 1, 1)).days, day.year, day.month, day.weekday()] for day in days]
    np.testing.assert_array_equal(found.inputs, expected)


@given(st.lists(st.datetimes(datetime(1800, 1, 1), datetime(2300, 1, 1)), min_size=1, max_size=5))
def test_parts_are_those_of_the_calendar(moments):
    days = np.array([(moment - datetime(1970, 1, 1)) / timedelta(days=1) for moment in moments])
    for name, expected in {
        "days": [(moment - datetime(1970, 1, 1)).days for moment in moments],
        "year": [moment.year for moment in moments],
        "month": [moment.month for moment in moments],
        "weekday": [moment.weekday() for moment in moments],
    }.items():
        near_midnight = np.abs(days - np.rint(days)) < 1e-9
        found = dates.part(days, name)
        np.testing.assert_array_equal(found[~near_midnight], np.array(expected)[~near_midnight])
    hours = [
        moment.hour + moment.minute / 60 + (moment.second + moment.microsecond / 1e6) / 3600
        for moment in moments
    ]
    apart = np.abs(dates.part(days, "hour") - hours)
    assert (np.minimum(apart, 24 - apart) < 1e-5).all()


def test_times_add_the_hour_and_keep_missing_ones(read):
    content = "d,t,y\n2024-01-31 12:30:00,06:45:00,1\n,07:00:00,2\n2024-02-01 00:00:00,08:30:00,3\n"
    found = read(content, missing="impute")
    assert found.features == ("d.days", "d.year", "d.month", "d.weekday", "d.hour", "t")
    np.testing.assert_array_equal(found.inputs[:, 4], [12.5, np.nan, 0])
    np.testing.assert_array_equal(found.inputs[:, 5], [6.75, 7, 8.5])


def test_dates_of_a_typed_file(tmp_path):
    moments = [datetime(2024, 1, 31, 6, tzinfo=UTC), None]
    columns = {
        "d": pa.array([moment and moment.date() for moment in moments], pa.date32()),
        "m": pa.array(moments, pa.timestamp("ns", "UTC")),
        "span": pa.array([timedelta(minutes=2), timedelta(0)], pa.duration("ms")),
        "y": [1, 2],
    }
    pa.parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    found = read_table(tmp_path / "t.parquet", target="y", missing="impute", features=("d", "m.hour", "span"))
    np.testing.assert_array_equal(found.inputs[0], [19753, 2024, 1, 2, 6, 120])


def test_dates_in_a_filter(read):
    content = "d,y\n31.01.2024,1\n01.02.2024,2\n15.03.2024,3\n"
    assert read(content, where="'2024-02-01' <= d < '2024-03-01'").targets == [[2]]
    assert len(read(content, where="d != '2024-02-01' and `d.month` < 3").targets) == 1
    (problem,) = refused(read, content, where="d > '1.2.2024'")
    assert "'1.2.2024' is not a date such as '2024-01-31'" in problem


@pytest.mark.parametrize(
    ("content", "settings", "says"),
    [
        (
            "d,y\n01/02/2024,1\n03/04/2024,2\n",
            {},
            "ambiguous day and month: 'd' .*'%d/%m/%Y' or '%m/%d/%Y'.*set data.dates",
        ),
        (
            "d,y\n31.01.2024,1\n02/01/2024,2\n",
            {"dates": {"d": "%d.%m.%Y"}},
            "'%d.%m.%Y' in 'd', got '02/01/2024' in data row 2",
        ),
        ("d,y\n31.01.2024,1\n", {"dates": {"e": "%d.%m.%Y"}}, "data.dates: .*no column 'e'"),
    ],
)
def test_dates_that_are_refused(read, content, settings, says):
    (problem,) = refused(read, content, **settings)
    assert re.search(says, problem), problem


# --- many faults at once ------------------------------------------------------------------------------------


def test_all_faults_of_a_table_are_told_at_once(read):
    rows = "".join(
        f"n{i},{'' if i % 3 else i},{'inf' if i == 7 else i},{i if i != 9 else 'x9'},,0{i % 9 + 1}/02/2024,{i}\n"
        for i in range(300)
    )
    problems = refused(
        read,
        "name,gap,big,typo,empty,day,y\n" + rows,
        where="gap >",
        target="log(z)",
        exclude=("nmae",),
        missing={"gab": "impute"},
    )
    text = "\n".join(problems)
    assert len(problems) == 10
    for said in (
        "data.where: not an expression",
        "data.target: unknown name 'z'",
        "data.exclude: .*'nmae'; did you mean 'name'",
        "data.missing: .*'gab'; did you mean 'gap'",
        r"text: 'typo' \('x9' in data row 10\)",
        r"more than 200 different values: 'name' \(300 values\).*data.exclude = \[\"name\"\]",
        r"infinite.*: 'big' \(data row 8\)",
        r"missing values: 'gap' \(200 rows, the first data row 2\)",
        "no value in any row: 'empty'",
        "ambiguous day and month: 'day'",
    ):
        assert re.search(said, text), said


def test_messages_about_thousands_of_long_names_are_short(read):
    names = [f"column {'x' * 500} {i}" for i in range(3000)]
    content = ",".join(names) + ",y\n" + "," * 3000 + "1\n" + ",".join("1" * 3000) + ",2\n"
    for settings in (
        {},
        {"where": "colunm > 1"},
        {"features": tuple(f"other {i}" for i in range(2000))},
        {"target": "1"},
    ):
        assert sum(map(len, refused(read, content, **settings))) < 5000


def test_headers_with_several_faults_are_told_at_once(read):
    problems = refused(read, ",,a,a,b,b,b\n")
    assert [re.sub(r"^\S+ ", "", problem) for problem in problems] == [
        "it has a header but no rows",
        "columns 1, 2 have no name; name such columns, or write the file without its index",
        "2 columns are named 'a', 3 columns are named 'b'; rename them",
    ]


def test_columns_that_never_change_are_told_at_once_and_rare_categories_are_not_refused(read, tmp_path):
    read(
        "a,b,c,d,y\n" + "".join(f"1,2,{'rare' if i == 5 else 'usual'},{i},{i}\n" for i in range(10)),
        exclude=("d",),
    )
    for seed in range(10):
        settings = data_of(scale="standard", exclude=("a", "b"))
        samples = load(settings, classification=False, study_seed=0, seed=seed, base=tmp_path)
        prepared = prepare(settings, samples, study_seed=0, seed=seed)
        assert np.isfinite(prepared.scale).all()
    settings = data_of(scale="standard")
    samples = load(settings, classification=False, study_seed=0, seed=0, base=tmp_path)
    with pytest.raises(DataError, match=r"columns 'a', 'b' are constant.*data\.exclude"):
        prepare(settings, samples, study_seed=0, seed=0)


# --- stray words among numbers ------------------------------------------------------------------------------

WRITTEN = {  # how a number is written -> the settings that say so
    "points": ("{:.2f}", TextLayout(separator=";")),
    "commas": ("{:.2f}", TextLayout(separator=";", decimal=",")),
    "groups": ("{:,.2f}", TextLayout(separator=";", decimal=",", thousands=".")),
    "whole": ("{:.0f}", TextLayout(separator=";", decimal=",")),
}


def with_strays(kind, count, name="Wert (EUR)", at=(50,)):
    """A table whose column of numbers holds `k.A.` in some data rows, and its layout."""
    form, layout = WRITTEN[kind]
    swap = str.maketrans(",.", ".,") if layout.decimal == "," else {}
    cells = [form.format(1000.25 + i * 7.5).translate(swap) for i in range(count)]
    for row in at:
        cells[row - 1] = "k.A."
    return f"{name};y\n" + "".join(f"{cell};{i}\n" for i, cell in enumerate(cells, 1)), layout


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("count", [90, 400])
def test_a_stray_word_among_numbers_is_named_however_they_are_written(read, kind, count):
    content, layout = with_strays(kind, count)
    (problem,) = refused(read, content, layout=layout)
    assert "numbers expected, got text: 'Wert (EUR)' ('k.A.' in data row 50)" in problem
    assert """data.where = "`Wert (EUR)` != 'k.A.'\"""" in problem
    assert "data.missing" in problem
    (problem,) = refused(read, content, target="`Wert (EUR)`", layout=layout)
    assert "expected a number in 'Wert (EUR)', got 'k.A.' in data row 50" in problem
    (problem,) = refused(read, content, target="log(`Wert (EUR)`)", layout=layout)
    assert "expected a number in 'Wert (EUR)', got 'k.A.' in data row 50" in problem


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_column_of_which_the_filter_leaves_numbers_alone_is_one_of_numbers(read, kind):
    content, layout = with_strays(kind, 90, at=(3, 50))
    assert "'k.A.' in 2 rows, the first data row 3" in refused(read, content, layout=layout)[0]
    found = read(content, layout=layout, where="`Wert (EUR)` != 'k.A.'")
    assert found.features == ("Wert (EUR)",)
    kept = np.setdiff1d(np.arange(90), (2, 49))
    np.testing.assert_allclose(
        found.inputs[:, 0], 1000.25 + kept * 7.5, atol=0.5 if kind == "whole" else 0.01
    )


def test_many_stray_words_are_told_in_short(read):
    strays = [f"s{i}" for i in range(20)]
    content = "a,y\n" + "".join(f"{value},1\n" for value in [*range(50), *strays])
    (problem,) = refused(read, content)
    assert "'s0' in data row 51, " in problem
    assert "and 17 other values" in problem
    problem, _ = refused(read, content, where="a > 1")
    assert "expected a number in 'a', got 's0' in data row 51" in problem


@given(st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="`"), min_size=1, max_size=8))
@example("Preis (EUR)")
@example("class")
@example("None")
@example("ﬁne")
def test_a_name_as_messages_write_it_is_read_in_an_expression(name):
    assert Expression.parse(f"{in_expression(name)} + 1", [name]).names == (name,)


@pytest.mark.parametrize(
    ("column", "meant", "says"),
    [
        ("Preis", "preis", "'Preis'"),
        ("PREIS", "preis", "'PREIS'"),
        ("Preis (EUR)", "preis", "`Preis (EUR)`"),
        ("Kaufpreis je Quadratmeter", "quadratmeter", "`Kaufpreis je Quadratmeter`"),
        ("class", "clas", "`class`"),
    ],
)
def test_an_unknown_name_is_told_the_column_that_is_meant(read, column, meant, says):
    content = f"{column},Lage,y\n1,Stadt,2\n2,Land,3\n"
    (problem,) = refused(read, content, target=f"log({meant})")
    assert f"unknown name '{meant}'; did you mean {says}?" in problem
    (problem,) = refused(read, content, exclude=(meant,))
    assert f"did you mean {column!r}?" in problem


def test_the_example_of_a_comparison_can_be_pasted(read):
    (problem,) = refused(read, "c (x),y\nred,1\nblue,2\n", where="`c (x)` > 1")
    assert problem.endswith("as in `c (x)` == 'blue'")
    assert len(read("c (x),y\nred,1\nblue,2\n", where="`c (x)` == 'blue'").targets) == 1


# --- what stored networks make of new rows ------------------------------------------------------------------

MESSY = "n;c;d;y\n1,5;red;31.01.2024;1\n;blue;;2\n2.500;;01.02.2024;3\n4;red;15.03.2023;4\n"


@pytest.mark.parametrize("missing", ["impute", "category"])
def test_new_rows_are_read_as_those_of_training_were(read, tmp_path, missing):
    samples = read(MESSY, layout=TextLayout(**LAYOUT), missing=missing)
    data = {"source": "table", "target": "y", "features": None, **LAYOUT, "encoding": "utf-8"}
    kinds = {"features": samples.features, "encodings": samples.encodings, "shape": samples.inputs.shape[1:]}
    trained = Trained("base", {"data": data}, (0,), outputs=1, parameters={}, state={}, **kinds)
    again = inputs.read(tmp_path / "made.csv", trained)
    np.testing.assert_array_equal(again.inputs, samples.inputs)
    (tmp_path / "new.csv").write_text("d,extra,c,n\n2024-01-31,x,red,1.5\n")
    np.testing.assert_array_equal(inputs.read(tmp_path / "new.csv", trained).inputs, samples.inputs[:1])
    (tmp_path / "bad.csv").write_text("d,c,n\nsoon,teal,many\n")
    with pytest.raises(DataError) as caught:
        inputs.read(tmp_path / "bad.csv", trained)
    assert len(caught.value.problems) == 3


def test_numbers_in_another_way_than_the_studys_are_shown(read, tmp_path):
    samples = read("Fläche;y\n81,5;1\n90,0;2\n", layout=TextLayout(separator=";", decimal=","))
    data = {"source": "table", "target": "y", "features": None, "separator": ";", "decimal": ","}
    kinds = {"features": samples.features, "encodings": samples.encodings, "shape": samples.inputs.shape[1:]}
    trained = Trained("base", {"data": data}, (0,), outputs=1, parameters={}, state={}, **kinds)
    (tmp_path / "new.csv").write_text("Fläche;y\n83.0;1\n91.5;2\n")
    with pytest.raises(
        DataError,
        match=r"expected a number in 'Fläche', got '83\.0'; the file is read with data\.decimal = \",\"; ",
    ):
        inputs.read(tmp_path / "new.csv", trained)
    with pytest.raises(DataError, match=r"got '83\.0'; .* convert the column to numbers"):
        inputs_table.frame(pa.table({"Fläche": ["83.0", "91.5"]}), None, trained)
    with pytest.raises(DataError, match="expected a number in 'Fläche'"):
        inputs_table.frame(pa.table({"Fläche": pa.array([None, None], pa.string())}), None, trained)
