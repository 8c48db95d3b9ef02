"""Batch norm with addition and ReLU by the compiled kernels: against array operations, and as torch calls them."""

from __future__ import annotations

from functools import partial

import array_api_compat.numpy as xnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from seedbed.nn.layers.batch_norm import EPSILON, _in_arrays
from seedbed.nn.ops import channels_last
from seedbed.nn.ops.torch_ops.norm import _norm_by_torch, _norm_in_memory

NAMES = ("dx", "dadded", "dweight", "dbias")


def example(pixels: int, channels: int, seed: int, offset: float = 0.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    draws = {name: rng.standard_normal((pixels, channels)) for name in ("x", "added", "dy")}
    draws["x"] = draws["x"] * rng.uniform(0.1, 3, channels) + offset
    numbers = {"weight": rng.uniform(-1.5, 1.5, channels), "bias": rng.standard_normal(channels)}
    given = {"mean": rng.standard_normal(channels), "variance": rng.uniform(0.1, 2, channels)}
    return {name: array.astype(np.float32) for name, array in (draws | numbers | given).items()}


def by_kernels(arrays: dict[str, np.ndarray], add: bool, relu: bool, given: bool) -> dict[str, np.ndarray]:
    statistics = (arrays["mean"], arrays["variance"]) if given else None
    y, mean, variance, backward = channels_last.batch_norm(
        arrays["x"],
        arrays["weight"],
        arrays["bias"],
        EPSILON,
        arrays["added"] if add else None,
        relu,
        statistics,
    )
    return {
        "y": y,
        "mean": mean,
        "variance": variance,
        **dict(zip(NAMES, backward(arrays["dy"]), strict=True)),
    }


def by_arrays(arrays: dict[str, np.ndarray], add: bool, relu: bool, given: bool) -> dict[str, np.ndarray]:
    """The same in float64, on arrays (1, pixels, channels)."""
    wide = {name: array.astype(np.float64)[None] for name, array in arrays.items()}
    statistics = (wide["mean"], wide["variance"]) if given else None
    y, mean, variance, backward = _in_arrays(
        xnp,
        wide["x"],
        wide["weight"],
        wide["bias"],
        EPSILON,
        wide["added"] if add else None,
        relu,
        statistics,
    )
    found = {
        "y": y,
        "mean": mean,
        "variance": variance,
        **dict(zip(NAMES, backward(wide["dy"]), strict=True)),
    }
    return {name: array[0] for name, array in found.items()}


def away_from_zero(arrays: dict[str, np.ndarray], add: bool, given: bool) -> dict[str, np.ndarray]:
    """No gradient where y is so near zero that rounding decides whether it is above."""
    y = by_arrays(arrays, add, False, given)["y"]
    return arrays | {"dy": np.where(np.abs(y) > 1e-4, arrays["dy"], 0).astype(np.float32)}


@settings(max_examples=60, deadline=None)
@given(
    channels=st.integers(1, 70),
    tiles=st.integers(1, 40),
    seed=st.integers(0, 99),
    add=st.booleans(),
    relu=st.booleans(),
    statistics=st.booleans(),
)
def test_kernels_compute_what_array_operations_do(
    channels: int, tiles: int, seed: int, add: bool, relu: bool, statistics: bool
) -> None:
    pixels = tiles * channels_last.tile(channels)
    arrays = away_from_zero(example(pixels, channels, seed), add, statistics)
    found, expected = (by(arrays, add, relu, statistics) for by in (by_kernels, by_arrays))
    for name, array in expected.items():
        if name == "dadded" and not add:
            continue
        size = 20 * np.abs(array).max()
        if name == "dx":  # a difference of terms of this size, which may cancel
            steepest = np.abs(arrays["weight"]).max() / np.sqrt(expected["variance"].min() + EPSILON)
            size = steepest * np.abs(arrays["dy"]).max()
        assert_allclose(found[name], array, rtol=2e-4, atol=1e-5 * size + 1e-6, err_msg=name)


def test_a_mean_far_from_zero_costs_no_digits_of_the_variance() -> None:
    arrays = example(4096, 16, 0, offset=1000.0)
    found = by_kernels(arrays, add=False, relu=False, given=False)
    exact = arrays["x"].astype(np.float64)
    assert_allclose(found["mean"], exact.mean(axis=0), rtol=1e-6)
    assert_allclose(found["variance"], exact.var(axis=0), rtol=1e-4)


def test_what_is_not_a_number_stays_so() -> None:
    """A ReLU that made zeros of it would hide that a run has diverged."""
    arrays = example(64, 16, 0)
    arrays["x"][3, 5] = np.nan
    y = by_kernels(arrays, add=True, relu=True, given=False)["y"]
    assert np.isnan(y[:, 5]).all()
    assert np.isfinite(np.delete(y, 5, axis=1)).all()


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("given", [False, True], ids=["of the batch", "given"])
@pytest.mark.parametrize("add", [False, True], ids=["alone", "added"])
def test_the_kernels_and_torchs_own_agree_on_images(
    memory_format: torch.memory_format, given: bool, add: bool
) -> None:
    torch.manual_seed(0)
    draw = partial(torch.randn, 4, 16, 6, 5)
    x, added, dy = (draw().contiguous(memory_format=memory_format) for _ in range(3))
    weight, bias, mean, variance = (torch.rand(16) + 0.5 for _ in range(4))
    arguments = (x, weight, bias, EPSILON, added if add else None, True, (mean, variance) if given else None)
    results = []
    for norm in (_norm_in_memory, _norm_by_torch):
        *forward, backward = norm(*arguments)
        dx, dadded, *grads = backward(dy)
        results.append([*forward, dx, *grads, *([dadded] if add else [])])
    for ours, theirs in zip(*results, strict=True):
        assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-3, atol=1e-4)
