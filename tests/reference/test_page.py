"""The reference: every key, metric and claim, up to date, and enough to write a study from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from seedbed.analysis.deciding import REFUTED, SUPPORTED, UNDECIDED
from seedbed.analysis.flips import CLIP, COUNTED_UP_TO
from seedbed.analysis.forms import FORMS
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.power import FEWEST_PAIRS
from seedbed.analysis.reliable import MOST_FAILED, TIMES
from seedbed.analysis.typical import TRIMMED
from seedbed.api import Study
from seedbed.data.tables.dates import DATE_PARTS
from seedbed.metrics.names import METRICS
from seedbed.recipe import Recipe
from seedbed.reference.keys import matching, sections, toml
from seedbed.reference.page import lookup, markdown, of_other_name, words
from seedbed.reference.schema import schema
from seedbed.study.file import STUDY_KEYS, StudyFile
from seedbed.study.hypotheses import Hypothesis
from seedbed.study.known_keys import known_keys
from seedbed.study.synonyms import KEYS

VERDICTS = (SUPPORTED, REFUTED, UNDECIDED)
SECTIONS = sections(schema())
PAGE = (Path(__file__).parent.parent.parent / "docs" / "reference.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert markdown(SECTIONS) == PAGE, "run: seedbed reference --markdown > docs/reference.md"


def test_every_key_is_there() -> None:
    found = {f"{section.name}.{key.name}".strip(".") for section in SECTIONS for key in section.keys}
    assert {*known_keys(Recipe), *STUDY_KEYS, *StudyFile.model_fields} <= found


def blocks() -> list[str]:
    """The TOML of the page."""
    return re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("text", [block for block in blocks() if block.startswith("name")])
def test_its_studies_are_valid(text: str) -> None:
    assert len(Study.parse(text).variants) > 1


def test_its_claims_are_valid() -> None:
    (text,) = [block for block in blocks() if block.startswith("[[hypothesis]]")]
    for claim in tomllib.loads(text)["hypothesis"]:
        Hypothesis.model_validate(claim)


def test_every_metric_and_every_form_of_a_claim_is_told() -> None:
    for name in (*METRICS, *FORMS):
        assert f"\n| {name} | " in PAGE, name


def test_defaults_and_limits_are_the_models() -> None:
    (section,) = matching(SECTIONS, "training.lr")
    assert [(key.name, key.value, key.default, key.required) for key in section.keys] == [
        ("lr", "number above 0", "0.01", False)
    ]
    pct = matching(SECTIONS, "training.schedule.pct_start")[0].keys[0]
    assert (pct.value, pct.default, pct.kinds) == ("number above 0 and below 1", "0.3", ("one_cycle",))
    split = matching(SECTIONS, "data.split")[0]
    assert split.title == "data.split"
    splits = {key.default for section in matching(SECTIONS, "split") for key in section.keys}
    assert {"[0.8, 0.1, 0.1]", "[50000, 10000]", "[45000, 5000]"} <= splits


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.kinds], ids=lambda one: one.name)
def test_every_kind_says_what_it_is(section) -> None:
    assert all(len(told) > 5 for told in section.kinds.values())
    for kind in section.kinds:
        keys = {key.name for key in section.of_kind(kind).keys}
        assert section.tag in keys


@pytest.mark.parametrize("word", words(SECTIONS))
def test_every_word_can_be_looked_up(word: str) -> None:
    found = lookup(SECTIONS, word, 60)
    assert found
    assert all(len(line) <= 60 for line in found.splitlines())


def test_looking_up_narrows_down() -> None:
    assert "dropout" not in (lookup(SECTIONS, "linear", 80) or "")
    assert "every:" in (lookup(SECTIONS, "step", 80) or "")
    assert (lookup(SECTIONS, "val.mse", 80) or "").endswith("Mean squared error.")
    assert lookup(SECTIONS, "nonsense", 80) is None
    assert of_other_name(SECTIONS, "nonsense", 80) is None
    whole = lookup(SECTIONS, None, 80) or ""
    assert all(f"  {word}:" in whole for word in ("lr", "accuracy", "not_better", "scale_columns"))


@pytest.mark.parametrize(
    "word", [word for _, others in KEYS.values() for word in others.split()], ids=lambda word: word
)
def test_every_name_of_other_tools_is_explained(word: str) -> None:
    assert lookup(SECTIONS, word, 80) or of_other_name(SECTIONS, word, 80)


def test_another_name_brings_up_ours() -> None:
    found = of_other_name(SECTIONS, "learning_rate", 80) or ""
    assert found.startswith('"learning_rate" is called training.lr here.')
    assert "lr: number above 0" in found
    assert "training.stop.patience here" in (of_other_name(SECTIONS, "early_stopping", 80) or "")
    assert "leave it out" in (of_other_name(SECTIONS, "shuffle", 80) or "")


def test_what_verdicts_rest_on_is_told() -> None:
    told = " ".join((lookup(SECTIONS, "verdicts", 80) or "").split())
    for word in (
        f"below {ALPHA}",
        f"At least {FEWEST_PAIRS} pairs",
        f"clipped at {CLIP} times",
        f"exact up to {COUNTED_UP_TO} pairs",
        f"{TIMES:g} times the median",
        f"smallest {TRIMMED:.0%}".replace("%", " %"),
        f"over {({0.2: 'a fifth'})[MOST_FAILED]} of the runs",
        "Wilson",
        "McNemar",
        "Holm",
        "sign test",
        "one-sided",
    ):
        assert str(word) in told
    for verdict in (
        *VERDICTS,
        "better",
        "worse",
        "no evidence",
        "not enough seeds",
        "same runs",
        "all failed",
    ):
        assert verdict in told
    assert "a run that stopped earlier counts with its last value" in told


def test_the_parts_of_a_date_are_told() -> None:
    told = lookup(SECTIONS, "dates", 80) or ""
    assert all(f"NAME.{part}" in told for part in DATE_PARTS)


@pytest.mark.parametrize(
    ("value", "written"),
    [(True, "true"), ([1, 0.5], "[1, 0.5]"), ({"kind": "step"}, '{ kind = "step" }'), ("é", '"é"')],
)
def test_values_are_written_as_toml(value: object, written: str) -> None:
    assert toml(value) == written
    assert tomllib.loads(f"x = {written}")["x"] == value
