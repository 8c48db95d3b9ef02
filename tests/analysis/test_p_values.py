"""p values, against SciPy or a calculation by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis import p_values
from seedbed.analysis.p_values import FLIPS, holm, p_value, sign_flip, sign_test
from seedbed.draws import generator

inf = float("inf")
GAPS = {
    "five": [0.3, -0.1, 0.5, 0.7, 0.2],
    "all positive": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    "ties": [1.0, -1.0, 1.0, -1.0, 1.0, 0.0],
    "twelve": np.random.default_rng(3).normal(0.4, 1, 12).tolist(),
}


def brute_force(gaps, two_sided):
    sums = [
        sum(s * g for s, g in zip(signs, gaps, strict=True))
        for signs in itertools.product((1, -1), repeat=len(gaps))
    ]
    seen = sum(gaps)
    extreme = [abs(s) >= abs(seen) - 1e-9 if two_sided else s >= seen - 1e-9 for s in sums]
    return sum(extreme) / len(extreme)


@pytest.mark.parametrize("name", ["five", "all positive", "ties"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_sign_flip_lists_all_flips(name, alternative):
    gaps = np.array(GAPS[name])
    assert sign_flip(gaps, alternative) == pytest.approx(brute_force(GAPS[name], alternative == "two-sided"))


@pytest.mark.parametrize("name", GAPS)
@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_sign_flip_agrees_with_scipy(name, alternative):
    gaps = np.array(GAPS[name])
    expected = stats.permutation_test(
        (gaps,), np.mean, permutation_type="samples", alternative=alternative, n_resamples=inf
    )
    assert sign_flip(gaps, alternative) == pytest.approx(expected.pvalue)


def test_sampled_sign_flip_approaches_the_exact_one():
    gaps = np.random.default_rng(5).normal(0.35, 1, 16)
    exact = stats.permutation_test((gaps,), np.mean, permutation_type="samples", n_resamples=inf).pvalue
    error = np.sqrt(exact * (1 - exact) / FLIPS)
    assert sign_flip(gaps) == pytest.approx(exact, abs=4 * error)
    assert sign_flip(gaps) == sign_flip(gaps)  # nothing random about a report


@pytest.mark.parametrize("n", [13, 24, 25, 40])
def test_sampled_sums_are_those_of_the_patterns_drawn(n):
    gaps = np.random.default_rng(n).normal(size=n)
    drawn = generator(0, 0, "statistics").integers(0, 2, (FLIPS // 10, n), dtype=np.int8) * 2 - 1
    assert p_values._sampled_sums(gaps)[: FLIPS // 10] == pytest.approx(drawn @ gaps)


def test_patterns_are_drawn_once_for_a_number_of_seeds(monkeypatch):
    calls = []
    monkeypatch.setattr(p_values, "generator", lambda *key: calls.append(key) or generator(*key))
    for seed in range(5):
        sign_flip(np.random.default_rng(seed).normal(size=57))
    assert len(calls) <= 1


@given(st.integers(1, 60), st.data(), st.sampled_from(["two-sided", "greater", "less"]))
def test_sign_test_is_scipys(pairs, data, alternative):
    wins = data.draw(st.integers(0, pairs))
    expected = stats.binomtest(wins, pairs, 0.5, alternative).pvalue
    assert sign_test(wins, pairs, alternative) == pytest.approx(expected, rel=1e-9)


def test_sampled_p_is_never_zero():
    gaps = np.array([1.0] * 59 + [-1e-3])  # no other pattern but this one's mirror is as extreme
    assert sign_flip(gaps) == pytest.approx(1 / (FLIPS + 1), rel=1e-9)


@pytest.mark.parametrize("n", [5, 12, 13, 20, 60, 2000])
def test_p_of_gaps_of_one_sign_is_exact_with_any_number_of_seeds(n):
    gaps = np.random.default_rng(n).exponential(size=n)
    assert sign_flip(gaps) == sign_flip(-gaps) == max(2 * 0.5**n, np.finfo(float).tiny)
    assert sign_flip(gaps, "greater") == max(0.5**n, np.finfo(float).tiny)
    assert sign_flip(-gaps, "greater") == 1
    assert sign_flip(np.append(gaps, 0.0)) == min(1, max(2 * 0.5**n, np.finfo(float).tiny))


def test_p_value_of_signs_counts_no_ties():
    gaps = np.array([inf, 1.0, 2.0, 0.0, -1.0])
    assert p_value(gaps, "greater") == pytest.approx(stats.binomtest(3, 4, alternative="greater").pvalue)


@pytest.mark.parametrize(
    ("ps", "expected"),
    [
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.04, 0.01, 0.5, 0.02], [0.08, 0.04, 0.5, 0.06]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([None, 0.02, None, 0.03], [None, 0.04, None, 0.04]),
        ([], []),
    ],
)
def test_holm_by_hand(ps, expected):
    assert holm(ps) == [value if value is None else pytest.approx(value) for value in expected]


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=20))
def test_holm_raises_p_keeps_order_and_stays_under_bonferroni(ps):
    adjusted = holm(ps)
    assert all(p <= a <= min(1, p * len(ps)) + 1e-12 for p, a in zip(ps, adjusted, strict=True))
    assert [adjusted[i] for i in np.argsort(ps)] == sorted(adjusted)
