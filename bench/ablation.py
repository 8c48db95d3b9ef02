"""A whole study, from the command to its report, against the same runs one after another in PyTorch."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.parquet as parquet

from bench import machine, torch_peer
from bench.task import made_task
from seedbed.api import Study
from seedbed.recipe import MlpModel

LAB, SEEDS, SAMPLE = "trig/norm-init", 30, 300


@dataclass(frozen=True)
class Ablation:
    """Seconds of the study, and of its steps alone in PyTorch, extrapolated from `SAMPLE` steps per variant."""

    study: str
    runs: int
    steps: int
    seconds: float
    torch_seconds: float
    ratio: float


def ablation(repeats: int) -> Ablation:
    """Time the command `repeats` times; PyTorch gets neither evaluation nor storing nor report to do."""
    seconds, torch_seconds = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as runs_dir:
            started = time.perf_counter()
            command = [
                sys.executable,
                "-m",
                "seedbed",
                "run",
                LAB,
                "--seeds",
                str(SEEDS),
                "--engine",
                "fused",
            ]
            subprocess.run([*command, "--runs-dir", runs_dir], check=False, capture_output=True)
            seconds.append(time.perf_counter() - started)
            table = parquet.read_table(next(Path(runs_dir).rglob("runs.parquet"))).to_pydict()
        steps: dict[str, int] = {}
        for variant, count in zip(table["variant"], table["steps"], strict=True):
            steps[variant] = steps.get(variant, 0) + count
        torch_seconds.append(sum(count * _torch_step(variant) for variant, count in steps.items()))
    ratios = [theirs / ours for theirs, ours in zip(torch_seconds, seconds, strict=True)]
    runs, total = len(table["steps"]), sum(steps.values())
    return Ablation(LAB, runs, total, median(seconds), median(torch_seconds), median(ratios))


def _torch_step(variant: str) -> float:
    """Seconds of one step of a variant in PyTorch, at its better thread count."""
    recipe = next(one.recipe for one in Study.load(LAB).variants if one.name == variant)
    model, training = recipe.model, recipe.training
    assert isinstance(model, MlpModel)
    assert isinstance(training.batch_size, int)
    task = made_task(
        recipe.data.powers,
        3000,
        hidden=model.hidden,
        norm=model.norm == "batch",
        batch=training.batch_size,
        steps=SAMPLE,
    )
    times = []
    for threads in sorted({1, machine.threads()}):
        contender = torch_peer.eager(task, threads)
        started = time.perf_counter()
        contender.train()
        times.append((time.perf_counter() - started) / SAMPLE)
    return min(times)
