"""Both ways to convolve the images of several runs with torch give the same, and the faster one is found once."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seedbed.nn.ops.torch_ops import convolution
from seedbed.nn.ops.torch_ops.convolution import faster, grouped, run_by_run


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolution, "measured", {})


def example(
    runs: int, shared: bool = False, biased: bool = True, kernel: int = 3
) -> tuple[torch.Tensor, ...]:
    """Images (runs, 2, 3, 6, 5), weights for four output channels, and biases or none."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1 if shared else runs, 2, 3, 6, 5, generator=generator, dtype=torch.float64)
    weight = torch.randn(runs, 4, 3, kernel, kernel, generator=generator, dtype=torch.float64)
    bias = torch.randn(runs, 4, generator=generator, dtype=torch.float64) if biased else None
    return x, weight, bias


@given(
    runs=st.integers(1, 4),
    shared=st.booleans(),
    biased=st.booleans(),
    wants_dx=st.booleans(),
    kernel=st.sampled_from([1, 3]),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
)
def test_a_grouped_convolution_is_one_a_run(
    runs: int, shared: bool, biased: bool, wants_dx: bool, kernel: int, stride: int, padding: int
) -> None:
    taken = (*example(runs, shared, biased, kernel), stride, padding)
    results = []
    for way in (run_by_run, grouped):
        y, backward = way(*taken)
        results.append([y, *backward(torch.cos(y), wants_dx)])
    for one, other in zip(*results, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other)


def test_the_faster_way_is_taken_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def seconds(way: convolution.Way, *_: object) -> float:
        asked.append(way)
        return {run_by_run: 2.0, grouped: 1.0}[way]

    monkeypatch.setattr(convolution, "_seconds", seconds)
    x, weight, bias = example(3)
    assert faster(x, weight, bias, 1, 1) is grouped
    assert faster(x + 1, weight, bias, 1, 1) is grouped
    assert asked == [run_by_run, grouped]
    faster(x, weight, bias, 2, 1)
    assert len(asked) == 4


def test_ways_are_measured_on_the_images_themselves() -> None:
    assert faster(*example(2), 1, 1) in (run_by_run, grouped)
    assert len(convolution.measured) == 1
