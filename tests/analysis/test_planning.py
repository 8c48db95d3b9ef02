"""The seeds that are likely to decide: held against simulated studies, and the spread against its distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seedbed.analysis.flips import flip_p
from seedbed.analysis.planning import Spread, likely_seeds

RNG = np.random.default_rng(0)


def share_decided(seeds: int, effect: float, alpha: float = 0.05) -> float:
    gaps = np.random.default_rng(1).normal(effect, 1, (400, seeds))
    return float(np.mean([flip_p(one) < alpha for one in gaps]))


def test_of_a_known_spread_the_range_is_where_half_and_nine_of_ten_studies_decide() -> None:
    likely = likely_seeds(0.5, Spread.stated(1.0))
    assert (likely.low, likely.seeds, likely.high) == (18, 34, 44)
    for seeds, share in ((likely.low, 0.5), (likely.seeds, 0.8), (likely.high, 0.9)):
        assert seeds is not None
        assert share_decided(seeds, 0.5) == pytest.approx(share, abs=0.08)


def test_several_claims_take_more_seeds_and_no_fewer_than_can_decide_at_all() -> None:
    few, many = (likely_seeds(0.5, Spread.stated(1.0), tests).seeds for tests in (1, 5))
    assert few is not None
    assert many is not None
    assert many > few
    assert share_decided(many, 0.5, 0.05 / 5) == pytest.approx(0.8, abs=0.08)
    assert likely_seeds(100.0, Spread.stated(1.0), 5).seeds == 8  # 2 / 2**8 is under 0.05 / 5
    assert likely_seeds(1e-9, Spread.stated(1.0)).high is None


def test_the_spread_of_normal_gaps_lies_in_its_interval_as_often_as_it_says() -> None:
    spreads = [Spread.of(RNG.normal(3, 2, 10)) for _ in range(2000)]
    inside = [spread is not None and spread.low < 2 < spread.high for spread in spreads]
    assert np.mean(inside) == pytest.approx(0.8, abs=0.05)
    likely = [likely_seeds(1.0, spread) for spread in spreads[:300] if spread]
    right = likely_seeds(1.0, Spread.stated(2.0)).seeds
    assert right is not None
    inside = [(one.low or 0) <= right <= (one.high or np.inf) for one in likely]
    assert np.mean(inside) == pytest.approx(0.8, abs=0.08)


def test_an_odd_run_hardly_moves_the_spread() -> None:
    gaps = stats.norm.ppf(np.arange(1, 20) / 20)
    odd = np.append(gaps, 1000.0)
    plain, with_odd = Spread.of(gaps), Spread.of(odd)
    assert plain is not None
    assert with_odd is not None
    assert with_odd.value < 1.2 * plain.value


def test_too_few_gaps_or_gaps_all_alike_have_no_spread() -> None:
    assert Spread.of(np.arange(4.0)) is None
    assert Spread.of(np.ones(10)) is None
