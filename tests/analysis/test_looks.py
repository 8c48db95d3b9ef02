"""The rule by which a study stops early: what its looks spend together, and how several claims share the level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from seedbed.analysis.deciding import REFUTED, SUPPORTED, UNDECIDED
from seedbed.analysis.looks import ALPHA_A_SIDE, Rule, boundaries

USUAL = Rule.up_to(60).looks


def test_looks_are_at_ten_seeds_and_then_every_five_and_grow_with_the_study() -> None:
    assert USUAL == (10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60)
    assert Rule.up_to(12).looks == (10, 12)
    assert Rule.up_to(60, 20).looks == USUAL[1:]  # ten pairs could decide none of twenty claims
    assert Rule.up_to(12, 1000).looks == (12,)
    assert Rule.up_to(8).looks == (8,)
    long = Rule.up_to(1000).looks
    assert long[-1] == 1000
    assert len(long) < 50
    assert list(long) == sorted(set(long))


def test_a_single_look_has_the_whole_level() -> None:
    assert boundaries((40,), 0.025) == pytest.approx((0.025,))


def test_two_looks_spend_what_the_spending_function_says() -> None:
    """Held against the bivariate normal distribution, in which the two statistics correlate by the root of 20/40."""
    first, second = boundaries((20, 40), 0.025)
    spent = 0.025 * (1 - np.exp(1)) / (1 - np.exp(2))
    assert first == pytest.approx(spent)
    correlation = np.sqrt(0.5)
    below = stats.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf(
        stats.norm.isf([first, second])
    )
    assert 1 - below == pytest.approx(0.025, abs=1e-6)


@pytest.mark.parametrize("looks", [USUAL, (10, 40, 45, 60), Rule.up_to(300).looks])
def test_all_looks_together_spend_the_level_of_a_random_walk(looks: tuple[int, ...]) -> None:
    rng, studies = np.random.default_rng(0), 40_000
    steps = np.diff((0, *looks))
    sums = np.cumsum(rng.normal(size=(studies, len(looks))) * np.sqrt(steps), axis=1)
    crossed = sums / np.sqrt(looks) > stats.norm.isf(boundaries(looks, 0.1))
    assert crossed.any(axis=1).mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / studies))


def test_a_look_that_no_outcome_could_pass_spends_nothing() -> None:
    none, *rest = boundaries(USUAL, ALPHA_A_SIDE / 20)
    assert none == 0
    assert rest == pytest.approx(boundaries((15, *USUAL[2:]), ALPHA_A_SIDE / 20), rel=1e-6)


def test_boundaries_rise_with_the_level() -> None:
    wide, narrow = (np.array(boundaries(USUAL, alpha)) for alpha in (0.025, 0.0125))
    assert np.all(wide > narrow)


def test_what_is_decided_stays_decided_and_leaves_its_share_of_the_level_to_the_others() -> None:
    rule = Rule(USUAL)
    alone, shared = rule.boundary(3, 1), rule.boundary(3, 2)
    assert shared < alone
    between = (alone + shared) / 2
    open_claims = [UNDECIDED, UNDECIDED]
    none = rule.decided(3, open_claims, [(between, 0.9), (between, 0.9)])
    assert none == [(UNDECIDED, shared), (UNDECIDED, shared)]
    both = rule.decided(3, open_claims, [(between, 0.9), (0.99, shared)])
    assert both == [(SUPPORTED, alone), (REFUTED, alone)]
    later = rule.decided(4, [SUPPORTED, UNDECIDED], [(0.9, 0.0), (0.5, 0.5)])
    assert later == [(SUPPORTED, None), (UNDECIDED, rule.boundary(4, 1))]


def test_what_cannot_be_tested_stays_undecided() -> None:
    assert Rule(USUAL).decided(0, [UNDECIDED], [(None, None)])[0][0] == UNDECIDED


def test_errors_keep_to_the_level_and_effects_are_found() -> None:
    """On normal gaps, whose t statistic stands in here for the sign flips: 5 % and, at half a deviation, over 90 %."""
    rng, studies, rule = np.random.default_rng(1), 4000, Rule.up_to(60)
    for effect, least, most in ((0.0, 0.035, 0.059), (0.5, 0.9, 0.98)):
        gaps = rng.normal(effect, 1, (studies, 60))
        decided = np.zeros(studies, bool)
        for look, n in enumerate(rule.looks):
            t = gaps[:, :n].mean(axis=1) / gaps[:, :n].std(axis=1, ddof=1) * np.sqrt(n)
            decided |= 2 * stats.t.sf(np.abs(t), n - 1) <= 2 * rule.boundary(look, 1)
        assert least < decided.mean() < most
