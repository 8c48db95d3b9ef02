"""How many seeds a verdict needs, against SciPy, published tables and simulation."""

import numpy as np
import pytest
from scipy import stats

from seedbed.analysis.flips import flip_p
from seedbed.analysis.p_values import holm
from seedbed.analysis.power import FEWEST_PAIRS, fewest_pairs, seeds_to_decide

nan, inf = float("nan"), float("inf")


@pytest.mark.parametrize("comparisons", [1, 2, 3, 10, 25, 200, 1000, 10_000])
def test_fewest_pairs_can_just_reach_significance(comparisons):
    n = fewest_pairs(comparisons)
    assert max(holm([flip_p(np.ones(n))] * comparisons)) < 0.05
    assert n == FEWEST_PAIRS or max(holm([flip_p(np.ones(n - 1))] * comparisons)) >= 0.05


def test_seeds_to_decide_are_the_fewest_with_the_power():
    m = np.arange(6, 160)
    for effect in (-1.0, *np.geomspace(0.25, 2, 80)):
        powers = stats.nct.sf(stats.t.ppf(0.975, m - 1), m - 1, abs(effect) * np.sqrt(m))
        assert seeds_to_decide(effect) == m[powers >= 0.8][0], effect


@pytest.mark.parametrize(
    ("effect", "power", "expected"),
    [
        *[(0.2, 0.8, 199), (0.3, 0.8, 90), (0.5, 0.8, 34), (0.8, 0.8, 15), (1.0, 0.8, 10), (1.5, 0.8, 6)],
        *[(0.5, 0.9, 44), (0.5, 0.95, 54)],
    ],
)
def test_seeds_to_decide_are_those_of_published_tables(effect, power, expected):
    """Of the two-sided paired t test at 5 %, as in Cohen's tables and G*Power."""
    assert seeds_to_decide(effect, power) == expected


def test_seeds_to_decide_by_simulation():
    n, random = seeds_to_decide(0.8), np.random.default_rng(2)
    sample = random.normal(0.8, 1, (4000, n))
    assert np.mean(stats.ttest_1samp(sample, 0, axis=1).pvalue < 0.05) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(0.0, None), (1e-5, None), (nan, None), (50.0, 6), (1e15, 6), (-1e300, 6), (inf, 6)],
)
def test_seeds_to_decide_at_the_ends(effect, expected):
    assert seeds_to_decide(effect) == expected
