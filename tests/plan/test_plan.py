"""The plan of a study: what `check` prints, also of a trainable that cannot say what its runs cost."""

from __future__ import annotations

from typing import Any

from study_files import small
from trainables.test_toy import TEXT, Toy

from seedbed.api import Study
from seedbed.plan.plan import Plan, plan


def a_plan(changes: dict[str, Any] | None = None) -> Plan:
    return plan(Study.parse(small(changes)))


def test_document():
    found = a_plan({"ablate": {"model.norm": ["none"]}, "training.epochs": None, "training.steps": 7})
    dense = 1 * 4 + 4 + 4 * 1 + 1
    document = found.document()
    assert document.pop("data") == found.facts
    assert 4e8 < document.pop("memory_bytes") < 6e8
    assert 2e6 < document.pop("disk_bytes") < 3e6
    assert found.facts["parts"]["train"] < found.facts["rows"]
    assert document == {
        "study": "tests/small",
        "variants": [
            {"name": "base", "settings": {}, "parameters": dense + 8, "steps": 7},
            {"name": "norm = none", "settings": {"model.norm": "none"}, "parameters": dense, "steps": 7},
        ],
        "metric": "val.mse",
        "direction": "min",
        "seeds": 2,
        "vary_seeds": [],
        "seeds_needed": {"versus_base": 6, "hypotheses": None},
        "not_compared": [],
        "runs": 4,
        "groups": 2,
        "parameters": 2 * (dense + 8) + 2 * dense,
        "steps": 4 * 7,
    }


def test_epochs_count_the_smaller_last_batch():
    assert a_plan({"training.batch_size": 8}).document()["steps"] == 2 * 2 * 4  # 30 samples: 8 + 8 + 8 + 6


def test_what_a_trainable_cannot_say_is_null() -> None:
    document = plan(Study.parse(TEXT, trainable=Toy())).document()
    assert (document["runs"], document["groups"]) == (24, 3)
    assert (document["parameters"], document["steps"], document["data"]) == (None, None, None)
    assert (document["memory_bytes"], document["disk_bytes"]) == (None, None)
    assert document["variants"][1] == {
        "name": "skill = 5.5",
        "settings": {"toy.skill": 5.5},
        "parameters": None,
        "steps": None,
    }


def test_more_seeds_take_more_memory_and_disk() -> None:
    few, many = (a_plan({"study.seeds": seeds, "data.samples": 5000}).document() for seeds in (2, 200))
    data = 198 * 5020 * 4 * 3  # input, target and part of every sample
    assert many["memory_bytes"] - few["memory_bytes"] > data
    assert many["disk_bytes"] - few["disk_bytes"] > 198 * 4 * few["parameters"] / 2
