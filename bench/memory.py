"""What training takes of memory at its peak, against what was planned: `python -m bench memory`."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from seedbed.api import Study
from seedbed.plan.plan import plan
from seedbed.text import byte_size
from seedbed.training import memory

ENGINES = ("numpy", "torch", "fused")
SMALL = {"kind": "mlp", "hidden": [10, 100, 10], "norm": "batch"}
CURVE = {"source": "function", "expression": "sin(x1) * x2", "domain": [[0, 3], [0, 3]], "samples": 5000}
MNIST = {"source": "mnist", "split": [10000, 1000]}
TABLE = {"source": "table", "path": "rows.parquet", "target": "y", "scale": "standard"}
CNN = {
    "kind": "cnn",
    "blocks": [{"filters": 16, "pool": "max"}, {"filters": 32, "pool": "max"}],
    "hidden": [128],
}
RESNET = {"kind": "resnet", "depth": 8}
SGD = {"lr": 0.01, "momentum": 0.9}


@dataclass(frozen=True)
class Shape:
    """A study: its tables, its seeds, and the engines that can train it."""

    title: str
    data: dict[str, Any]
    model: dict[str, Any]
    training: dict[str, Any]
    seeds: int
    engines: tuple[str, ...] = ENGINES

    def study(self, directory: Path) -> Study:
        """The study, read from a file beside which its own data lie."""
        metric = "val.accuracy" if self.data["source"] == "mnist" else "val.mse"
        tables = {"data": self.data, "model": self.model, "training": self.training}
        lines = ['name = "bench/memory"', *(f"{name} = {_toml(table)}" for name, table in tables.items())]
        lines.append(f'study = {{seeds = {self.seeds}, metric = "{metric}"}}')
        (directory / "study.toml").write_text("\n".join(lines), encoding="utf-8")
        return Study.load(str(directory / "study.toml"))


SHAPES = {
    "small": Shape("200 small networks", CURVE, SMALL, SGD | {"epochs": 1, "batch_size": 64}, 200),
    "batch of one": Shape("256 linear models, batches of one sample", CURVE, {"kind": "linear"},
                          {"lr": 1e-3, "epochs": 1, "batch_size": 1}, 256),
    "full batch": Shape("8 runs, full batches of 100,000 rows", TABLE, {"kind": "mlp", "hidden": [64, 64]},
                        {"optimizer": "adam", "steps": 3, "batch_size": "all"}, 8),
    "mnist": Shape("100 MLPs on MNIST", MNIST, {"kind": "mlp", "hidden": [128]},
                   SGD | {"steps": 40, "batch_size": 128}, 100),
    "wide": Shape("6 MLPs of width 2,000 on MNIST", MNIST, {"kind": "mlp", "hidden": [2000, 2000], "dropout": 0.2},
                  {"optimizer": "adam", "steps": 5, "batch_size": 256}, 6),
    "cnn": Shape("8 CNNs on MNIST", MNIST | {"split": [3000, 500]}, CNN, SGD | {"steps": 10, "batch_size": 128}, 8,
                 ("numpy", "torch")),
    "resnet": Shape("4 ResNet-8 on MNIST", MNIST | {"split": [2000, 500]}, RESNET,
                    SGD | {"steps": 4, "batch_size": 128}, 4, ("numpy", "torch")),
}  # fmt: skip


@dataclass(frozen=True)
class Peak:
    """Bytes of a shape with an engine, as planned and as measured, beyond what the libraries take."""

    title: str
    engine: str
    planned: memory.Need
    measured: int

    @property
    def excess(self) -> float:
        """By how much more was planned, as a share of what was measured."""
        return self.planned.peak / self.measured - 1

    @property
    def row(self) -> tuple[str, ...]:
        """Of a table."""
        numbers = byte_size(self.planned.peak), byte_size(self.measured), f"{self.excess:+.0%}"
        return self.title, self.engine, *numbers


def peaks(repeats: int) -> list[Peak]:
    """Every shape with every engine, each in a process of its own; once, since they do not vary."""
    return [
        Peak(shape.title, engine, *_measured(name, engine))
        for name, shape in SHAPES.items()
        for engine in shape.engines
    ]


def _measured(name: str, engine: str) -> tuple[memory.Need, int]:
    command = [sys.executable, "-m", "bench.memory", name, engine]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return memory.Need(**found["planned"]), found["measured"]


def _measure(name: str, engine: str) -> dict[str, Any]:
    """In this process: what is planned for a shape, and its peak."""
    with tempfile.TemporaryDirectory() as directory:
        here = Path(directory)
        tiny = Shape("", CURVE | {"samples": 50}, SMALL, SGD | {"steps": 2, "batch_size": 20}, 2)
        tiny.study(here).run(engine=engine, device="cpu", runs_dir=here / "runs")  # loads all libraries
        gc.collect()
        before = _status("VmRSS")
        if SHAPES[name].data is TABLE:
            _write_table(here / "rows.parquet")
        study = SHAPES[name].study(here)
        groups = plan(study).work.groups
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here on
        study.run(engine=engine, device="cpu", runs_dir=here / "runs")
        planned = max((memory.need(group, engine) for group in groups), key=lambda need: need.total)
        return {"planned": vars(planned), "measured": _status("VmHWM") - before}


def _write_table(path: Path) -> None:
    columns = {f"x{number}": np.random.default_rng(number).standard_normal(125_000) for number in range(20)}
    parquet.write_table(pa.table(columns | {"y": columns["x0"] * columns["x1"]}), path)


def _status(name: str) -> int:
    """Bytes of this process, by the name that Linux gives them."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


if __name__ == "__main__":
    print(json.dumps(_measure(*sys.argv[1:])))
