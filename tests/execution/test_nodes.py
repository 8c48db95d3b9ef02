"""Which machines computed a study, as it is stored and told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trainables.test_toy import TEXT, Toy

from seedbed.api import Study
from seedbed.execution.nodes import here, nodes_of
from seedbed.results import where


def test_nodes_are_told_of_by_the_events_of_groups() -> None:
    groups = [
        {"runs": 3, "node": "b", "engine": "torch", "device": "cuda", "cpu": "X"},
        {"runs": 4, "node": "a", "engine": "numpy", "device": "cpu", "cpu": "Y"},
        {"runs": 5, "node": "b", "engine": "torch", "device": "cpu", "cpu": "X"},
        {"runs": 9},  # of a study that was stored before
    ]
    assert nodes_of(groups) == [
        {"node": "a", "engine": "numpy", "device": "cpu", "cpu": "Y", "runs": 4},
        {"node": "b", "engine": "torch", "device": "cuda + cpu", "cpu": "X", "runs": 8},
    ]
    assert nodes_of([]) == []


def told(nodes: list[dict[str, Any]]) -> str | None:
    return where.in_words(SimpleNamespace(environment={"nodes": nodes}))  # type: ignore[arg-type]


def test_a_sentence_names_the_nodes_with_the_most_runs() -> None:
    one = {"node": "a", "engine": "numpy", "device": "cpu", "cpu": "Y", "runs": 1}
    assert told([]) is None
    assert told([one]) is None
    assert told([one, {"node": "b", "runs": 2}]) == (
        "computed on 2 nodes: b: 2 runs; a: 1 run, numpy engine on cpu, Y"
    )
    many = [{"node": f"n{number}", "runs": number + 1} for number in range(7)]
    assert told(many) == (
        "computed on 7 nodes: n6: 7 runs; n5: 6 runs; n4: 5 runs; n3: 4 runs; 3 other nodes: 6 runs"
    )


def test_a_study_says_where_it_was_computed(tmp_path: Path) -> None:
    result = Study.parse(TEXT, trainable=Toy()).run(runs_dir=tmp_path)
    (node,) = result.document["environment"]["nodes"]
    assert node["runs"] == len(result.runs)
    assert node["node"] == here()["node"]
