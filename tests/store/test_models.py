"""Files of trained networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seedbed.files import slug, write_whole
from seedbed.store.models import Trained, TrainedError, joined, models_file, read_trained

HASH = "0123456789abcdef" * 4


def trained(**changes: object) -> Trained:
    facts: dict = {
        "variant": "norm = none",
        "recipe": {"model": {"kind": "linear"}, "training": {"lr": 0.1}},
        "seeds": (3, 5),
        "shape": (2,),
        "outputs": 1,
        "parameters": {"0.weight": np.arange(4, dtype=np.float32).reshape(2, 2, 1).transpose(0, 1, 2)},
        "state": {},
        "features": ("a", "b"),
    }
    return Trained(**{**facts, **changes})


def test_networks_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    # a view with odd strides: safetensors would otherwise store its memory in the wrong order
    wide = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    given_ = trained(parameters={"0.weight": wide.transpose(0, 2, 1)}, center=np.ones((1, 2), np.float32))
    path = tmp_path / models_file(given_.variant)
    write_whole(path, given_.to_bytes())
    found = read_trained(path)
    assert path.name == f"{slug('norm = none')}.safetensors"
    assert (found.variant, found.recipe, found.seeds, found.shape) == (
        given_.variant,
        given_.recipe,
        given_.seeds,
        given_.shape,
    )
    np.testing.assert_array_equal(found.parameters["0.weight"], wide.transpose(0, 2, 1))
    np.testing.assert_array_equal(found.center, given_.center)
    assert found.scale is None


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x04N."])
def test_a_file_that_holds_no_networks_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(content)
    with pytest.raises(TrainedError, match=r"m\.safetensors is not a readable file"):
        read_trained(tmp_path / "m.safetensors")


def test_networks_trained_in_parts_are_joined_in_the_order_of_their_seeds() -> None:
    whole = trained(center=np.arange(4, dtype=np.float32).reshape(2, 2))
    for parts in ([whole.only(1), whole.only(0)], [whole]):
        one = joined(parts)
        assert (one.variant, one.seeds, one.features) == (whole.variant, whole.seeds, whole.features)
        np.testing.assert_array_equal(one.parameters["0.weight"], whole.parameters["0.weight"])
        np.testing.assert_array_equal(one.center, whole.center)
        assert one.scale is None
