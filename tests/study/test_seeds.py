"""How many seeds a study needs for any verdict: the numbers that are said are those that judge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from study_files import small

from seedbed.analysis.comparing import compared, verdict
from seedbed.analysis.p_values import holm
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.runs import Runs
from seedbed.analysis.verdicts import judge
from seedbed.api import Study
from seedbed.study import labs
from seedbed.study.problems import StudyError
from seedbed.study.seeds import MOST_RUNS, SeedsNeeded, usual_seeds


def verdicts_of(comparisons: int, seeds: int) -> set[str]:
    """What so many comparisons are said to show where every seed speaks for the variant, and loudly."""
    pairs = Pairs.of(Runs.of(np.arange(seeds) + 100.0), Runs.of(np.zeros(seeds)), "difference")
    found = compared(pairs, "max")
    ps = holm([found.p] * comparisons)
    return {verdict(found, p, "max", comparisons) for p in ps}


@given(st.integers(1, 10_000))
def test_the_fewest_seeds_for_comparisons_are_the_fewest_that_can_give_a_verdict(comparisons: int):
    fewest = SeedsNeeded(comparisons, 0).versus_base
    assert verdicts_of(comparisons, fewest) == {"better"}
    assert verdicts_of(comparisons, fewest - 1) == {"not enough seeds"}


class Made:
    """Runs of three variants in two metrics: one is worse by ten under every seed, two are alike but not the same."""

    metric, matters, paired = "val.mse", None, True

    def __init__(self, seeds: int) -> None:
        self.seeds = seeds

    def values(self, variant: str, metric: str) -> np.ndarray:
        """Larger for "worse", and larger on validation."""
        noise = np.cos(np.arange(self.seeds) + (variant == "alike")) / 100
        return 10.0 * (variant == "worse") + 10.0 * (metric == "val.mse") + noise

    def ended(self, variant: str) -> np.ndarray:
        """All have."""
        return np.ones(self.seeds, dtype=bool)

    def failed(self, variant: str) -> np.ndarray:
        """None has."""
        return np.zeros(self.seeds, dtype=bool)

    def same_runs(self, variant: str, other: str) -> bool:
        """Only of a variant with itself."""
        return variant == other

    def direction(self, metric: str) -> str:
        """All are errors."""
        return "min"

    def new_data(self, terms: object, pairs: object) -> None:
        """Nothing is known of the data."""

    def bounds(self, metric: str) -> tuple[float, float]:
        """Nothing is known of them."""
        return -np.inf, np.inf

    def scale(self, metric: str) -> str:
        """All are compared by difference."""
        return "difference"


FORMS = [
    {"better": "good", "than": "worse"},
    {"not_better": "worse", "than": "good", "margin": 1.0},
    {"similar": ["good", "alike"], "within": 1.0},
    {"variant": "good", "metric": "val.mse", "above": 1.0},
    {"variant": "good", "metric": "val.mse", "below": 100.0},
    {"variant": "good", "metric": "val.mse", "exceeds": "train.mse"},
    {"variant": "good", "metric": "val.mse", "matches": "val.mse", "within": 1.0},
]


@pytest.mark.parametrize("claims", [1, 2, 9])
@pytest.mark.parametrize("facts", FORMS, ids=str)
def test_the_fewest_seeds_for_claims_are_the_fewest_that_can_give_each_a_verdict(facts: dict, claims: int):
    fewest = SeedsNeeded(0, claims).hypotheses
    asked = [{"claim": "so", **facts}] * claims
    assert {one.verdict for one in judge(asked, Made(fewest))} == {"supported"}
    assert {one.verdict for one in judge(asked, Made(fewest - 1))} == {"undecided"}


@pytest.mark.parametrize(
    ("asked", "seeds", "said"),
    [
        ((0, 0), 1, None),
        ((1, 0), 6, "verdicts need at least 6 seeds for 1 comparison with base; this study has 6"),
        ((0, 2), 7, "verdicts need at least 7 seeds for 2 claims; this study has 7"),
        (
            (3, 1),
            6,
            "verdicts need at least 7 seeds for 3 comparisons with base and at least 6 seeds for 1 claim; this study "
            "has 6, so no comparison with base can get a verdict; use --seeds 7 or more",
        ),
        (
            (3, 1),
            5,
            "verdicts need at least 7 seeds for 3 comparisons with base and at least 6 seeds for 1 claim; this study "
            "has 5, so no comparison with base and no claim can get a verdict; use --seeds 7 or more",
        ),
        ((0, 1), 1, "verdicts need at least 6 seeds for 1 claim; this study has 1, so no claim can get a verdict; use "
         "--seeds 6 or more"),
    ],
)  # fmt: skip
def test_what_is_said(asked: tuple[int, int], seeds: int, said: str | None):
    assert SeedsNeeded(*asked).summary(seeds) == said


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_study_that_names_no_seeds_has_enough_of_them(comparisons: int, claims: int):
    needed = SeedsNeeded(comparisons, claims)
    assert usual_seeds(comparisons, claims) >= max(needed.versus_base or 0, needed.hypotheses or 0)


@pytest.mark.parametrize(("rates", "seeds"), [(3, 10), (30, 11)])
def test_the_default_grows_with_the_comparisons(rates: int, seeds: int):
    varied = {"training.lr": [0.001 * (1 + place) for place in range(rates)]}
    assert Study.parse(small({"study.seeds": None, "ablate": varied})).seeds == seeds
    study = Study.parse(small({"study.seeds": None})).override(vary=varied)
    assert (study.seeds, study.seeds_needed.comparisons) == (seeds, rates)


def test_the_default_grows_with_the_claims():
    claims = [
        {"claim": f"{place}", "variant": "base", "metric": "val.mse", "below": 1.0} for place in range(30)
    ]
    study = Study.parse(small({"study.seeds": None, "hypothesis": claims}))
    assert (study.seeds, study.seeds_needed.claims) == (11, 30)


@pytest.mark.parametrize("name", labs.names())
def test_labs_have_the_seeds_that_their_verdicts_need(name: str):
    study = Study.load(name)
    assert "so no" not in (study.seeds_needed.summary(study.seeds) or "")


def test_no_table_study_is_needed():
    study = Study.parse(small({"study": None}))
    assert (study.seeds, study.metric, study.direction, study.seed) == (10, "val.mse", "min", 0)


def test_variants_without_the_metric_are_said_to_get_no_verdict():
    whole = {"ablate": {"data.fit_on": ["train+val", "all"], "training.lr": [0.2]}, "study.seeds": 10}
    study = Study.parse(small(whole))
    assert study.not_compared == ("fit_on = train+val", "fit_on = all")
    assert study.beforehand == [
        "verdicts need at least 7 seeds for 3 comparisons with base; this study has 10",
        'no verdict against base for "fit_on = train+val", "fit_on = all": no val.mse there',
    ]
    assert Study.parse(small({**whole, "study.metric": "train.mse"})).not_compared == ()


def test_only_the_first_of_many_variants_without_the_metric_are_named():
    rates = [{"data.fit_on": "all", "training.lr": rate / 100} for rate in range(1, 9)]
    tables = [{"name": f"v{place}", "set": settings} for place, settings in enumerate(rates)]
    line = Study.parse(small({"variant": tables})).beforehand[-1]
    assert line == 'no verdict against base for "v0", "v1", "v2", "v3", "v4" and 3 more: no val.mse there'


def test_there_is_nothing_to_say_of_a_single_variant():
    assert Study.parse(small()).beforehand == []


@pytest.mark.parametrize("seeds", [MOST_RUNS // 2 + 1, 10**9, 2**63 - 1])
def test_more_runs_than_a_study_may_have_are_refused_with_the_numbers(seeds: int) -> None:
    said = (
        f"study.seeds: 2 variants x {seeds:,} seeds = {2 * seeds:,} runs; {MOST_RUNS:,} are the most of a study: "
        "use fewer seeds"
    )
    vary = {"model.activation": ["tanh"]}
    study = Study.parse(small()).override(vary=vary)
    with pytest.raises(StudyError) as refused:
        study.override(seeds=seeds)
    assert str(refused.value) == f"{study.origin}: {said}"
    assert study.override(seeds=MOST_RUNS // 2).seeds == MOST_RUNS // 2
