"""What is found in the results of a whole study, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from seedbed.analysis.findings import CHECKS, find_in
from seedbed.analysis.pairing import Pairing, pairing
from seedbed.metrics.base import Direction
from seedbed.text import spans

RNG = np.random.default_rng(5)
LUCK = RNG.normal(size=30)


class Made:
    """Results made up of values by variant."""

    metric, paired = "val.mse", True

    def __init__(
        self,
        values: Mapping[str, Any],
        data: Mapping[str, Any] | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        direction: Direction = "min",
    ) -> None:
        self._values = {name: np.asarray(own, dtype=float) for name, own in values.items()}
        self._settings, self._direction = settings or {}, direction
        self.data: Mapping[str, Any] = data or {}
        self.variants = list(values)
        self.seeds = list(range(len(next(iter(self._values.values())))))

    @property
    def pairing(self) -> dict[str, Pairing]:
        base, *others = self.variants
        own, failed = self._values[base], np.zeros(len(self.seeds), dtype=bool)
        return {name: pairing(self._values[name], own, failed, self.scale(self.metric)) for name in others}

    def seeds_named(self, indices: Sequence[int]) -> str:
        return spans(indices)

    def configuration(self, variant: str) -> dict[str, Any]:
        tables = {"training": {"lr": 0.1, "epochs": 5}}
        for key, value in self.settings(variant).items():
            table, _, name = key.partition(".")
            tables.setdefault(table, {})[name] = value
        return tables

    def settings(self, variant: str) -> dict[str, Any]:
        return dict(self._settings.get(variant, {}))

    def values(self, variant: str, metric: str) -> np.ndarray:
        assert metric == self.metric
        return self._values[variant]

    def direction(self, metric: str) -> Direction:
        return self._direction

    def bounds(self, metric: str) -> tuple[float, float]:
        return (0.0, np.inf) if self._direction == "min" else (0.0, 1.0)

    def scale(self, metric: str) -> Any:
        return "ratio" if self._direction == "min" else "difference"


def found(results: Made) -> dict[str, str]:
    """Kind -> the message of the only finding of that kind."""
    findings = find_in(results)
    assert len({one.kind for one in findings}) == len(findings)
    assert all(one.code == CHECKS[one.kind].code for one in findings)
    return {one.kind: one.message for one in findings}


GOOD = 0.1 * np.exp(0.2 * LUCK)


def test_a_usual_study_has_nothing_wrong() -> None:
    data = {"baseline": {"val.mse": 1.0}, "parts": {"train": 60, "val": 20}, "repeated": {"val": 0}}
    assert found(Made({"base": GOOD, "other": 0.5 * GOOD}, data)) == {}


def test_a_study_without_finished_runs_has_nothing_wrong() -> None:
    data = {"baseline": {"val.mse": 1.0}}
    rates = {"a": {"training.lr": 1.0}, "b": {"training.lr": 2.0}}
    assert found(Made({name: [np.nan] * 30 for name in ("base", "a", "b")}, data, rates)) == {}
    assert found(Made({name: [np.inf] * 30 for name in ("base", "a", "b")}, data, rates)) == {}


# --- a leak ---------------------------------------------------------------------------------------------


def leaked(**repeated: int) -> dict[str, str]:
    return found(
        Made({"base": GOOD}, {"parts": {"train": 600, "val": 200, "test": 200}, "repeated": repeated})
    )


def test_a_leak_names_the_parts_and_how_much() -> None:
    message = leaked(val=1, test=50)["leak"]
    assert message.startswith("50 of 200 samples of the test part (25.0%) are in the training part as well")
    assert "val part" not in message
    assert "20 of 200 samples of the val part (10.0%) and 2 of 200" in leaked(val=20, test=2)["leak"]


def test_a_single_row_by_chance_is_no_leak() -> None:
    assert leaked(val=1, test=0) == {}


# --- a metric that a constant reaches --------------------------------------------------------------------

DATA = {"baseline": {"val.mse": 1.0}}


def test_a_variant_no_better_than_a_constant() -> None:
    message = found(Made({"base": 1 + 0.001 * np.abs(LUCK), "other": GOOD}, DATA))["no_better_than_constant"]
    assert message.startswith("30 of 30 runs are hardly better than a constant (val.mse has a median of 1.00")
    assert "the training mean gives 1.000" in message


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        (np.full(10, 0.97), 0),
        (np.full(10, 0.99), 10),
        (np.where(np.arange(10) < 5, 0.5, 2), 0),
        (np.where(np.arange(10) < 4, 0.5, np.where(np.arange(10) < 7, 1, np.inf)), 6),
        (np.where(np.arange(10) < 4, 0.5, np.inf), 0),  # most diverged, which is said already
        (np.where(np.arange(10) < 4, 0.5, np.nan), 0),
        (np.full(10, np.inf), 0),
    ],
)
def test_more_than_half_of_the_runs_decide(values: np.ndarray, wrong: int) -> None:
    told = found(Made({"base": values}, DATA)).get("no_better_than_constant", "")
    assert told.partition(" of ")[0] == (str(wrong) if wrong else "")


@pytest.mark.parametrize(
    ("accuracy", "is_wrong"), [(0.95, True), (0.9508, True), (0.952, False), (0.5, True)]
)
def test_scores_are_held_against_the_most_frequent_class(accuracy: float, is_wrong: bool) -> None:
    data = {"baseline": {"val.mse": 0.95}, "majority": "healthy"}
    told = found(Made({"base": [accuracy] * 5}, data, direction="max")).get("no_better_than_constant", "")
    assert ("the most frequent class" in told) == is_wrong


def test_a_variant_on_other_data_is_not_held_against_the_constant() -> None:
    values = {"base": GOOD, "noise": np.full(30, 2.0)}
    assert found(Made(values, DATA, {"noise": {"data.noise": 1.0}})) == {}
    assert found(Made(values)) == {}


# --- seeds that disagree in kind ---------------------------------------------------------------------------


def test_seeds_of_two_kinds_are_named() -> None:
    values = np.where(np.isin(np.arange(30), (3, 7, 11, 20)), 1.0, GOOD * 0.01)
    made = Made({"base": values})
    message = found(made)["disagreeing_seeds"]
    made.paired = False
    assert "near 1.000 in runs 3, 7, 11, 20 and" in found(made)["disagreeing_seeds"]
    assert message.startswith(
        "4 of 30 runs ended apart from the others (val.mse near 1.000 under seeds 3, 7, 11, 20 and near 0.00"
    )
    assert (
        "under seeds 0 to 2, 4 to 6, 8 to 10, 12 to 19, 21 to 29), with nothing in between. Compare"
        in message
    )


# --- the rate at the edge ----------------------------------------------------------------------------------


def rates(goodness: Mapping[float, float], seeds: int = 10, noise: float = 0.1) -> dict[str, str]:
    """Variants that differ in the rate; base has 0.1."""
    names = {f"lr = {rate:g}" if rate != 0.1 else "base": rate for rate in goodness}
    names = {"base": 0.1, **names}
    draws = np.random.default_rng(2)
    values = {name: goodness[rate] * np.exp(noise * draws.normal(size=seeds)) for name, rate in names.items()}
    return found(
        Made(values, None, {name: {"training.lr": rate} for name, rate in names.items() if rate != 0.1})
    )


@pytest.mark.parametrize(
    ("sizes", "best", "end", "more"),
    [
        ({0.01: 3, 0.1: 2, 1.0: 1}, 1, "largest", "larger"),
        ({0.01: 1, 0.1: 2, 1.0: 3}, 0.01, "smallest", "smaller"),
    ],
)
def test_the_best_rate_is_at_an_end(sizes: dict[float, float], best: float, end: str, more: str) -> None:
    message = rates(sizes)["rate_at_edge"]
    assert message.startswith(
        f"is the best of the rates tried (training.lr = {best} of 3 rates) and has the {end} of them"
    )
    assert message.endswith(f"Add {more} rates.")


def test_rates_are_compared_run_by_run_where_runs_are_not_paired() -> None:
    """Under each seed the larger rate is ahead, but of all comparisons of two runs in little more than a half."""
    luck = np.arange(12.0)
    values = {0.01: luck + 3, 0.1: luck + 0.6, 1.0: luck + 0.1}
    settings = {f"{rate}": {"training.lr": rate} for rate in values}
    made = Made({f"{rate}": own for rate, own in values.items()}, settings=settings)
    assert "rate_at_edge" in found(made)
    made.paired = False
    assert "rate_at_edge" not in found(made)
    apart = Made(
        {f"{rate}": own + 100 * (rate == 0.01) + 50 * (rate == 0.1) for rate, own in values.items()},
        settings=settings,
    )
    apart.paired = False
    assert "rate_at_edge" in found(apart)


def test_a_rate_in_the_middle_is_best() -> None:
    assert rates({0.01: 3, 0.1: 1, 1.0: 2}) == {}


def test_two_seeds_do_not_tell_of_rates() -> None:
    assert "rate_at_edge" in rates({0.01: 3, 0.1: 2, 1.0: 1}, seeds=3)
    assert rates({0.01: 3, 0.1: 2, 1.0: 1}, seeds=2) == {}


def test_two_rates_have_no_middle() -> None:
    assert rates({0.01: 3, 0.1: 1}) == {}


def test_a_best_rate_that_only_luck_made_best_is_not_told() -> None:
    assert rates({0.01: 3, 0.1: 1, 1.0: 0.99}, noise=1.0) == {}


def test_the_largest_rate_diverged() -> None:
    assert rates({0.01: 3, 0.1: 1, 1.0: np.inf}) == {}


def test_rates_are_compared_where_nothing_else_differs() -> None:
    values = {name: GOOD * size for name, size in (("base", 3), ("a", 2), ("b", 1))}
    apart = {"a": {"training.lr": 0.2, "training.epochs": 9}, "b": {"training.lr": 0.3}}
    assert found(Made(values, None, apart)) == {}


# --- pairing -----------------------------------------------------------------------------------------------


def paired(shared: float, seeds: int = 30) -> dict[str, str]:
    """Variants whose spread is, by a share, that of the seed."""
    draws = np.random.default_rng(4)
    luck = draws.normal(size=seeds)
    own = {name: draws.normal(size=seeds) for name in ("base", "a", "b")}
    mixed = {name: shared**0.5 * luck + (1 - shared) ** 0.5 * each for name, each in own.items()}
    return found(Made({name: np.exp(0.3 * each) for name, each in mixed.items()}))


def test_pairing_that_bought_nothing_is_told() -> None:
    message = paired(0.0)["pairing_bought_nothing"]
    assert message.startswith(
        "Comparing variants seed by seed bought nothing: over 2 comparisons with 'base'"
    )


def test_pairing_that_helped_is_not() -> None:
    assert paired(0.8) == {}


def test_few_seeds_do_not_tell() -> None:
    assert paired(0.0, seeds=19) == {}


def test_variants_with_the_same_runs_do_not_tell() -> None:
    assert found(Made({"base": GOOD, "same": GOOD})) == {}
