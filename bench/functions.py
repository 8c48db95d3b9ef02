"""What running a function under study costs beside the function: starting, talking to worker processes, storing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.compute as pc
import pyarrow.parquet as parquet

MODULE = """
import time

def run(settings, seed):
    time.sleep(settings["seconds"])
    return {"score": settings["skill"] + seed % 7}
"""
STUDY = """
name = "bench/functions"
function = {{ call = "trivial:run" }}
settings = {{ skill = 0, seconds = {seconds} }}
study = {{ seeds = {seeds}, metric = "score" }}
ablate = {{ "settings.skill" = [1, 2, 3, 4, 5, 6, 7, 8, 9] }}
"""
VARIANTS = 10
SHAPES = ((1000, 0.0), (200, 0.05))  # runs, seconds of the function


@dataclass(frozen=True)
class Cost:
    """Medians over the repeats.

    Attributes
    ----------
    runs, own
        How many there are, and the seconds that the function takes.
    command
        Seconds from the command to the report.
    overhead
        Seconds of a worker's time for each run beyond the function's own, storing included.
    """

    runs: int
    own: float
    command: float
    overhead: float


@dataclass(frozen=True)
class Costs:
    """Of each study."""

    rows: tuple[Cost, ...]


def functions(repeats: int) -> Costs:
    """Run each study in a fresh command, in turn."""
    taken = [[_taken(*shape) for shape in SHAPES] for _ in range(repeats)]
    rows = []
    for shape, of_shape in zip(SHAPES, zip(*taken, strict=True), strict=True):
        command, overhead = (median(column) for column in zip(*of_shape, strict=True))
        rows.append(Cost(*shape, command, overhead))
    return Costs(tuple(rows))


def _taken(runs: int, seconds: float) -> tuple[float, float]:
    """Seconds of the command, and of a worker's time for each run beyond the function's own."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "trivial.py").write_text(MODULE)
        study = Path(place) / "study.toml"
        study.write_text(STUDY.format(seconds=seconds, seeds=runs // VARIANTS))
        words = ["run", str(study), "--trust", "--quiet", "--runs-dir", f"{place}/runs"]
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "seedbed", *words], stdout=subprocess.DEVNULL, check=True)
        command = time.perf_counter() - started
        (directory,) = (Path(place) / "runs").glob("*/*/*")
        events = map(json.loads, (directory / "journal.jsonl").read_text().splitlines())
        stored = [event["elapsed"] for event in events if event["event"] == "group"]
        own = pc.sum(parquet.read_table(directory / "runs.parquet")["seconds"]).as_py()
        at_once = json.loads((directory / "environment.json").read_text())["at_once"]
    # Before the first shard is stored, workers start; the runs in it are left out.
    share = (len(stored) - 1) / len(stored)
    return command, (stored[-1] - stored[0]) * at_once / (runs * share) - own / runs
