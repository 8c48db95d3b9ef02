"""Which engine is chosen, and what is said where it is not to be had."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from made import group, recipe

from seedbed.engines import choice
from seedbed.engines.choice import EngineError, choose

DENSE = group([recipe()]).program()


@pytest.mark.parametrize(
    ("asked", "engine", "precision"),
    [
        ({"name": "auto"}, "fused", "float32"),
        ({"name": "numpy"}, "numpy", "float32"),
        ({"name": "torch"}, "torch", "float32"),
        ({"name": "torch", "precision": "bf16", "device": "cpu"}, "torch", "bf16"),
        ({"name": "auto", "precision": "bf16", "device": "cpu"}, "torch", "bf16"),
        ({"name": "fused", "device": "cpu"}, "fused", "float32"),
    ],
)
def test_the_engine_follows_what_is_asked(asked: dict[str, str], engine: str, precision: str) -> None:
    chosen = choose(program=DENSE, **asked)
    assert (chosen.engine, chosen.precision, chosen.reason) == (engine, precision, None)


@pytest.mark.parametrize("name", ["numpy", "fused"])
@pytest.mark.parametrize(
    ("asked", "option"),
    [
        ({"device": "cuda"}, "--device cuda"),
        ({"precision": "bf16"}, "--precision bf16"),
        ({"cuda_graphs": True}, "--cuda-graphs"),
    ],
)
def test_only_torch_has_devices_and_precisions(name: str, asked: dict[str, str], option: str) -> None:
    with pytest.raises(EngineError, match=f"{option} .*not for {name}: take --engine torch"):
        choose(name, DENSE, **asked)


@pytest.mark.parametrize(
    ("built", "why"), [(True, "sees no CUDA device"), (False, "was built without CUDA")], ids=["gpu", "build"]
)
def test_a_missing_cuda_device_is_an_error_that_says_what_to_do(
    built: bool, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
    with pytest.raises(EngineError, match=rf"PyTorch \(.*\) {why}: take --device cpu, or install"):
        choose("torch", DENSE, device="cuda")
    assert choose("torch", DENSE).device == "cpu"
    with pytest.raises(EngineError, match="on a cpu take --precision float32 or bf16"):
        choose("torch", DENSE, precision="tf32")
    with pytest.raises(EngineError, match=rf"--cuda-graphs needs a CUDA device, and .* {why}: leave it out"):
        choose("auto", DENSE, cuda_graphs=True)


def test_graphs_are_of_a_cuda_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (1000, 2000))
    chosen = choose("auto", DENSE, cuda_graphs=True)
    assert chosen.memory == 1000
    assert (chosen.engine, chosen.device, chosen.cuda_graphs) == ("torch", "cuda", True)
    assert not choose("torch", DENSE).cuda_graphs
    with pytest.raises(EngineError, match="and --device cpu was asked for"):
        choose("torch", DENSE, device="cpu", cuda_graphs=True)


@pytest.mark.parametrize("asked", [{"name": "torch"}, {"name": "auto", "precision": "bf16"}])
def test_a_missing_torch_is_an_error_that_says_what_to_install(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match=r"pip install 'seedbed\[torch\]'"):
        choose(program=DENSE, **asked)
