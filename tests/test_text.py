"""Counts and lists in words."""

from __future__ import annotations

import odd_text
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.text import byte_size, spans, visible, visible_lines


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([4], "4"),
        ([4, 5], "4, 5"),
        ([4, 5, 6], "4 to 6"),
        ([0, 2, 3, 4, 9, 11, 12], "0, 2 to 4, 9, 11, 12"),
    ],
)
def test_whole_numbers_are_named_by_the_ends_of_their_runs(numbers: list[int], text: str) -> None:
    assert spans(numbers) == text


@given(st.sets(st.integers(0, 50)))
def test_spans_name_all_numbers_and_no_other(numbers: set[int]) -> None:
    told: list[int] = []
    for part in filter(None, spans(sorted(numbers)).split(", ")):
        first, _, last = part.partition(" to ")
        told += range(int(first), int(last or first) + 1)
    assert told == sorted(numbers)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2 * 10**9, "2 GB"), (10**17, "100 PB")],
)
def test_bytes_have_a_unit(size: int, text: str) -> None:
    assert byte_size(size) == text


@given(st.text())
def test_visible_text_stands_in_one_line_and_nothing_of_it_acts(text: str) -> None:
    shown = visible(text)
    assert not odd_text.acts(shown)
    assert "\n" not in shown
    assert visible(shown) == shown
    if not odd_text.acts(text) and "\n" not in text:
        assert shown == text
    assert visible_lines(text) == "\n".join(map(visible, text.split("\n")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m\x07", r"\x1b[31m\x07"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202eabc\u200b", r"\u202eabc\u200b"),
        ("\x9b\ud800\U000e0041", r"\x9b\ud800\U000e0041"),
        ("two words, 漢字 ü×–", "two words, 漢字 ü×–"),
    ],
)
def test_what_would_act_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown
