"""Seals: what of a study they cover, and what is said where a claim changed after the runs or between executions."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from seedbed.store import seals

STUDY: dict[str, Any] = {
    "study": "a",
    "metric": "val.mse",
    "direction": "min",
    "seeds": 10,
    "hypotheses": [
        {"claim": "Norm helps", "better": "norm", "than": ["base"], "margin": 0.0},
        {"claim": "Same", "similar": ["norm", "base"], "within": 0.1},
    ],
}


def changed(**values: Any) -> dict[str, Any]:
    return copy.deepcopy(STUDY) | values


def with_claim(index: int, **values: Any) -> dict[str, Any]:
    study = copy.deepcopy(STUDY)
    study["hypotheses"][index] |= values
    return study


def test_a_seal_is_of_claims_margins_metric_direction_scale_and_rule_and_not_of_seeds() -> None:
    sealed = seals.seal(STUDY)
    assert seals.seal(changed(seeds=50, description="b")) == sealed
    rule = {"rule": "x", "gamma": -2.0, "alpha_a_side": 0.025, "looks": [10, 15], "budget": 5}
    others = [
        changed(metric="val.mae"),
        changed(direction="max"),
        changed(scale="ratio"),
        changed(matters=1.1),
        changed(fails_above=3.0),
        changed(until=rule),
        changed(until={**rule, "looks": [10, 20]}),
        changed(hypotheses=STUDY["hypotheses"][:1]),
        with_claim(0, margin=0.1),
        with_claim(0, than=["other"]),
        with_claim(1, within=0.2),
    ]
    hashes = {seals.seal(other)["hash"] for other in others}
    assert len(hashes | {sealed["hash"]}) == len(others) + 1
    assert seals.seal(changed(until=rule)) == seals.seal(changed(until={**rule, "budget": None}))


def test_a_key_that_says_nothing_changes_nothing() -> None:
    assert seals.seal(with_claim(0, factor=None, margin=0))["hash"] == seals.seal(STUDY)["hash"]


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (STUDY, []),
        (changed(seeds=3), []),
        (with_claim(0, margin=0.1), ["“Norm helps”: margin was not given, is 0.1"]),
        (with_claim(1, within=0.2), ["“Same”: within was 0.1, is 0.2"]),
        (with_claim(1, claim="Alike"), ["“Alike” is new", "“Same” was dropped"]),
        (changed(metric="val.mae"), ['metric was "val.mse", is "val.mae"']),
    ],
)
def test_every_change_is_named(after: dict[str, Any], lines: list[str]) -> None:
    assert seals.changes(seals.seal(STUDY), seals.seal(after)) == lines
    assert seals.broken(seals.seal(STUDY), after) == lines


def test_a_seal_that_was_tampered_with_is_broken() -> None:
    sealed = seals.seal(STUDY)
    assert seals.broken({**sealed, "hash": "0" * 64}, STUDY) == ["the seal itself was changed"]
    assert seals.broken(
        seals.seal(changed(until={"rule": "x", "gamma": 0, "alpha_a_side": 0, "looks": []})), STUDY
    )
