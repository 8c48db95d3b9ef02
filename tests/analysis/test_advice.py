"""Findings as they are read: grouped by kind, and without advice against other advice."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.analysis.advice import by_kind, consistent
from seedbed.analysis.checks.base import RunCheck
from seedbed.analysis.evidence import Evidence
from seedbed.analysis.findings import CHECKS, as_stored, find

HEALTHY = Evidence("a", 0, "complete", None, True, np.array([1, 0.5]), np.zeros(0))
ADVICE = {kind: f"{kind} is wrong: so it is. Do something about {kind}." for kind in CHECKS}


def finding(variant: str, kind: str, runs: int) -> dict[str, Any]:
    message = f"{runs} of 9 runs {ADVICE[kind]}"
    return {"variant": variant, "kind": kind, "code": CHECKS[kind].code, "runs": runs, "message": message}


found = st.lists(
    st.builds(finding, st.sampled_from("abc"), st.sampled_from(list(CHECKS)), st.integers(1, 9)),
    unique_by=lambda one: (one["variant"], one["kind"]),
)


@given(found)
def test_no_variant_is_given_advice_that_contradicts_itself(findings: list[dict[str, Any]]) -> None:
    for variant in "abc":
        own = [one for one in consistent(findings) if one["variant"] == variant]
        advised = {one["kind"] for one in own if "Do something" in one["message"]}
        assert not any(advised & set(CHECKS[kind].at_odds) for kind in advised)
        assert bool(advised) == bool(own)


@given(found)
def test_every_finding_is_kept_with_its_count(findings: list[dict[str, Any]]) -> None:
    for before, after in zip(findings, consistent(findings), strict=True):
        assert before | {"message": ""} == after | {"message": ""}
        assert after["message"].startswith(before["message"].split(". ")[0])
    groups = by_kind(consistent(findings))
    assert len({group.kind for group in groups}) == len(groups)
    told = [
        (name, group.kind, int(count.split()[0])) for group in groups for name, count, _ in group.variants
    ]
    assert sorted(told) == sorted((one["variant"], one["kind"], one["runs"]) for one in findings)


def test_more_epochs_are_not_advised_where_more_runs_overfitted() -> None:
    falling, overfit = consistent([finding("a", "still_falling", 3), finding("a", "overfit", 6)])
    assert falling["message"] == (
        "3 of 9 runs still_falling is wrong: so it is. First deal with overfit: 6 of 9 runs."
    )
    assert overfit["message"].endswith("Do something about overfit.")
    assert consistent([finding("a", "still_falling", 3), finding("b", "overfit", 6)]) == [
        finding("a", "still_falling", 3), finding("b", "overfit", 6)
    ]  # fmt: skip


def test_advice_that_is_held_back_holds_back_no_other() -> None:
    found = [
        finding("a", "still_falling", 5),
        finding("a", "constant_output", 2),
        finding("a", "dead_units", 19),
    ]
    falling, constant, dead = consistent(found)
    assert falling["message"].endswith("First deal with dead units: 19 of 9 runs.")
    assert constant["message"].endswith("Do something about constant_output.")
    assert dead["message"].endswith("Do something about dead_units.")


def test_what_all_have_in_common_is_said_once() -> None:
    findings = [finding(variant, "overfit", runs) for variant, runs in (("a", 2), ("b", 9))]
    (group,) = by_kind(findings)
    assert (group.what, group.advice) == ("overfit is wrong: so it is", "Do something about overfit.")
    assert group.variants == (("a", "2 of 9 runs", ""), ("b", "9 of 9 runs", ""))


def test_advice_that_is_held_back_names_what_comes_first() -> None:
    of_a = [finding("a", "still_falling", 3), finding("a", "overfit", 6)]
    falling, _ = by_kind(consistent([*of_a, finding("b", "still_falling", 9)]))
    assert falling.variants[0] == ("a", "3 of 9 runs", "(first deal with overfit: 6 of 9 runs)")
    assert falling.advice == "Do something about still_falling."


def test_what_differs_is_said_of_each() -> None:
    findings = [finding("a", "dead_units", 2), finding("b", "dead_units", 3)]
    findings[1]["message"] = "3 of 9 runs have dead units: up to 7. Do something about dead_units."
    (group,) = by_kind(findings)
    assert (group.what, group.advice) == ("", "Do something about dead_units.")
    assert group.variants[1] == ("b", "3 of 9 runs", "have dead units: up to 7")


def test_a_detail_in_brackets_is_said_of_each_and_the_rest_once() -> None:
    findings = [finding(variant, "dead_units", runs) for variant, runs in (("a", 2), ("b", 3), ("c", 9))]
    for one, detail in zip(findings, (" (up to 7)", " (up to 8)", ""), strict=True):
        one["message"] = f"{one['runs']} of 9 runs have dead units{detail}: so it is. Do something."
    findings[1]["message"] = findings[1]["message"].replace("something", "nothing")
    (group,) = by_kind(findings)
    assert (group.what, group.advice) == ("have dead units: so it is", "Do something.")
    assert group.variants == (
        ("a", "2 of 9 runs", "(up to 7)"),
        ("b", "3 of 9 runs", "(up to 8; do nothing)"),
        ("c", "9 of 9 runs", ""),
    )


def test_messages_that_were_stored_otherwise_are_shown_as_they_are() -> None:
    (group,) = by_kind([{"variant": "a", "kind": "odd", "runs": None, "message": "Something else"}])
    assert group.variants == (("a", "", "Something else"),)
    assert group.code == ""


def test_runs_named_in_a_sentence_are_no_count() -> None:
    message = "The runs of all variants agree. Do nothing."
    (group,) = by_kind([{"variant": None, "kind": "odd", "code": "SB999", "runs": None, "message": message}])
    assert (group.code, group.variants) == ("SB999", (("", "", "The runs of all variants agree"),))
    assert group.advice == "Do nothing."


def test_findings_of_older_versions_get_the_code_of_their_kind() -> None:
    stored = {
        "event": "finding",
        "variant": "a",
        "kind": "overfit",
        "runs": 2,
        "message": "2 of 9 runs overfitted.",
    }
    assert as_stored(stored) == {key: value for key, value in stored.items() if key != "event"} | {
        "code": "SB104"
    }
    assert as_stored({**stored, "code": "SB999"})["code"] == "SB999"
    assert as_stored({**stored, "kind": "of another version"})["code"] is None


def test_a_new_finding_is_a_function_and_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(run: Evidence) -> bool:
        return bool(len(run.train_loss) > 1 and run.train_loss[-1] > 0.9 * run.train_loss[0])

    monkeypatch.setitem(
        CHECKS, "slow", RunCheck("SB999", slow, "hardly learnt. Raise training.lr.", at_odds=("diverged",))
    )
    runs = [replace(HEALTHY, train_loss=np.array([1, 0.99]), seed=seed) for seed in range(2)]
    found = [asdict(one) for one in find([*runs, *[replace(HEALTHY, status="diverged")] * 3])]
    messages = {one["kind"]: one["message"] for one in consistent(found)}
    assert messages["slow"] == "2 of 5 runs hardly learnt. First deal with diverged: 3 of 5 runs."
    assert messages["diverged"].endswith("scale the data.")


def test_kinds_at_odds_are_kinds() -> None:
    assert all(kind in CHECKS for check in CHECKS.values() for kind in check.at_odds)


def test_kinds_of_other_versions_are_at_odds_with_nothing() -> None:
    found = [
        {"variant": "a", "kind": kind, "runs": runs, "message": f"{runs} of 9 runs x. Do."}
        for kind, runs in (("still_falling", 3), ("of another version", 6))
    ]
    assert consistent(found) == found
