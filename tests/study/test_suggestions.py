"""What was probably meant: a slip, another tool's name, a key elsewhere, or else all there is."""

from __future__ import annotations

import pytest

from seedbed.study.suggestions import instead_of, instead_of_setting, keys_of_other_name, listed, nearest


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("zzz", ["alpha", "beta"], "known: alpha, beta"),
        ("zzz", [], "known: none"),
        ("ALPHA", ["beta", "alpha"], 'did you mean "alpha"?'),
        ("linear", ["relu", "identity", "polynomial"], 'did you mean "identity"?'),
    ],
)
def test_one_word_or_all_of_them(word: str, known: list[str], expected: str) -> None:
    assert instead_of(word, known) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], None),
        (["a"], 'did you mean "a"?'),
        (["a", "b"], 'did you mean "a" or "b"?'),
        (["a", "b", "c", "d"], 'did you mean "a", "b" or "c"?'),
    ],
)
def test_a_question_names_the_first_few(keys: list[str], expected: str | None) -> None:
    assert listed(keys) == expected


KNOWN = [
    "model.hidden", "model.depth", "training.lr", "training.decay_on", "training.schedule.patience",
    "training.schedule.factor", "training.stop.patience", "data.seed", "name",
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("training.schedule.pateince", 'did you mean "training.schedule.patience"?'),  # a slip, in its own table
        ("training.schedule.gamma", 'did you mean "training.schedule.factor"?'),  # another tool's name
        ("model.num_layers", 'did you mean "model.hidden"?'),  # the first of those that have the name
        ("model.decay_on", 'did you mean "training.decay_on"?'),  # elsewhere
        ("training.decay_over", 'did you mean "training.decay_on"?'),  # something like it
        ("nmae", 'did you mean "name"?'),
        ("training.device", "it is an option of `seedbed run`, not part of a study; see `seedbed run --help`"),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_known(key: str, expected: str) -> None:
    assert instead_of_setting(key, KNOWN).startswith(expected)


def test_a_name_of_several_keys_means_first_those_that_the_table_has() -> None:
    assert keys_of_other_name("num_layers", "model", ["depth", "widths"])[0] == "model.depth"
    assert keys_of_other_name("num_layers", "model", ["hidden"])[0] == "model.hidden"
    assert keys_of_other_name("step_size", "training.schedule", ["every"])[0] == "training.schedule.every"
    assert keys_of_other_name("step_size", "training", ["lr"])[0] == "training.lr"
    assert keys_of_other_name("mindelta", "training.schedule", ["min_delta"]) == [
        "training.schedule.min_delta"
    ]


def test_a_word_with_its_letters_swapped_comes_before_one_that_is_alike() -> None:
    assert nearest("steps", ["step", "setps"]) == "setps"
