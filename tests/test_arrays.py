"""What the package takes of arrays and their libraries is there in both of them."""

from __future__ import annotations

import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch

from seedbed.arrays import NUMPY, Array, Namespace


def members(protocol: type) -> set[str]:
    """What a protocol asks for."""
    own = set(vars(protocol)) | set(protocol.__annotations__)
    return {name for name in own if callable(getattr(protocol, name, None)) or not name.startswith("_")}


@pytest.mark.parametrize("library", [NUMPY, xtorch], ids=["numpy", "torch"])
def test_a_namespace_has_every_function(library: Namespace) -> None:
    asked = {name for name in members(Namespace) if not name.startswith("_")}
    assert {"exp", "float32"} < asked
    assert not {name for name in asked if not hasattr(library, name)}


@pytest.mark.parametrize("array", [np.ones(2), torch.ones(2)], ids=["numpy", "torch"])
def test_an_array_has_every_operator(array: Array) -> None:
    asked = members(Array)
    assert {"shape", "__rsub__"} < asked
    assert not {
        name for name in asked - set(vars(object)) if not hasattr(array, name) and name != "_is_protocol"
    }
