"""What stands between braces in the words of a command."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.trainables.placeholders import arguments, filled, flat, names_in, stray_brace

VALUES = {
    "lr": 1e-05,
    "opt": "adam",
    "hidden": [64, 32],
    "flags": [],
    "deep": {"a": True},
    "deep.a": True,
    "none": None,
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("{lr}", ["1e-05"]),
        ("--lr={lr}", ["--lr=1e-05"]),
        ("{opt}-{lr}", ["adam-1e-05"]),
        ("{hidden}", ["64", "32"]),
        ("--hidden={hidden}", ["--hidden=[64, 32]"]),
        ("{flags}", []),
        ("{deep}", ['{"a": true}']),
        ("{deep.a}", ["true"]),
        ("{none}", ["null"]),
        ("{{lr}}", ["{lr}"]),
        ("{{{lr}}}", ["{1e-05}"]),
        ("{absent}", ["{absent}"]),
        ("", [""]),
    ],
)
def test_words_are_filled_in(word: str, expected: list[str]) -> None:
    assert arguments([word], VALUES) == expected


@given(st.text())
def test_a_value_is_one_word_whatever_is_in_it(value: str) -> None:
    assert arguments(["{a}", "x{a}"], {"a": value}) == [value, f"x{value}"]


@given(st.text(st.sampled_from("{}ab. ")))
def test_doubled_braces_are_the_text_itself(text: str) -> None:
    assert filled(text.replace("{", "{{").replace("}", "}}"), {"a": 1, "b": 2, "ab": 3}) == text


@pytest.mark.parametrize(
    ("text", "is_stray"),
    [
        ("{", True),
        ("}", True),
        ("{{}", True),
        ("{a{b}", True),
        ("{a}}", True),
        ("{{}}", False),
        ("{a}{{b}}", False),
    ],
)
def test_braces_that_belong_to_nothing_are_found(text: str, is_stray: bool) -> None:
    assert stray_brace(text) is is_stray


def test_names_in_order() -> None:
    assert names_in("{b} {{c}} {a.d} {}") == ["b", "a.d", ""]


@given(
    st.recursive(st.integers(), lambda inner: st.dictionaries(st.text("ab", min_size=1), inner), max_leaves=8)
)
def test_nested_settings_have_dotted_names(settings: object) -> None:
    if not isinstance(settings, dict):
        return
    for name, value in flat(settings).items():
        found: object = settings
        for part in name.split("."):
            assert isinstance(found, dict)
            found = found[part]
        assert json.dumps(found) == json.dumps(value)
