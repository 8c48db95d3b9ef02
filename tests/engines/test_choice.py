"""Which engine is chosen, and what is said where it is not to be had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from made import group, recipe

from seedbed.engines import choice
from seedbed.engines.choice import EngineError, choose
from seedbed.nn.layers.conv import Conv2d
from seedbed.nn.layers.dense import Dense
from seedbed.nn.layers.flatten import Flatten
from seedbed.nn.network import Network

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
    with pytest.raises(
        EngineError, match=f"{option} .*needs the torch engine, got {name}; use --engine torch"
    ):
        choose(name, DENSE, **asked)


@pytest.mark.parametrize(
    ("built", "why"), [(True, "sees no CUDA device"), (False, "was built without CUDA")], ids=["gpu", "build"]
)
def test_a_missing_cuda_device_is_an_error_that_says_what_to_do(
    built: bool, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: built)
    with pytest.raises(EngineError, match=rf"PyTorch \(.*\) {why}; use --device cpu, or install"):
        choose("torch", DENSE, device="cuda")
    assert choose("torch", DENSE).device == "cpu"
    with pytest.raises(
        EngineError, match="tf32 requires a CUDA device; on a cpu use --precision float32 or bf16"
    ):
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


IMAGES = replace(DENSE, model=Network((Conv2d(1, 2, 3), Flatten(), Dense(8, 1)), (1, 4, 4)))


def broken(name: str) -> None:
    raise OSError("libtorch.so: cannot open shared object file")


@pytest.mark.parametrize(
    ("name", "replacement", "why"),
    [("find_spec", lambda name: None, "is not installed"), ("import_module", broken, "libtorch.so")],
    ids=["not installed", "damaged"],
)
def test_without_torch_auto_takes_the_next_best_and_says_so(
    name: str, replacement: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, name, replacement)
    chosen = choose("auto", IMAGES)
    assert chosen.engine == "numpy"
    assert chosen.reason is not None
    assert "torch would be faster" in chosen.reason
    assert why in chosen.reason
    with pytest.raises(EngineError, match=why):
        choose("torch", IMAGES)
    assert choose("auto", DENSE) == choose("fused", DENSE)


@pytest.mark.parametrize("name", ["auto", "fused", "numpy", "torch"])
@pytest.mark.parametrize("option", ["name", "device", "precision"])
def test_a_name_that_does_not_exist_is_an_error(name: str, option: str) -> None:
    with pytest.raises(EngineError, match=r"expected .* to be one of .*, got 'Fast'"):
        choose(**{"name": name, "program": DENSE} | {option: "Fast"})
