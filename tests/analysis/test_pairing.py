"""What pairing was worth, against its definition, SciPy and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.pairing import in_words, pairing


def none_failed(n: int) -> np.ndarray:
    return np.zeros(n, dtype=bool)


def drawn(random: np.random.Generator, n: int, correlation: float, sd: float = 1.0) -> np.ndarray:
    """(2, n) normal values, the second of another standard deviation."""
    covariance = [[1, correlation * sd], [correlation * sd, sd**2]]
    return random.multivariate_normal([0, 3], covariance, n).T


def test_by_hand() -> None:
    # Var a = 1, Var b = 4, the covariance 1.5 and Var(a - b) = 2
    seen = pairing(np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 4.0]), none_failed(3))
    variances = np.var([1, 2, 3], ddof=1), np.var([1, 5, 4], ddof=1), np.var([0, -3, -1], ddof=1)
    assert seen.worth == pytest.approx((variances[0] + variances[1]) / variances[2])
    assert seen.correlation == pytest.approx(stats.pearsonr([1, 2, 3], [1, 5, 4]).statistic)
    assert seen.n == 3


@given(seed=st.integers(0, 10_000), n=st.integers(4, 40), correlation=st.floats(-0.95, 0.99))
def test_ends_are_where_pitman_and_morgans_test_just_rejects(seed: int, n: int, correlation: float) -> None:
    a, b = drawn(np.random.default_rng(seed), n, correlation, sd=2.0)
    seen = pairing(a, b, none_failed(n))
    for worth in (seen.low, seen.high):
        scaled = (a + b) / math.sqrt(2 * worth - 1)
        assert stats.pearsonr(scaled + (a - b), scaled - (a - b)).pvalue == pytest.approx(0.05, rel=1e-4)
    assert seen.low < seen.worth < seen.high


@given(seed=st.integers(0, 10_000), shift=st.floats(-100, 100), factor=st.floats(0.01, 100))
def test_follows_neither_unit_nor_order(seed: int, shift: float, factor: float) -> None:
    a, b = drawn(np.random.default_rng(seed), 12, 0.6)
    seen = pairing(a, b, none_failed(12)).worth
    assert pairing(shift + factor * a, factor * b, none_failed(12)).worth == pytest.approx(seen, rel=1e-6)
    assert pairing(b, a, none_failed(12)).worth == pytest.approx(seen)


@pytest.mark.parametrize(("correlation", "sd"), [(0.0, 1.0), (0.8, 1.0), (0.5, 3.0), (-0.4, 1.0)])
def test_intervals_cover(correlation: float, sd: float) -> None:
    random, n, studies = np.random.default_rng(5), 10, 2000
    truth = (1 + sd**2) / (1 + sd**2 - 2 * correlation * sd)
    seen = [pairing(*drawn(random, n, correlation, sd), none_failed(n)) for _ in range(studies)]
    covered = np.mean([one.low <= truth <= one.high for one in seen])
    assert abs(covered - 0.95) < 3 * math.sqrt(0.95 * 0.05 / studies)


def test_worth_is_the_seeds_that_a_comparison_without_pairs_takes() -> None:
    """The mean gap of n pairs varies as that of worth * n runs a side under different seeds."""
    random, n = np.random.default_rng(6), 10
    paired = np.array([np.mean(np.subtract(*drawn(random, n, 0.75))) for _ in range(4000)])
    apart = [
        np.mean(drawn(random, 4 * n, 0.75)[0]) - np.mean(drawn(random, 4 * n, 0.75)[1]) for _ in range(4000)
    ]
    assert np.var(paired) == pytest.approx(np.var(apart), rel=0.1)


def test_ratios_are_of_logarithms() -> None:
    a, b = np.exp(drawn(np.random.default_rng(7), 20, 0.7))
    assert pairing(a, b, none_failed(20), "ratio") == pairing(np.log(a), np.log(b), none_failed(20))


def test_leaves_out_failed_pairs_and_those_without_a_value() -> None:
    a, b = drawn(np.random.default_rng(8), 12, 0.7)
    failed = none_failed(12)
    failed[3] = True
    a[3], a[5], b[7] = 1e9, np.inf, np.nan
    kept = np.delete(np.arange(12), [3, 5, 7])
    assert pairing(a, b, failed) == pairing(a[kept], b[kept], none_failed(9))


def test_leaves_out_zeros_that_have_no_logarithm() -> None:
    seen = pairing(np.array([0.0, 1, 2, 3]), np.array([1.0, 2, 3, 7]), none_failed(4), "ratio")
    assert seen.n == 3


def test_a_gap_that_never_varies() -> None:
    a = np.array([0.1, 0.2, 0.7, 0.4])
    seen = pairing(a, a + 0.3, none_failed(4))
    assert seen.worth == math.inf
    assert "removed all of the spread" in str(seen)
    assert in_words({"x": seen, "y": seen}) == "The gap is the same under every seed for “x”, “y”."


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_pairs(n: int) -> None:
    seen = pairing(np.arange(n), -np.arange(n), none_failed(n))
    assert seen.n == n
    assert math.isnan(seen.worth)
    assert not seen.helped
    assert str(seen) == "too few pairs say what pairing was worth"


def test_variants_that_do_not_vary() -> None:
    seen = pairing(np.full(6, 0.1), np.full(6, 0.3), none_failed(6))
    assert math.isnan(seen.worth)
    assert str(seen) == "neither variant varies, so pairing was worth nothing"
    assert in_words({"x": seen}) == ""


def test_words() -> None:
    random = np.random.default_rng(9)
    helped, nothing, cost = (
        pairing(*drawn(random, 60, correlation), none_failed(60)) for correlation in (0.9, 0.0, -0.8)
    )
    assert helped.helped
    assert not nothing.helped
    assert str(helped).startswith("pairing was worth 5.9 times as many seeds (3.9 to 9.1)")
    assert str(nothing).startswith("no gain from pairing shows: it was worth ")
    assert str(cost).startswith("pairing cost seeds: it was worth 0.")
