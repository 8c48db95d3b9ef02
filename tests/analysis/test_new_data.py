"""What paired gaps say of new data: by hand, beside scipy, and by simulation with ridge models on made tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.estimate import Estimate
from seedbed.analysis.flips import flip_p
from seedbed.analysis.new_data import moves, over_samples, over_splits
from seedbed.analysis.typical import trimmed

numbers = st.floats(-5, 5, allow_nan=False).map(lambda value: round(value, 3))
several = st.lists(numbers, min_size=3, max_size=30).map(np.array)


def two_way(seed: int, n: int, m: int, of_seed: float, of_sample: float, rest: float) -> np.ndarray:
    """(n, m) of random effects of seeds and of samples, and the rest."""
    random = np.random.default_rng(seed)
    effects = of_seed * random.standard_normal((n, 1)) + of_sample * random.standard_normal((1, m))
    return effects + rest * random.standard_normal((n, m))


def of(values: np.ndarray) -> Estimate:
    """The estimate from a table of seeds and samples."""
    gaps = values.mean(axis=1)
    return over_samples(gaps, values - gaps[:, None], values.shape[1])


# --- an estimate ----------------------------------------------------------------------------------------


@given(st.floats(-3, 3), st.floats(0.1, 2), st.integers(2, 40), st.floats(-3, 3))
def test_p_is_under_a_share_exactly_where_the_interval_leaves_a_bound_out(
    estimate: float, error: float, freedom: int, bound: float
) -> None:
    one = Estimate(estimate, error, freedom)
    low, high = one.interval(0.9)
    # By probabilities, since the oldest SciPy's inverse of the t distribution is good to 1e-8 only, and not symmetric.
    np.testing.assert_allclose(stats.t.cdf([low, high], freedom, estimate, error), [0.05, 0.95], rtol=1e-7)
    np.testing.assert_allclose(low + high, 2 * estimate, rtol=1e-12, atol=1e-12)
    assert (one.p_above(bound) < 0.05) == (bound < low)
    assert (one.p_below(bound) < 0.05) == (bound > high)
    np.testing.assert_allclose(one.p_above(bound) + one.p_below(bound), 1)


def test_gaps_that_do_not_vary_leave_no_doubt() -> None:
    one = over_splits(np.full(6, 0.5), 10, 80)
    assert (one.p_above(), one.p_above(0.5), one.p_above(1), one.p_below()) == (0, 1, 1, 1)
    assert one.interval() == (0.5, 0.5)


# --- random splits --------------------------------------------------------------------------------------


def test_splits_by_hand() -> None:
    gaps = np.array([0.1, 0.4, -0.2, 0.3])  # too few to trim any
    one = over_splits(gaps, 10, 80)
    assert one.estimate == pytest.approx(0.15)
    assert one.error**2 == pytest.approx(np.var(gaps, ddof=1) * (1 / 4 + 10 / 80))
    assert one.freedom == 3


@given(several, st.integers(1, 1000), st.integers(1, 1000))
def test_splits_are_the_typical_gap_with_its_variance_inflated(
    gaps: np.ndarray, samples: int, train: int
) -> None:
    one, (estimate, error, freedom) = over_splits(gaps, samples, train), trimmed(gaps)
    assert (one.estimate, one.freedom) == (estimate, freedom)
    assert one.error == pytest.approx(error * (1 + len(gaps) * samples / train) ** 0.5)


def test_more_seeds_do_not_make_a_table_larger() -> None:
    """However many seeds: at least s^2 samples / train of variance is left."""
    gaps = np.random.default_rng(0).standard_normal(2000)
    _, error, _ = trimmed(gaps)
    assert over_splits(gaps, 20, 80).error ** 2 == pytest.approx(error**2 * 2000 / 4, rel=0.01)


# --- a fixed test part ----------------------------------------------------------------------------------


def test_samples_by_hand() -> None:
    values = np.array([[1.0, 2.0, 6.0], [2.0, 2.0, 8.0], [0.0, 5.0, 10.0], [1.0, 3.0, 8.0]])
    n, m = values.shape
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns + values.mean()
    of_seeds, of_samples = np.var(rows, ddof=1) / n, np.var(columns, ddof=1) / m
    left = np.sum(rest**2) / ((n - 1) * (m - 1)) / (n * m)
    expected = of_seeds + of_samples - left
    one = of(values)
    assert one.estimate == pytest.approx(4)
    assert one.error**2 == pytest.approx(expected)
    assert one.freedom == pytest.approx(expected**2 / (of_seeds**2 / (n - 1) + of_samples**2 / (m - 1)))


def test_seeds_that_all_give_the_same_leave_the_t_test_over_samples() -> None:
    row = np.random.default_rng(3).standard_normal(50) + 0.2
    one = of(np.tile(row, (8, 1)))
    expected = stats.ttest_1samp(row, 0, alternative="greater")
    assert one.freedom == pytest.approx(49)
    assert one.p_above() == pytest.approx(expected.pvalue)


@given(several)
def test_samples_that_move_nothing_leave_the_typical_gap(gaps: np.ndarray) -> None:
    one, (estimate, error, freedom) = over_samples(gaps, np.zeros((len(gaps), 7)), 7), trimmed(gaps)
    assert (one.estimate, one.error) == pytest.approx((estimate, error))
    assert one.freedom == pytest.approx(freedom)


@given(st.integers(0, 1000), st.integers(5, 20), st.integers(2, 30))
def test_it_is_no_surer_than_seeds_or_samples_alone(seed: int, n: int, m: int) -> None:
    values = two_way(seed, n, m, 0.3, 1, 1)
    gaps = values.mean(axis=1)
    assert of(values).error >= trimmed(gaps)[1] * (1 - 1e-9)
    assert of(values).freedom <= n + m


@given(st.integers(0, 1000))
def test_neither_the_order_of_seeds_nor_that_of_samples_matters(seed: int) -> None:
    values = two_way(seed, 9, 14, 0.3, 1, 1)
    random = np.random.default_rng(seed)
    mixed = values[random.permutation(9)][:, random.permutation(14)]
    np.testing.assert_allclose(of(mixed).estimate, of(values).estimate)
    np.testing.assert_allclose(of(mixed).error, of(values).error)


def test_a_draw_of_the_samples_stands_for_all_of_them() -> None:
    values = two_way(1, 12, 8000, 0.02, 1, 1)
    gaps = values.mean(axis=1)
    drawn = (values - gaps[:, None])[:, ::4]
    assert over_samples(gaps, drawn, 8000).error == pytest.approx(of(values).error, rel=0.05)


@pytest.mark.parametrize("effects", [(0.6, 1.0, 1.0), (1.0, 0.1, 0.5)])
def test_variance_is_that_of_the_mean_of_random_effects(effects: tuple[float, float, float]) -> None:
    n, m = 4, 60
    of_seed, of_sample, rest = effects
    truth = of_seed**2 / n + of_sample**2 / m + rest**2 / (n * m)
    found = [of(two_way(seed, n, m, *effects)).error ** 2 for seed in range(2000)]
    assert np.mean(found) == pytest.approx(truth, rel=0.06)


@pytest.mark.parametrize("scale", ["difference", "ratio"])
def test_moves_are_how_a_weight_on_a_sample_moves_the_gap(scale: str) -> None:
    random = np.random.default_rng(2)
    first, second = random.exponential(1, (3, 20)), random.exponential(2, (3, 20))
    found = moves(first, second, scale)
    np.testing.assert_allclose(found.mean(axis=1), 0, atol=1e-12)
    for sample in (0, 7):
        weights = np.full(20, 1 / 20)
        weights[sample] += 1e-7
        weights /= weights.sum()
        change = _gap(first, second, weights, scale) - _gap(first, second, np.full(20, 1 / 20), scale)
        np.testing.assert_allclose(change / 1e-7, found[:, sample], rtol=1e-4, atol=1e-6)


def _gap(first: np.ndarray, second: np.ndarray, weights: np.ndarray, scale: str) -> np.ndarray:
    means = first @ weights, second @ weights
    return np.log(means[0]) - np.log(means[1]) if scale == "ratio" else means[0] - means[1]


# --- with real models -----------------------------------------------------------------------------------

FEATURES = 10  # the target is made of all of them alike, and each of two models sees one half
STUDIES = 1500  # a rate of 5 % is then known to 0.6 %
Truth = tuple[np.ndarray, np.ndarray]


def made(random: np.random.Generator, *shape: int) -> Truth:
    x = random.standard_normal((*shape, FEATURES))
    return x, x.sum(axis=-1) / FEATURES**0.5 + random.standard_normal(shape)


def ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights (seeds, features) of ridge regression on (seeds, n, features)."""
    squares = x.swapaxes(1, 2) @ x + np.eye(x.shape[2])
    return np.linalg.solve(squares, x.swapaxes(1, 2) @ y[..., None])[..., 0]


def halves() -> tuple[slice, slice]:
    return slice(0, FEATURES // 2), slice(FEATURES // 2, FEATURES)


def split_study(random: np.random.Generator, seeds: int) -> tuple[np.ndarray, Estimate]:
    """Two equal recipes on one table of 100 rows that every seed splits anew."""
    x, y = made(random, 100)
    order = np.argsort(random.random((seeds, 100)), axis=1)
    test, train = order[:, :20], order[:, 20:]
    errors = []
    for half in halves():
        weights = ridge(x[train][..., half], y[train])
        predicted = np.einsum("snf,sf->sn", x[test][..., half], weights)
        errors.append(np.mean((predicted - y[test]) ** 2, axis=1))
    gaps = np.log(errors[0]) - np.log(errors[1])
    return gaps, over_splits(gaps, 20, 80)


def fixed_study(random: np.random.Generator, seeds: int) -> tuple[np.ndarray, Estimate]:
    """Two equal recipes with a training part for every seed and one test part of 300 samples."""
    (x, y), (seen, truth) = made(random, seeds, 80), made(random, 300)
    squares = [(ridge(x[..., half], y) @ seen[:, half].T - truth) ** 2 for half in halves()]
    gaps = np.log(squares[0].mean(axis=1)) - np.log(squares[1].mean(axis=1))
    return gaps, over_samples(gaps, moves(squares[0], squares[1], "ratio"), 300)


@pytest.mark.parametrize("study", [split_study, fixed_study])
def test_equal_recipes_are_rarely_called_different_on_new_data(
    study: Callable[[np.random.Generator, int], tuple[np.ndarray, Estimate]],
) -> None:
    """On this data set they differ by the luck of its samples, which the seeds show; on new data not."""
    random = np.random.default_rng(0)
    here = new = 0
    for _ in range(STUDIES):
        gaps, one = study(random, 10)
        here += flip_p(gaps) < 0.05
        new += 2 * min(one.p_above(), one.p_below()) < 0.05
    assert here / STUDIES > 0.15
    assert new / STUDIES < 0.068
