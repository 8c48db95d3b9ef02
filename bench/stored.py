"""How long commands take to read stored studies of very many runs: `python -m bench.stored`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.table import Table

from bench.made_up import MadeUp, write

SHAPES = (MadeUp(100, 100, 20), MadeUp(1000, 10, 20), MadeUp(40, 10, 5000))
MILLION = (MadeUp(10, 100_000), MadeUp(1000, 1000), MadeUp(10_000, 100), MadeUp(1000, 1000, 3))
COMMANDS = {
    "ls": ["ls", "--runs-dir"],
    "show": ["show"],
    "show --json": ["show", "--json"],
    "report": ["report"],
}


@dataclass(frozen=True)
class Reading:
    """What a command took of a study: medians of clock and processor seconds, bytes at the peak, bytes written."""

    command: str
    study: MadeUp
    seconds: float
    processor: float
    memory: int
    written: int


def readings(studies: Sequence[MadeUp], repeats: int) -> list[Reading]:
    """Time every command on every study, which are made up and stored first."""
    found = []
    for study in studies:
        with tempfile.TemporaryDirectory() as place:
            with get_context("spawn").Pool(1) as other:  # a command starts with the peak of its parent
                directory = other.apply(write, (Path(place), study))
            for command, words in COMMANDS.items():
                words = [*words, place if command == "ls" else str(directory)]
                taken = [_measured(words) for _ in range(repeats)]
                seconds, processor, memory, printed = (median(column) for column in zip(*taken, strict=True))
                page = (directory / "report.html").stat().st_size if command == "report" else 0
                found.append(Reading(command, study, seconds, processor, int(memory), page or int(printed)))
    return found


def _measured(words: list[str]) -> tuple[float, float, float, int]:
    """Seconds, processor seconds, bytes at the peak and bytes printed of one command."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "seedbed", *words]
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
        seconds = time.perf_counter() - started
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024.0, printed.tell()


@click.command()
@click.option("--repeats", default=5, show_default=True, help="How often each command is timed.")
@click.option("--million", is_flag=True, help="Studies of a million runs instead.")
def main(repeats: int, million: bool) -> None:
    """Time commands that read stored studies, which are made up first."""
    table = Table(title="stored studies of many runs")
    columns = ("variants", "seeds", "epochs", "command", "seconds", "processor s", "peak MB", "written MB")
    for column in columns:
        table.add_column(column, justify="left" if column == "command" else "right")
    for one in readings(MILLION if million else SHAPES, repeats):
        study = one.study
        shape = (f"{study.variants:,}", f"{study.seeds:,}", f"{study.epochs:,}", one.command)
        memory, written = f"{one.memory / 1e6:,.0f}", f"{one.written / 1e6:.2f}"
        table.add_row(*shape, f"{one.seconds:.2f}", f"{one.processor:.2f}", memory, written)
    Console().print(table)


if __name__ == "__main__":
    main()
