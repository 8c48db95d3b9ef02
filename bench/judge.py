"""How long `seedbed judge` takes over a table of 100,000 runs, from the command to its verdicts and to its report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
from pyarrow import csv

SHAPES = ((10, 10_000), (100, 1_000), (1_000, 100), (10_000, 10))  # variants and seeds
REPORT = "report: "  # the line that the command prints last


@dataclass(frozen=True)
class Judged:
    """Medians of a table: seconds to the verdicts, those of the processor until then, and seconds to the report."""

    variants: int
    seeds: int
    verdicts: float
    processor: float
    seconds: float


def judge(repeats: int) -> list[Judged]:
    """Time the command on a CSV file of each shape, `repeats` times."""
    with tempfile.TemporaryDirectory() as directory:
        return [_judged(Path(directory), *shape, repeats) for shape in SHAPES]


def _judged(directory: Path, variants: int, seeds: int, repeats: int) -> Judged:
    path = directory / f"results-{variants}.csv"
    draws = np.random.default_rng(0)
    luck = draws.normal(size=seeds)
    csv.write_csv(
        pa.table(
            {
                "config": np.repeat([f"c{number}" for number in range(variants)], seeds),
                "seed": np.tile(np.arange(seeds), variants),
                "test_acc": 0.8 + 0.01 * (draws.normal(size=(variants, seeds)) + luck).ravel(),
                "train_loss": draws.gamma(2, size=variants * seeds),
            }
        ),
        path,
    )
    times = np.array([_seconds(path, directory / "runs") for _ in range(repeats)])
    return Judged(variants, seeds, *(float(median(column)) for column in times.T))


def _seconds(path: Path, runs_dir: Path) -> tuple[float, float, float]:
    """Seconds from the command to its last verdict, of the processor until then (on Linux), and to its end."""
    words = [sys.executable, "-m", "seedbed", "judge", str(path), "--quiet", "--runs-dir", str(runs_dir)]
    words += ["--variant", "config", "--seed", "seed", "--metric", "test_acc"]
    started = time.perf_counter()
    verdicts, processor = started, float("nan")
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if not line.startswith(REPORT):
                verdicts, processor = time.perf_counter(), _processor(process.pid)
    assert process.returncode == 0
    return verdicts - started, processor, time.perf_counter() - started


def _processor(pid: int) -> float:
    """Seconds that a process has taken of the processor, where Linux tells."""
    told = Path(f"/proc/{pid}/stat")
    if not told.exists():
        return float("nan")
    user, system = told.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
