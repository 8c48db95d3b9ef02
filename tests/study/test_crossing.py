"""Crossed seeds: every level as often, no two runs alike in two sources, and what is said of it."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_files import small
from trainables.test_toy import TEXT, Toy

from seedbed.api import Study
from seedbed.study.crossing import SOURCES, levels, summary, wrong_seeds
from seedbed.study.problems import StudyError

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


# --- in a study file ------------------------------------------------------------------------------------


def study(**changes):
    return Study.parse(small({f"study.{key}": value for key, value in changes.items()}), "a.toml")


def test_a_study_that_names_no_seeds_has_five_of_each_source():
    found = study(vary_seeds=["init", "order", "split"], seeds=None)
    assert (found.seeds, found.vary_seeds) == (25, ("init", "order", "split"))
    assert found.beforehand == [summary(SOURCES, 25)]


def test_levels_follow_the_order_in_which_sources_are_named():
    assert study(vary_seeds=["split", "init"], seeds=9).levels(5) == {"split": 1, "init": 2, "order": 0}


@pytest.mark.parametrize("named", [None, []])
def test_a_study_may_cross_nothing(named):
    assert study(vary_seeds=named).levels(1) == {}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vary_seeds": ["init"], "seeds": 9}, "study.vary_seeds: expected two or three different ones"),
        ({"vary_seeds": ["init", "init"], "seeds": 9}, "study.vary_seeds: expected two or three different"),
        ({"vary_seeds": "init"}, 'study.vary_seeds: expected a list, got "init"'),
        ({"vary_seeds": ["init", "spilt"]}, 'study.vary_seeds.1: "spilt" is not one of init, order, split'),
        ({"vary_seeds": ["init", "split"], "seeds": 30}, "study.seeds: with study.vary_seeds expected the square"),
        ({"cross_seeds": ["init", "split"]}, 'did you mean "vary_seeds"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once(changes, message):
    with pytest.raises(StudyError) as error:
        study(**changes)
    assert len(error.value.problems) == 1
    assert message in str(error.value)


def test_quick_settings_are_checked_for_crossed_seeds_too():
    text = small({"study.vary_seeds": ["init", "split"], "study.seeds": 9, "quick": {"study.seeds": 2}})
    with pytest.raises(StudyError, match=r"quick: study\.seeds: .* got 2; use 9"):
        Study.parse(text, "a.toml")


def test_a_trainable_whose_runs_have_one_seed_cannot_cross_any():
    text = TEXT.replace("seeds = 8", 'seeds = 9\nvary_seeds = ["init", "order"]')
    with pytest.raises(StudyError, match="init and order cannot have seeds of their own here"):
        Study.parse(text, trainable=Toy())
