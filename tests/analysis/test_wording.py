"""Numbers, p values and sentences as people read them."""

import pytest

from seedbed.analysis.comparing import Comparison
from seedbed.analysis.wording import (
    between,
    effect,
    effect_interval,
    factor,
    gap_interval,
    number,
    p_text,
    signed,
    times,
)

nan, inf = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.9705, "0.9705"),
        (0.00273, "0.002730"),
        (0.000286, "0.000286"),
        (1.07809, "1.078"),
        (120, "120.0"),
        (12345.6, "12346"),
        (2.5e-5, "2.50e−5"),
        (3e9, "3.00e9"),
        (-0.5, "−0.5000"),
        (0.0, "0.000"),
        (None, "–"),
        (nan, "–"),
        (inf, "–"),
    ],
)
def test_number(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, "+0.500"), (-0.5, "−0.500"), (0.0, "0.00"), (nan, "–")]
)
def test_signed(value, expected):
    assert signed(value) == expected


@pytest.mark.parametrize(
    ("p", "expected"), [(None, "–"), (1e-5, "<\u00a00.0001"), (0.0312, "0.031"), (0.5, "0.50"), (1.0, "1.00")]
)
def test_p(p, expected):
    assert p_text(p) == expected


def test_intervals_without_ends_are_dashes():
    assert (between(nan, nan), between(0.5, 0.75)) == ("–", "0.5000 to 0.7500")


def test_effects_show_their_scale():
    ratio = Comparison("ratio", 0.31, 0.2, 0.5, 0.01, 8, -1)
    gap = Comparison("difference", 0.31, -0.2, 0.5, 0.01, 8, 1)
    none = Comparison("difference", nan, nan, nan, None, 0, 0)
    assert [effect(ratio), effect_interval(ratio)] == ["×0.310", "0.200 to 0.500"]
    assert [effect(gap), effect_interval(gap)] == ["+0.310", "−0.200 to +0.500"]
    assert [effect(none), effect_interval(none)] == ["–", "–"]


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (6.62, "6.6 times higher"),
        (1 / 1.42, "1.42 times lower"),
        (1.0246, "1.025 times higher"),
        (1.00123, "1.0012 times higher"),
        (1 / 1.0000021, "1.000002 times lower"),
        (1.0, "1.00 times higher"),
        (0.0, "– times lower"),
    ],
)
def test_a_factor_near_one_has_the_digits_that_tell_it_from_one(ratio, expected):
    assert times(ratio) == expected


def test_the_interval_of_a_factor_near_one_is_told_apart_from_one():
    seen = Comparison("ratio", 1 / 1.0245, 1 / 1.027, 1 / 1.021, None, 10)
    assert gap_interval(seen) == "1.021 to 1.027"
    assert factor(1.0, 2) == "1.0"
