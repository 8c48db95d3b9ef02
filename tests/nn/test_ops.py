"""Which backend's operations an array namespace gets."""

from __future__ import annotations

import types

import array_api_compat.numpy as xnp
import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch

from seedbed.nn import ops

OTHER = types.ModuleType("cupy")
OTHER.array = type("array", (), {"__module__": "cupy"})()


@pytest.mark.parametrize(("xp", "library"), [(np, "numpy"), (xnp, "numpy"), (xtorch, "torch")])
def test_operations_follow_the_namespace(xp: types.ModuleType, library: str) -> None:
    assert ops.of(xp).__name__ == f"seedbed.nn.ops.{library}_ops"


def test_arrays_of_another_library_are_refused_by_name() -> None:
    with pytest.raises(NotImplementedError, match="none for cupy's"):
        ops.of(OTHER)


@pytest.mark.parametrize(
    ("array", "has_one"),
    [
        (np.zeros(2), False),
        (torch.zeros(2), True),
        (torch.zeros(2, requires_grad=True), False),
        (OTHER.array, False),
    ],
    ids=["numpy", "torch", "torch under autograd", "another library"],
)
def test_a_fused_kernel_is_used_only_where_there_is_one(array: object, has_one: bool) -> None:
    assert (ops.fused(array, "batch_norm") is not None) == has_one


def test_every_backend_has_every_operation() -> None:
    """Beside them a backend may have fused kernels, which layers can do without."""
    needed = set(ops.of(xnp).__all__)
    assert needed == {"avg_pool2d", "conv2d", "erf", "max_pool2d"}
    assert set(ops.of(xtorch).__all__) - needed == {"batch_norm", "relu"}
