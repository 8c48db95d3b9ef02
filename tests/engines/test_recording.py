"""A replay does what a call does; what would wait for a device cannot be recorded."""

from __future__ import annotations

import pytest
import torch
from recorded import by_tracing

from seedbed.engines.recording import Recording


def descend(given):
    """Half the way to the target, from a point that stays; how far it was before."""
    gap = given["target"] - given["point"]
    return {"point": given["point"] + gap / 2, "distance": gap.abs()}


def test_what_it_changes_goes_on_from_call_to_call_and_what_it_takes_is_new_each_time() -> None:
    start = {"point": torch.tensor([0.0, 8.0]), "target": torch.tensor([8.0, 0.0])}
    recording, expected, found = Recording(descend, start, by_tracing), dict(start), dict(start)
    for target in (start["target"], torch.tensor([1.0, 1.0]), torch.tensor([-3.0, 5.0])):
        expected = descend(expected | {"target": target})
        found = recording(found | {"target": target})
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_recording_leaves_what_it_was_given_as_it_was() -> None:
    start = {"point": torch.tensor([0.0]), "target": torch.tensor([8.0])}
    recording = Recording(descend, start, by_tracing)
    assert start["point"].item() == 0
    recording(start)
    assert start["point"].item() == 0


def test_results_of_earlier_calls_stay_as_they_were() -> None:
    start = {"point": torch.tensor([0.0]), "target": torch.tensor([8.0])}
    recording = Recording(descend, start, by_tracing)
    first = recording(start)
    second = recording(first | {"target": torch.tensor([8.0])})
    assert [first["distance"].item(), second["distance"].item()] == [8, 4]


def test_a_function_that_looks_at_its_numbers_cannot_be_recorded() -> None:
    def looking(given):
        return {"x": given["x"] + 1 if bool((given["x"] > 0).all()) else given["x"]}

    with pytest.raises(AssertionError, match="gives a number to the host"):
        Recording(looking, {"x": torch.ones(2)}, by_tracing)
