"""Data that do not fit the memory are refused, with the numbers, before any of them are drawn or divided."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study_files import small

from seedbed import data, machine
from seedbed.api import Study
from seedbed.plan.plan import plan
from seedbed.study.problems import StudyError
from seedbed.trainables.recipe_room import held


def refused(monkeypatch: pytest.MonkeyPatch, free: int, changes: dict[str, Any]) -> str:
    """What is said of the small study where so many bytes are free; nothing may be divided for it."""
    monkeypatch.setattr(machine, "available", lambda: free)
    monkeypatch.setattr(data, "prepare", lambda *given, **named: pytest.fail("samples were divided"))
    with pytest.raises(StudyError) as error:
        plan(Study.parse(small(changes), "study.toml"))
    return str(error.value)


def test_samples_are_refused_before_they_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "load", lambda *given, **named: pytest.fail("samples were drawn"))
    said = refused(monkeypatch, 12 * 10**9, {"data.samples": 99_000_000, "data.grid": 1, "study.seeds": 200})
    assert said == (
        "study.toml: data: 99,000,001 samples for each of 200 seeds bring the data of the study to 240 GB, and 12 GB "
        "of memory are free; use fewer samples, seeds or variants of the data"
    )


def test_variants_of_the_data_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "load", lambda *given, **named: pytest.fail("samples were drawn"))
    samples = [1_000_000 + i for i in range(10)]
    said = refused(monkeypatch, 200 * 10**6, {"ablate": {"data.samples": samples}})
    assert "1,000,029 samples for each of 2 seeds bring the data of the study to 264 MB, and 200 MB" in said


def test_parts_of_shared_samples_are_counted_for_every_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"data": {"source": "digits"}, "study": {"seeds": 10_000}, "model": {"kind": "logistic"}}
    said = refused(monkeypatch, 50 * 10**6, changes)
    assert "1,797 samples for each of 10,000 seeds bring the data of the study to 71.9 MB" in said


def test_what_is_counted_is_what_is_held() -> None:
    """Also with fixed samples, and where variants share some or all of their data."""
    study = Study.parse(
        small(
            {
                "data.samples": 40_000,
                "study.seeds": 4,
                "ablate": {"data.split": [[0.5, 0.3, 0.2]], "data.noise": [0.5], "training.lr": [0.2]},
            }
        )
    )
    planned_for = held(study, None)
    tracemalloc.start()
    planned = plan(study)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.95 * taken <= planned_for <= 1.05 * taken
    assert len(planned.runs) == 16


@settings(max_examples=30)
@given(st.integers(1, 10**6), st.integers(1, 1000), st.booleans())
def test_more_samples_or_seeds_never_take_less(samples: int, seeds: int, fixed: bool) -> None:
    def taken(samples: int, seeds: int) -> int:
        changes = {"data.samples": samples, "study.seeds": seeds} | ({"data.seed": 1} if fixed else {})
        return held(Study.parse(small(changes)), None)

    least = taken(samples, seeds)
    assert least < taken(samples + 1, seeds)
    assert least == taken(samples, seeds + 1) if fixed else least < taken(samples, seeds + 1)
