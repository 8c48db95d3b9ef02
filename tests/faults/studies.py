"""Small studies of several kinds, each of which takes about a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from study_files import toml

FUNCTION = {
    "source": "function",
    "expression": "sin(x)",
    "domain": [0.0, 6.0],
    "samples": 60,
    "split": [0.6, 0.2, 0.2],
    "noise": 0.1,
    "scale": "standard",
    "grid": 20,
}
IMAGES = {"source": "npz", "path": "images.npz", "split": [0.6, 0.2, 0.2]}
ENDINGS = {
    "keep_best": True,
    "stop": {"patience": 4},
    "schedule": {"kind": "plateau", "factor": 0.3, "patience": 2},
}
DENSE: dict[str, Any] = {
    "data": FUNCTION,
    "model": {"kind": "mlp", "hidden": [6, 6], "norm": "batch", "dropout": 0.1},
    "training": {"lr": 0.05, "epochs": 12, "batch_size": 12, **ENDINGS},
    "study": {"seeds": 3, "metric": "val.mse"},
    "ablate": {"model.hidden": [[4], [8]], "training.optimizer": ["adam"]},
    "hypothesis": [{"claim": "Adam helps", "better": "optimizer = adam", "than": "base"}],
}
CONVOLUTION: dict[str, Any] = {
    "data": IMAGES,
    "model": {"kind": "cnn", "blocks": [{"filters": 2}], "hidden": [4]},
    "training": {"lr": 0.05, "epochs": 3, "batch_size": 16},
    "study": {"seeds": 2},
    "ablate": {"training.optimizer": ["adamw"], "model.hidden": [[6]]},
}
STUDIES: dict[str, tuple[Mapping[str, Any], list[str]]] = {  # what is in it, and options of its commands
    "numpy": (DENSE, ["--engine", "numpy"]),
    "fused": (DENSE, ["--engine", "fused"]),
    "torch": (CONVOLUTION, ["--engine", "torch"]),
    "until": (
        {**DENSE, "study": {"metric": "val.mse"}},
        ["--engine", "fused", "--until", "decided", "--at-most", "12"],
    ),
    "crossed": (
        {
            **DENSE,
            "study": {"metric": "val.mse", "seeds": 9, "vary_seeds": ["init", "order"]},
            "hypothesis": [],
        },
        ["--engine", "fused"],
    ),
    "partitioned": (DENSE, ["--engine", "fused"]),  # with few runs in a file, see `survival.Scene`
    "small": (
        {**DENSE, "study": {"seeds": 2}, "ablate": {"model.hidden": [[4]]}, "hypothesis": []},
        ["--engine", "fused"],
    ),
    "tiny": ({**DENSE, "study": {"seeds": 1}, "ablate": {}, "hypothesis": []}, ["--engine", "numpy"]),
    "images": (CONVOLUTION, ["--engine", "numpy"]),
}
FUNCTION_FILE = """
import random, time

def train(settings, seed, run):
    epoch, total = run.saved or (0, 0.0)
    while epoch < 8:
        total += settings["rate"] * random.Random(f"{seed} {epoch}").random()
        epoch += 1
        run.log(acc=total)
        run.save((epoch, total))
        time.sleep(0.05)
    return {"acc": total}
"""
COMMAND_FILE = """
import json, random, sys, time

time.sleep(0.2)
print(json.dumps({"acc": float(sys.argv[1]) * random.Random(sys.argv[2]).random()}))
"""
MODULE_FILE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, width), nn.BatchNorm1d(width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x):
        return self.body(x)
"""
OUTSIDE: dict[str, Any] = {
    "settings": {"rate": 1.0},
    "study": {"seeds": 4, "metric": "acc", "direction": "max"},
    "ablate": {"settings.rate": [0.5, 2.0]},
}
WITH_CODE: dict[str, tuple[Mapping[str, Any], list[str]]] = {  # the same of studies of the user's code
    "function": ({"function": {"call": "told:train"}, **OUTSIDE}, ["--trust"]),
    "command": (
        {"command": {"run": ["python", "{study}/told.py", "{rate}", "{seed}"]}, **OUTSIDE},
        ["--trust"],
    ),
    "module": (
        {
            **{"data": FUNCTION, "model": {"kind": "module", "class": "net:Net"}},
            "training": {"lr": 0.01, "epochs": 12, "batch_size": 12},  # nothing that a rounding could decide
            "study": {"seeds": 3, "metric": "val.mse"},
            "ablate": {"training.lr": [0.02]},
        },
        ["--trust"],
    ),
}


def write(directory: Path, name: str) -> list[str]:
    """Write a study, its data and its code; gives the words of the command that runs it."""
    tables, options = {**STUDIES, **WITH_CODE}[name]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "told.py").write_text(COMMAND_FILE if name == "command" else FUNCTION_FILE, encoding="utf-8")
    (directory / "net.py").write_text(MODULE_FILE, encoding="utf-8")
    file = directory / f"{name}.toml"
    file.write_text(toml({"name": f"faults/{name}", **tables}), encoding="utf-8")
    draw = np.random.default_rng(1)
    y = np.arange(60) % 3
    x = draw.integers(0, 200, (60, 6, 6)) + 20 * y[:, None, None]
    np.savez(directory / "images.npz", x=x.astype(np.uint8), y=y)
    return ["run", str(file), *options]
