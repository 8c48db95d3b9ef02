"""Components of variance against a hand calculation, the analysis of variance, and simulation with known ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from seedbed.analysis.spread import Spread, explained, shares, spread
from seedbed.study.crossing import SOURCES, levels


def crossed(per_source: int, sources: int = 3) -> dict[str, np.ndarray]:
    """The levels of every run."""
    n, names = per_source**2, SOURCES[:sources]
    runs = [levels(names, n, seed) for seed in range(n)]
    return {name: np.array([of[name] for of in runs]) for name in names}


def drawn(random: np.random.Generator, of: dict[str, np.ndarray], sd: dict[str, float]) -> np.ndarray:
    """Normal values with known standard deviations of each source and of the rest."""
    n = len(next(iter(of.values())))
    values = random.normal(0, sd["rest"], n)
    for name, level in of.items():
        values += random.normal(0, sd[name], level.max() + 1)[level]
    return values


def seen(values: np.ndarray, of: dict[str, np.ndarray]) -> Spread:
    return spread(values, of, np.zeros(len(values), dtype=bool))


def test_by_hand() -> None:
    """Rows of 0, 1 and 5, columns of 0, 1 and 2, and 3 more in one cell."""
    of = crossed(3, sources=2)
    values = np.array([[0, 1, 2], [1, 2, 3], [5, 6, 10]], dtype=float)
    found = seen(values.ravel(), of)
    # sums of squares about means: rows 3 * (var of 1, 2, 7), columns 3 * (var of 2, 3, 5), the rest 2 ** 2
    rows, columns = 3 * np.var([1, 2, 7], ddof=1), 3 * np.var([2, 3, 5], ddof=1)
    rest = (np.sum((values - values.mean()) ** 2) - 2 * rows - 2 * columns) / 4
    assert rest == pytest.approx(1.0)
    assert found.rest.estimate == pytest.approx(rest)
    assert found.sources["init"].estimate == pytest.approx((rows - rest) / 3)
    assert found.sources["order"].estimate == pytest.approx((columns - rest) / 3)
    assert [one.freedom for one in found.components.values()] == [2, 2, 4]


@given(seed=st.integers(0, 10_000), per_source=st.integers(3, 7), sources=st.integers(2, 3))
def test_equals_the_analysis_of_variance(seed: int, per_source: int, sources: int) -> None:
    of = crossed(per_source, sources)
    values = np.random.default_rng(seed).normal(size=per_source**2)
    found, n, left = seen(values, of), per_source**2, np.sum((values - values.mean()) ** 2)
    squares = {}
    for name, level in of.items():
        means = np.array([values[level == one].mean() for one in range(per_source)])
        squares[name] = per_source * np.var(means, ddof=1)
        left -= squares[name] * (per_source - 1)
    freedom = n - 1 - sources * (per_source - 1)
    assert found.rest.estimate == pytest.approx(left / freedom)
    assert found.rest.freedom == freedom
    for name, square in squares.items():
        assert found.sources[name].estimate == pytest.approx((square - left / freedom) / per_source)
    assert found.rest.low == pytest.approx(left / stats.chi2.ppf(0.975, freedom))
    assert found.rest.high == pytest.approx(left / stats.chi2.ppf(0.025, freedom))


def test_intervals_by_williams() -> None:
    of = crossed(5)
    random = np.random.default_rng(1)
    found = seen(drawn(random, of, {"init": 2, "order": 1, "split": 1, "rest": 1}), of)
    rest, init = found.rest.estimate, found.sources["init"]
    square = rest + 5 * init.estimate
    for end, tail in ((init.low, 0.975), (init.high, 0.025)):
        of_f, of_chi2 = stats.f.ppf(tail, 4, 12), stats.chi2.ppf(tail, 4)
        assert end == pytest.approx(max(0, 4 * (square - of_f * rest) / (5 * of_chi2)))


@pytest.mark.parametrize("per_source", [3, 6])
def test_known_components_are_found_without_bias_and_covered(per_source: int) -> None:
    of, studies, random = crossed(per_source), 1500, np.random.default_rng(2)
    sd = {"init": 1.0, "order": 0.5, "split": 0.0, "rest": 0.7}
    found = [seen(drawn(random, of, sd), of).components for _ in range(studies)]
    for name, truth in sd.items():
        estimates = np.array([one[name].estimate for one in found])
        covered = np.mean([one[name].low <= truth**2 <= one[name].high for one in found])
        assert abs(estimates.mean() - truth**2) < 4 * estimates.std() / math.sqrt(studies)
        assert covered > 0.95 - 3 * math.sqrt(0.95 * 0.05 / studies)


def test_what_only_two_sources_do_together_is_the_rest() -> None:
    """Interactions are drawn anew in every cell of a design in which two runs share one level at the most."""
    of, random, studies = crossed(6), np.random.default_rng(3), 1000
    found = []
    for _ in range(studies):
        together = sum(
            random.normal(size=(6, 6))[of[a], of[b]]
            for a, b in (("init", "order"), ("order", "split"), ("init", "split"))
        )
        found.append(seen(random.normal(0, 1, 6)[of["split"]] + together, of).components)
    means = {name: np.mean([one[name].estimate for one in found]) for name in found[0]}
    assert means == pytest.approx({"init": 0, "order": 0, "split": 1, "rest": 3}, abs=0.15)


def test_missing_runs_bias_nothing() -> None:
    of, random = crossed(5), np.random.default_rng(4)
    sd = {"init": 1.0, "order": 0.5, "split": 0.0, "rest": 0.7}
    failed = np.zeros(25, dtype=bool)
    failed[[0, 1, 7, 18]] = True
    found = []
    for _ in range(1500):
        values = drawn(random, of, sd)
        values[0], values[1] = np.inf, 1e9
        found.append(spread(values, of, failed))
    for name, truth in sd.items():
        estimates = np.array([one.components[name].estimate for one in found])
        assert abs(estimates.mean() - truth**2) < 4 * estimates.std() / math.sqrt(len(found))
    assert found[0].n == 21
    assert found[0].rest.freedom == 20 - 12


def test_estimates_below_0_count_as_0() -> None:
    random, of = np.random.default_rng(5), crossed(4)
    found = next(
        one
        for one in (seen(random.normal(size=16), of) for _ in range(100))
        if one.sources["init"].estimate < 0
    )
    assert found.sources["init"].variance == 0
    assert found.share("init") == 0
    assert found.sources["init"].low == 0 < found.sources["init"].high
    assert sum(found.share(name) for name in found.components) == pytest.approx(1)


def test_ratios_are_of_logarithms() -> None:
    of, values = crossed(3), np.exp(np.random.default_rng(6).normal(size=9))
    none = np.zeros(9, dtype=bool)
    assert spread(values, of, none, "ratio") == spread(np.log(values), of, none)


def test_runs_that_are_all_the_same_have_no_spread() -> None:
    found = seen(np.full(9, 0.1), crossed(3))
    assert found.total == 0
    assert math.isnan(found.share("init"))


@pytest.mark.parametrize("left", [0, 1, 2, 4])
def test_too_few_runs_left(left: int) -> None:
    failed = np.arange(9) >= left
    found = spread(np.arange(9.0), crossed(3), failed)
    assert found.n == left
    assert all(math.isnan(one.low) for one in found.components.values())


def test_an_estimate_below_0_is_marked_in_text_and_explained() -> None:
    none = np.zeros(9, dtype=bool)
    alike = np.array([0.0, 2, 1, 1, 0, 2, 2, 1, 0])  # the means of every source's levels are the same
    found = spread(alike, crossed(3), none)
    assert shares(found) == ["0\u00a0%*"] * 3 + ["100\u00a0%"]
    assert "An estimate below 0 counts as 0, marked *. With 3 seeds of each" in explained(
        [found], in_text=True
    )
    assert "An estimate below 0 counts as 0. With 3 seeds of each source" in explained([found])
    rows = spread(np.repeat([0.0, 10, 20], 3) + alike, crossed(3, sources=2), none)
    assert shares(rows)[::2] == ["99\u00a0%", "1\u00a0%"]
