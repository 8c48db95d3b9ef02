"""Commands on studies of very many runs: seconds, processor seconds, memory, and the size of the report."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

STUDY = """
name = "bench/sizes"
data = {{ source = "function", expression = "sin(x)", domain = [0, 6.3], samples = 60, split = [0.6, 0.2, 0.2] }}
model = {{ kind = "mlp", hidden = [8] }}
training = {{ lr = 0.02, epochs = 20 }}
study = {{ seeds = {seeds}, metric = "val.mse" }}
grid = {{ "training.lr" = [{rates}], "model.hidden" = [{widths}] }}
"""
SHAPES = (  # variants, seeds, groups: widths of the network, whose runs are not trained together
    (100, 100, 5),
    (100, 100, 50),
    (300, 10, 5),
    (2000, 5, 1),
)
COMMANDS = ("check", "run", "show", "report")


@dataclass(frozen=True)
class Size:
    """What a command took of a study: medians of wall clock and processor seconds, and bytes at the peak."""

    command: str
    variants: int
    seeds: int
    groups: int
    seconds: float
    processor: float
    memory: int
    report: int = 0


def sizes(repeats: int) -> list[Size]:
    """Time every command on every study; `run` trains, stores and reports, once."""
    found = []
    for shape in SHAPES:
        with tempfile.TemporaryDirectory() as place:
            study = Path(place) / "study.toml"
            study.write_text(_study(*shape))
            runs = ["--runs-dir", f"{place}/runs"]
            words = {
                "check": ["check", str(study)],
                "run": ["run", str(study), "--quiet", *runs],
                "show": ["show", "bench/sizes", *runs],
                "report": ["report", "bench/sizes", *runs],
            }
            for command in COMMANDS:
                taken = [_measured(words[command]) for _ in range(1 if command == "run" else repeats)]
                seconds, processor, memory = (median(column) for column in zip(*taken, strict=True))
                pages = [page.stat().st_size for page in Path(place).rglob("report.html")]
                report = pages[0] if command == "report" else 0
                found.append(Size(command, *shape, seconds, processor, int(memory), report))
    return found


def _study(variants: int, seeds: int, groups: int) -> str:
    rates = ", ".join(f"{0.001 * 1.002**number:.6g}" for number in range(variants // groups))
    widths = ", ".join(f"[{2 + number}]" for number in range(groups))
    return STUDY.format(seeds=seeds, rates=rates, widths=widths)


def _measured(words: list[str]) -> tuple[float, float, float]:
    """Seconds, processor seconds and bytes at the peak of one command."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "seedbed", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024.0
