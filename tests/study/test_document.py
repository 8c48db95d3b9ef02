"""Documents of studies that are too large, too deep or no files at all: refused at once, with the numbers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from study_files import small

from seedbed.api import Study
from seedbed.study.document import DEEPEST, MOST_BYTES, MOST_PARTS, MOST_VALUES
from seedbed.study.problems import LONGEST, MOST_PROBLEMS, StudyError


def problems(text: str) -> str:
    """All that is said of the small study with a few lines more."""
    with pytest.raises(StudyError) as refused:
        Study.parse(f"{small()}\n{text}\n")
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("x = " + "{a=" * 5000 + "1" + "}" * 5000, "nested too deeply"),
        ("x = " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "x: is nested too deeply"),
        (".".join(["a"] * 3000) + " = 1", f"a key of more than {MOST_PARTS} parts (at line 6)"),
        ("[" + " . ".join(['"a"', "'b'"] * 3000) + "]", f"a key of more than {MOST_PARTS} parts"),
        ("[" + ".".join(["a"] * (DEEPEST + 1)) + "]", "a.a: is nested too deeply"),
        ("k" * 100_000 + " = 1", "kkk...: expected a key of at most 1,000 characters, got 100,000"),
        ("x = 1" + "0" * 400, "x: expected a whole number of at most 64 bits, got one of about 401 digits"),
        ("x = -9223372036854775809", "x: expected a whole number of at most 64 bits"),
        (
            "x = 0x" + "f" * 5000,
            "x: expected a whole number of at most 64 bits, got one of about 6,021 digits",
        ),
        ("x = 1" + "0" * 5000, "has a whole number of thousands of digits"),
        ("x = [" + "1," * 150_000 + "]\ny = [" + "1," * 50_000 + "]", "has more than 200,000 values"),
        ('name = "again"', "not valid TOML: Cannot overwrite a value"),
        ("x = 1\0", "not valid TOML"),
        ('x = "\ud800"', r"expected text, got half of a character in '\ud800'"),
        ('"\udfff" = 1', r"expected text, got half of a character in '\udfff'"),
    ],
)
def test_what_no_study_holds_is_refused(text: str, said: str) -> None:
    assert said in problems(text)


@pytest.mark.parametrize(
    "text", ['"' * 900_000, '\\"' * 450_000, "a." * 450_000, '"a".' * 200_000 + "=", "a.b.c\n" * 150_000]
)
def test_keys_are_counted_in_time_that_grows_with_the_text_only(text: str) -> None:
    assert problems(text)


@pytest.mark.skipif(os.name != "posix", reason="pipes with names")
def test_a_study_is_a_file_of_a_size_that_is_read_at_once(tmp_path: Path) -> None:
    large, pipe = tmp_path / "large.toml", tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(2 * MOST_BYTES)
    for path, said in (
        (large, "cannot be read: has 2 MB, and at most 1 MB are read here"),
        (pipe, "cannot be read: expected a file, got a named pipe"),
        (Path("/dev/zero"), "cannot be read: expected a file, got a device"),
        (tmp_path, "is a directory"),
    ):
        with pytest.raises(StudyError) as refused:
            Study.load(path)
        assert str(refused.value).startswith(f"{path}: {said}")


def test_plain_data_has_the_same_limits() -> None:
    endless: dict[str, Any] = {}
    endless |= {"a": endless, "b": [endless, endless]}
    doubled: Any = [1]
    for _ in range(15):
        doubled = [doubled, doubled, doubled]
    for tables, said in (
        ({"x": endless}, f"more than {MOST_VALUES:,} values"),
        ({"x": doubled}, f"more than {MOST_VALUES:,} values"),
        ({"x": 10**5000}, "at most 64 bits"),
    ):
        with pytest.raises(StudyError, match=said):
            Study.from_dict(tables)
    with pytest.raises(StudyError, match="at most 64 bits"):
        Study.parse(small()).override(set={"training.epochs": 10**5000})


def test_of_very_many_problems_the_first_are_said() -> None:
    said = problems("[ablate]\n" + "\n".join(f'"x{i}" = [1]' for i in range(5000)))
    assert len(said.splitlines()) <= MOST_PROBLEMS + 1
    long = problems(f'[ablate]\n"training.lr" = ["{"a" * 5000}", "{"a" * 5000}"]')
    assert all(len(line) <= LONGEST + 100 for line in long.splitlines())


THOUSAND = [*range(1, 1001)]
NAMED = "".join(f'[[variant]]\nname = "v{i}"\nset = {{ "training.lr" = {i}.0 }}\n' for i in range(1, 10_002))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'[ablate]\n"training.lr" = {[*range(1, 10_002)]}', "ablate: asks for 10,001"),
        (
            f'[grid]\n"training.lr" = {THOUSAND}\n"training.l1" = {THOUSAND}\n"training.epochs" = {THOUSAND}',
            "grid: asks for 1,000,000,000",
        ),
        (NAMED, "variant: asks for 10,001"),
    ],
    ids=["ablate", "grid", "variant"],
)
def test_variants_are_counted_before_they_are_made(text: str, said: str) -> None:
    assert f"{said} variants; 10,000 are the most of a study" in problems(text)


def test_values_to_vary_are_counted_before_they_are_tried() -> None:
    study = Study.parse(small())
    for values in ([*range(1_000_000)], ",".join(map(str, range(10_001)))):
        with pytest.raises(StudyError, match="10,000 are the most of a study"):
            study.override(vary={"training.lr": values})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "a" * 201}, "name: a study name has at most 200 characters, got 201"),
        ({"description": "a" * 10_001}, "description: too many characters: expected at most 10000"),
        ({"variant": [{"name": "a" * 201, "set": {}}]}, "too many characters: expected at most 200"),
        (
            {"hypothesis": [{"claim": "c", "better": "base", "than": "v"}] * 1001},
            "hypothesis: too many values",
        ),
        ({"model.hidden": [1] * 1001}, "model.hidden: too many values: expected at most 1000"),
        ({"training.epochs": 10**9 + 1}, "training.epochs: must be at most 1e+09"),
        ({"study.metric": "val.mse@" + "9" * 5000}, "study.metric: "),
        ({"study.metric": "val.mse@" + "9" * 18}, "an epoch can be named in a hypothesis only"),
    ],
)
def test_names_and_lists_have_an_end(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError) as refused:
        Study.parse(small(changes))
    assert said in str(refused.value)


def test_very_long_names_of_variants_are_cut_and_stay_apart() -> None:
    values = [[1] * 200 + [last] for last in (1, 2, 3)]
    study = Study.parse(small({"ablate": {"model.hidden": values, "training.lr": [0.5]}}))
    names = [variant.name for variant in study.variants]
    assert len(set(names)) == 5
    assert max(map(len, names)) <= 200
    assert names[-1] == "lr = 0.5"
    assert names[1].startswith("hidden = 1-1-1-")
