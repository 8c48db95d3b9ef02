"""docs/findings.md: every finding has a section, and every section a finding."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seedbed.analysis import data_facts, modes
from seedbed.analysis.checks import curves, networks, study
from seedbed.analysis.findings import CHECKS
from seedbed.reference import findings
from seedbed.training import gradients, units

ITEMS = ["Seen", "Decided", "Why it matters", "Do", "Example"]


def percent(share: float) -> str:
    """A share as the page writes it."""
    return f"{100 * share:.0f} %"


# What a section says of how it is decided, made of the numbers that decide it.
THRESHOLDS = {
    "still_falling": [f"by over {percent(curves.FALL)}", f"more than {curves.CERTAIN:.0f} standard errors"],
    "overfit": [f"over {percent(curves.RISE - 1)} above its best"],
    "plateaued": [
        f"at least {curves.FEWEST} eval",
        f"first {percent(curves.EARLY)}",
        f"be {percent(curves.LEVEL)}",
    ],
    "gap_growing": [
        f"by over {curves.WIDER:g} times, and to over {curves.WIDER:g}",
        f"less than {percent(curves.FALL)}",
        f"at least {curves.FEWEST} evaluations",
    ],
    "rate_too_low": [
        f"at least {curves.FEWEST} evaluations",
        f"more than {curves.CERTAIN:.0f} standard errors",
        f"a factor of {curves.STEADY:g}",
        f"less than {percent(curves.LITTLE)}",
    ],
    "constant_output": [f"{networks.SPREAD:.0e}".replace("e-0", "e-")],
    "dead_units": [
        f"on {units.FEWEST} to {units.MOST} training samples",
        {0.5: "half of the units"}[networks.DEAD],
    ],
    "saturated_units": [
        f"less than {percent(units.FLAT)} of its largest slope",
        f"at least {percent(units.NEARLY_ALL)} of the samples",
        {0.5: "half of a layer's units"}[networks.SATURATED],
    ],
    "exploding_gradients": [
        f"on {gradients.FEWEST} to {gradients.MOST} training samples",
        f"by over {networks.EXPLODED:.0f} times their size",
    ],
    "vanishing_gradients": [f"less than {networks.VANISHED:.0e}".replace("e-0", "e-")],
    "leak": [f"at least {percent(data_facts.LEAKED)}"],
    "no_better_than_constant": [f"by {percent(study.NO_BETTER)}"],
    "disagreeing_seeds": [
        f"at least {modes.FEWEST} runs",
        f"leaves {modes.SMALLEST} runs or more",
        f"over {modes.GAP:g} times",
        f"({modes.GAP_OF_MANY:.0f} times with {modes.MANY} runs or more)",
        f"a factor of {modes.FACTOR:.0f}",
        f"{percent(modes.SHARE)} of the median",
    ],
    "rate_at_edge": [
        f"at least {study.FEWEST_RATES} variants",
        f"over {percent(study.WINS)} of the seeds",
        f"at least {study.FEWEST_SEEDS}.",
    ],
    "pairing_bought_nothing": [
        f"at least {study.FEWEST_PAIRED} seeds",
        f"below {study.WORTH:g}",
        f"below {study.AT_MOST:.0f}",
    ],
}


def test_every_finding_has_a_section_under_its_code_and_every_section_a_finding() -> None:
    assert list(findings.sections()) == [(check.code, kind) for kind, check in CHECKS.items()]


def test_codes_are_distinct() -> None:
    codes = [check.code for check in CHECKS.values()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"SB\d{3}", code) for code in codes)


@pytest.mark.parametrize("kind", CHECKS)
def test_a_section_says_all_there_is_to_say(kind: str) -> None:
    text = findings.sections()[CHECKS[kind].code, kind]
    assert re.findall(r"^- \*\*(.*?):\*\* \w", text, re.MULTILINE) == ITEMS


@pytest.mark.parametrize("kind", CHECKS)
def test_a_section_names_the_numbers_that_decide(kind: str) -> None:
    text = " ".join(findings.sections()[CHECKS[kind].code, kind].split())
    for number in THRESHOLDS.get(kind, ()):
        assert number in text


def test_the_page_is_that_of_the_package() -> None:
    page = Path(__file__).parents[2] / "docs" / "findings.md"
    assert page.read_text(encoding="utf-8") == findings.page()


@pytest.mark.parametrize("word", ["SB104", "sb104", "overfit"])
def test_a_finding_is_explained_by_code_and_by_kind(word: str) -> None:
    found = findings.explained(word)
    assert found is not None
    title, items = found
    assert title == "SB104 overfit"
    assert [item.partition(":")[0] for item in items] == ITEMS


def test_what_is_no_finding_is_not_explained() -> None:
    assert findings.explained("SB000") is None
