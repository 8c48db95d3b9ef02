"""How long commands take to read stored studies of very many runs: `python -m bench.stored`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from seedbed.store.writer import Store

NAME = "bench/stored"
SHAPES = (  # variants, seeds, epochs on the curves of every run
    (100, 100, 20),
    (1000, 10, 20),
    (40, 10, 5000),
)
METRICS = ("train.mse", "val.mse", "test.mse")
ON_CURVES = ("train.loss", "val.mse", "lr")
VARIANTS_IN_GROUP = 20
COMMANDS = {"show": ["show"], "show --json": ["show", "--json"], "report": ["report"]}


@dataclass(frozen=True)
class Reading:
    """What a command took of a study: medians of clock and processor seconds, bytes at the peak, bytes written."""

    command: str
    variants: int
    seeds: int
    epochs: int
    seconds: float
    processor: float
    memory: int
    written: int


def readings(repeats: int) -> list[Reading]:
    """Time every command on every study, which are made up and stored first."""
    found = []
    for shape in SHAPES:
        with tempfile.TemporaryDirectory() as place:
            with get_context("spawn").Pool(1) as other:  # a command starts with the peak of its parent
                directory = other.apply(write, (Path(place), *shape))
            for command, words in COMMANDS.items():
                taken = [_measured([*words, str(directory)]) for _ in range(repeats)]
                seconds, processor, memory, printed = (median(column) for column in zip(*taken, strict=True))
                page = (directory / "report.html").stat().st_size if command == "report" else 0
                found.append(Reading(command, *shape, seconds, processor, int(memory), page or int(printed)))
    return found


def write(root: Path, variants: int, seeds: int, epochs: int) -> Path:
    """Store a study as its execution would: a part for every group, joined at the end; the numbers are random."""
    random = np.random.default_rng(1)
    names = ["base", *(f"lr {0.001 * 1.01**index:.6g}" for index in range(1, variants))]
    sizes = 0.01 * np.exp(random.normal(0, 0.3, variants))
    settings: dict[str, dict[str, Any]] = {name: {"training.lr": float(name[3:])} for name in names[1:]}
    claims = [{"claim": f"{name} is better", "better": name, "than": ["base"]} for name in names[1:6]]
    with Store.create(root, NAME, "5eed") as store:
        store.write_text("study.toml", f'name = "{NAME}"\n')
        store.write_json("resolved.json", _resolved(names, settings, seeds, claims))
        store.write_json("environment.json", {"engine": "none", "seconds": {"total": 1.0, "train": 1.0}})
        store.journal({"event": "started", "runs": variants * seeds})
        luck = np.exp(random.normal(0, 0.3, seeds))
        for number, first in enumerate(range(0, variants, VARIANTS_IN_GROUP)):
            own = slice(first, first + VARIANTS_IN_GROUP)
            errors = sizes[own, None] * luck * np.exp(random.normal(0, 0.2, (len(names[own]), seeds)))
            rows = list(_rows(number, names[own], errors, epochs, settings))
            store.add_group(number, rows, {"curves": _curves(names[own], errors, epochs, random)})
            store.journal({"event": "group", "group": number, "runs": errors.size, "seconds": 0.1})
        store.join_groups(names)
        store.finish("complete")
    return store.directory


def _resolved(
    names: list[str], settings: dict[str, dict[str, Any]], seeds: int, claims: list[dict[str, Any]]
) -> dict[str, Any]:
    def recipe(name: str) -> dict[str, Any]:
        rate = settings.get(name, {}).get("training.lr", 0.001)
        return {"model": {"kind": "mlp", "hidden": [8]}, "training": {"lr": rate, "epochs": 20}}

    variants = [{"name": name, "settings": settings.get(name, {}), "recipe": recipe(name)} for name in names]
    asked = {"metric": "val.mse", "direction": "min", "seeds": seeds, "study_seed": 0}
    return {"study": NAME, "description": "Random.", **asked, "variants": variants, "hypotheses": claims}


def _rows(
    group: int, names: list[str], errors: np.ndarray, epochs: int, settings: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for (row, seed), error in np.ndenumerate(errors):
        name = names[row]
        facts = {"variant": name, "seed": seed, "group": group, "status": "complete", "stop_reason": None}
        costs = {"steps": 10 * epochs, "epochs": epochs, "seconds": 0.1, "parameters": 25}
        own = {f"setting:{key}": str(value) for key, value in settings.get(name, {}).items()}
        yield {**facts, **costs, **own, **dict(zip(METRICS, (0.9 * error, error, 1.1 * error), strict=True))}


def _curves(names: list[str], errors: np.ndarray, epochs: int, random: np.random.Generator) -> dict[str, Any]:
    """Columns of curves that fall to the errors (variants, seeds)."""
    shape = (*errors.shape, epochs, len(ON_CURVES))
    epoch = np.broadcast_to(np.arange(epochs)[:, None], shape).ravel()
    fall = np.exp(-np.arange(epochs) / (0.2 * epochs))[:, None] * np.exp(random.normal(0, 0.1, shape))
    values = errors[..., None, None] * (1 + 10 * fall)
    values[..., -1] = 0.1
    repeated = shape[1] * epochs * len(ON_CURVES)
    return {
        "variant": np.repeat(np.array(names), repeated).tolist(),
        "seed": np.broadcast_to(np.arange(shape[1])[:, None, None], shape).ravel(),
        "step": 10 * epoch,
        "epoch": epoch,
        "metric": list(ON_CURVES) * (errors.size * epochs),
        "value": values.ravel(),
    }


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
def main(repeats: int) -> None:
    """Time commands that read stored studies, which are made up first."""
    table = Table(title="stored studies of many runs")
    columns = ("variants", "seeds", "epochs", "command", "seconds", "processor s", "peak MB", "written MB")
    for column in columns:
        table.add_column(column, justify="left" if column == "command" else "right")
    for one in readings(repeats):
        shape = (f"{one.variants:,}", f"{one.seeds:,}", f"{one.epochs:,}", one.command)
        memory, written = f"{one.memory / 1e6:,.0f}", f"{one.written / 1e6:.2f}"
        table.add_row(*shape, f"{one.seconds:.2f}", f"{one.processor:.2f}", memory, written)
    Console().print(table)


if __name__ == "__main__":
    main()
