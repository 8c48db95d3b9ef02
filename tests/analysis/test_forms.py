"""A form of a claim is known everywhere by its row alone: study files, schema, reference, verdicts and sentences."""

import subprocess
import sys

import pytest

from seedbed.analysis.forms import FORMS, metrics_of, variants_of
from seedbed.study.hypotheses import Hypothesis

KEYS = {
    "better": {"better": "a", "than": ["b", "c"]},
    "not_better": {"not_better": "a", "than": "b"},
    "similar": {"similar": ("a", "b"), "within": 0.1},
    "above": {"above": 0.1, "variant": "a", "metric": "val.mse"},
    "below": {"below": 0.1, "variant": "a", "metric": "val.mse"},
    "exceeds": {"exceeds": "train.mse", "variant": "a", "metric": "val.mse"},
    "matches": {"matches": "train.mse", "variant": "a", "metric": "val.mse", "within": 0.1},
    "better_than_any": {"better_than_any": "a", "than": ["b", "c"]},
    "ordered": {"ordered": ("a", "b", "c")},
    "peak": {"peak": "a", "than": ["b", "c"]},
    "between": {"between": (1.0, 1.5), "variant": "a", "than": "b"},
    "interaction": {"interaction": ("a", "b", "c", "d")},
    "near": {"near": 0.1, "variant": "a", "metric": "val.mse", "within": 0.1},
    "agrees": {"agrees": 0.1, "variant": "a", "metric": "val.mse"},
    "converges": {"converges": 0.9, "variant": "a"},
    "jump": {"jump": 7, "variant": "a", "metric": "val.mse", "than": "b"},
    "epochs_to": {"epochs_to": 0.1, "variant": "a", "metric": "val.mse", "than": "b"},
}
VARIANTS = {"better": "abc", "not_better": "ab", "similar": "ab", "better_than_any": "abc", "ordered": "abc"}
VARIANTS |= {"peak": "abc", "between": "ab", "interaction": "abcd", "jump": "ab", "epochs_to": "ab"}


@pytest.mark.parametrize("form", FORMS)
def test_a_claim_names_its_variants_and_metrics(form):
    claim = Hypothesis(claim="so", **KEYS[form])
    assert claim.form == form
    metrics = {"exceeds": ["val.mse", "train.mse"], "matches": ["val.mse", "train.mse"]}
    metrics |= {"jump": ["val.mse@2", "val.mse@7", "val.mse@8"], "epochs_to": ["val.mse@1"]}
    single = ["val.mse"] if "metric" in KEYS[form] else []
    assert list(claim.variants) == variants_of(KEYS[form]) == list(VARIANTS.get(form, "a"))
    assert list(claim.metrics) == metrics_of(KEYS[form]) == metrics.get(form, single)


NEW = """
from seedbed.analysis.judgements import Part
from seedbed.analysis.deciding import of_gains
from seedbed.analysis.forms import FORMS, Form
from seedbed.analysis.comparing import of_median_seen


def _steadier(claim):
    parts = []
    for name in claim.opponents:
        mine, theirs = (claim.table.values(one, claim.metric) for one in (claim.value, name))
        gains = abs(theirs - np.median(theirs)) - abs(mine - np.median(mine))
        parts.append(Part(claim.value, name, of_median_seen(gains), of_gains(gains)))
    return parts


def _spread(judgement):
    return f"{judgement.metric} spreads less with {judgement.subject}"


FORMS["steadier"] = Form(
    "variant", "The variant whose seeds differ less than those of than.", _steadier, _spread, ("than",), ("metric",)
)
"""
USED = """
from seedbed.analysis.sentences import sentence
from seedbed.analysis.verdicts import judge
from seedbed.reference.keys import sections
from seedbed.reference.page import lookup
from seedbed.reference.schema import schema
from seedbed.study.hypotheses import Hypothesis


class Made:
    metric, paired = "score", True
    def values(self, variant, metric):
        return np.cos(np.arange(12.0)) * (1 if variant == "calm" else 9)


claim = Hypothesis(claim="so", steadier="calm", than="wild")
assert (claim.form, claim.variants) == ("steadier", ("calm", "wild")), claim
judgement, = judge([claim.model_dump()], Made())
assert judgement.verdict == "supported", judgement
assert "Over 12 seeds, score spreads less with calm" in sentence(judgement)
table = schema()["$defs"]["Hypothesis"]
assert {"required": ["steadier"]} in table["anyOf"]
assert table["properties"]["steadier"]["description"] in lookup(sections(schema()), "claims", 200)
try:
    Hypothesis(claim="so", steadier="calm")
except ValueError as error:
    assert "steadier also needs than" in str(error)
else:
    raise AssertionError
"""


def test_a_new_form_is_a_function_and_a_row():
    """In an interpreter of its own, since study files read their forms when they are first imported."""
    code = "import numpy as np\n" + NEW + USED
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
