"""What was traced gives the same bits as what it was traced from, and otherwise is not used."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seedbed.engines import tracing
from seedbed.engines.tracing import CALLS_BEFORE, Traced


def called_often(function, given, times=CALLS_BEFORE + 3):
    """A traced function after so many calls, and what the last ones gave."""
    traced = Traced(function)
    found = [traced(given) for _ in range(times)]
    return traced, found


def gradient(given):
    """Of a function of several steps, with nan where the root is of a negative number."""
    x = given["x"].detach().requires_grad_()
    with torch.enable_grad():
        y = (torch.sqrt(x) * given["scale"]).sum()
    return {"x": torch.autograd.grad(y, x)[0], "y": y.detach()}


def test_it_gives_the_same_bits_also_of_other_numbers() -> None:
    traced, _ = called_often(gradient, {"x": torch.tensor([1.0, -2.0]), "scale": torch.tensor(2.0)})
    assert traced._replay is not None
    given = {"x": torch.tensor([-3.0, 5.0]), "scale": torch.tensor(0.3), "unused": torch.ones(1)}
    found, expected = traced(given), gradient(given)
    assert list(found) == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name].numpy(), values.numpy())


def test_it_leaves_what_it_is_given_as_it_was_and_its_results_too() -> None:
    def doubled(given):
        return {"x": given["x"].clone().mul_(2)}

    given = {"x": torch.ones(2)}
    traced, found = called_often(doubled, given)
    assert traced._replay is not None
    assert given["x"].tolist() == [1, 1]
    again = traced(found[-1])
    assert (found[-1]["x"].tolist(), again["x"].tolist()) == ([2, 2], [4, 4])


def test_a_function_that_looks_at_its_numbers_is_called_itself() -> None:
    def looking(given):
        return {"x": given["x"] + 1 if bool((given["x"] > 0).all()) else given["x"]}

    traced, _ = called_often(looking, {"x": torch.ones(2)})
    assert traced._replay is None
    assert traced({"x": -torch.ones(2)})["x"].tolist() == [-1, -1]


def test_a_function_that_follows_from_something_else_is_called_itself() -> None:
    calls = []

    def counting(given):
        calls.append(1)
        return {"x": given["x"] + len(calls)}

    traced, found = called_often(counting, {"x": torch.zeros(1)})
    assert traced._replay is None
    assert found[-1]["x"].item() == len(calls)


def test_a_function_that_is_called_seldom_is_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(tracing, "_traced", lambda *arguments: asked.append(1))
    called_often(gradient, {"x": torch.ones(2), "scale": torch.ones(())}, CALLS_BEFORE - 1)
    assert not asked
    called_often(gradient, {"x": torch.ones(2), "scale": torch.ones(())})
    assert asked == [1]  # and no second time where it cannot be
