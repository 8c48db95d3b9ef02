"""Crossed seeds: every level as often, no two runs alike in two sources, and what is said of it."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.study.crossing import SOURCES, levels, summary, wrong_seeds

CHOICES = [*combinations(SOURCES, 2), SOURCES]


@given(per_source=st.integers(3, 12), crossed=st.sampled_from(CHOICES))
def test_is_balanced_and_two_runs_share_one_level_at_the_most(per_source, crossed):
    n = per_source**2
    runs = [levels(crossed, n, seed) for seed in range(n)]
    for source in crossed:
        assert Counter(run[source] for run in runs) == dict.fromkeys(range(per_source), per_source)
    for pair in combinations(crossed, 2):
        assert len({tuple(run[source] for source in pair) for run in runs}) == n
    assert {run[source] for run in runs for source in SOURCES if source not in crossed} <= {0}
    assert runs[0] == dict.fromkeys(SOURCES, 0)  # so the first run is that of an ordinary study


def test_an_ordinary_study_has_no_levels():
    assert levels((), 25, 7) == {}


@pytest.mark.parametrize("seeds", [9, 16, 25, 10_000])
def test_squares_can_be_crossed(seeds):
    assert wrong_seeds(seeds) is None


@pytest.mark.parametrize(
    ("seeds", "use"), [(1, "9"), (2, "9"), (4, "9"), (8, "9"), (10, "9 or 16"), (30, "25 or 36")]
)
def test_names_the_nearest_squares(seeds, use):
    assert wrong_seeds(seeds).endswith(f"got {seeds}; use {use}")


def test_summary():
    assert summary(("init", "split"), 9) == (
        "seeds are crossed: 3 seeds each of init and split, every pair of them once in 9 runs per variant; order "
        "stays as under seed 0. That tells how much of the spread each carries; since such runs share seeds, nothing "
        "is tested"
    )
    assert "a Latin square in 25 runs" in summary(SOURCES, 25)
