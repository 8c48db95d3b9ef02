"""`python -m bench NAME.. [--json]`: comparisons, each contender timed in turn, several times over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from bench import gpu, machine
from bench.ablation import Ablation, ablation
from bench.cluster import Place, cluster
from bench.functions import Costs, functions
from bench.judge import Judged, judge
from bench.memory import Peak, peaks
from bench.sizes import Size, sizes
from bench.suite import COMPARISONS, Result
from bench.wide import Growth, grow
from seedbed.engines.torch_engine import cuda_is_missing

BENCHMARKS: dict[str, Callable[[int], Any]] = {
    **COMPARISONS,
    "ablation": ablation,
    "wide": grow,
    "sizes": sizes,
    "memory": peaks,
    "judge": judge,
    "functions": functions,
    "cluster": cluster,
    **gpu.COMPARISONS,
}
SAME = {True: "yes", False: "NO", None: "own batches"}


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice([*BENCHMARKS, "all"]))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--repeats", default=5, show_default=True, help="How often each contender is timed.")
def main(names: tuple[str, ...], as_json: bool, repeats: int) -> None:
    """Time Seedbed beside its peers on identical work."""
    results, missing = {}, cuda_is_missing()
    if missing and not gpu.COMPARISONS.keys().isdisjoint(names):
        raise click.UsageError(f"{' and '.join(gpu.COMPARISONS)} need a CUDA device: {missing}")
    everything = [name for name in BENCHMARKS if not (missing and name in gpu.COMPARISONS)]
    for name in everything if "all" in names else names:
        results[name] = BENCHMARKS[name](repeats)
        if not as_json:
            PRINTERS[type(results[name])](results[name], Console())
    if as_json:
        print(json.dumps({"machine": machine.description(), "results": results}, default=asdict))


def _print_comparison(result: Result, console: Console) -> None:
    table = Table(title=result.title)
    columns = ("µs a step", "spread", "steps a second", "times as long", "spread", "compile s", "same losses")
    table.add_column("contender")
    for column in columns:
        table.add_column(column, justify="right")
    for row in result.rows:
        table.add_row(
            row.name,
            f"{row.microseconds:.1f}",
            f"{row.low:.1f} to {row.high:.1f}",
            f"{row.steps_per_second:,.0f}",
            f"{row.ratio:.2f}",
            f"{row.ratio_low:.2f} to {row.ratio_high:.2f}",
            f"{row.preparation:.1f}" if row.preparation else "",
            SAME[row.same_losses],
        )
    console.print(table)
    if result.share:
        console.print(f"{result.rows[0].name}: {result.share:.0%} of {result.share_of}.")


def _print_ablation(result: Ablation, console: Console) -> None:
    console.print(
        f"{result.study}, {result.runs} runs of {result.steps:,} steps in all: {result.seconds:.1f} s from command to "
        f"report. Their training alone, in PyTorch and extrapolated from a sample: {result.torch_seconds:.0f} s, "
        f"{result.ratio:.0f} times as long."
    )


def _print_growth(result: Growth, console: Console) -> None:
    table = Table(title=f"growing {result.what}: 8-width-width-1 networks")
    for column in ("runs", "width", "batch", "µs a step and run", "share of peak"):
        table.add_column(column, justify="right")
    for p in result.points:
        table.add_row(
            f"{p.runs:,}", f"{p.width:,}", f"{p.batch:,}", f"{p.microseconds:,.1f}", f"{p.share:.0%}"
        )
    console.print(table)


def _print_sizes(results: list[Size], console: Console) -> None:
    table = Table(title="studies of many runs")
    for column in (
        "variants",
        "seeds",
        "groups",
        "command",
        "seconds",
        "processor s",
        "peak MB",
        "report MB",
    ):
        table.add_column(column, justify="left" if column == "command" else "right")
    for one in results:
        shape = (f"{one.variants:,}", f"{one.seeds}", f"{one.groups}", one.command)
        report = f"{one.report / 1e6:.1f}" if one.report else ""
        table.add_row(
            *shape, f"{one.seconds:.1f}", f"{one.processor:.1f}", f"{one.memory / 1e6:,.0f}", report
        )
    console.print(table)


def _print_peaks(results: list[Peak], console: Console) -> None:
    table = Table(title="memory at the peak, beyond what the libraries take")
    for column in ("runs", "engine", "planned", "measured", "planned more by"):
        table.add_column(column, justify="left" if column in ("runs", "engine") else "right")
    for result in results:
        table.add_row(*result.row)
    console.print(table)


def _print_costs(result: Costs, console: Console) -> None:
    table = Table(title="functions: what a run costs beside the function")
    for column in ("runs", "ms of the function", "s of the command", "ms beside it, per run"):
        table.add_column(column, justify="right")
    for one in result.rows:
        table.add_row(
            f"{one.runs:,}", f"{one.own * 1e3:.0f}", f"{one.command:.1f}", f"{one.overhead * 1e3:.1f}"
        )
    console.print(table)


def _print_judged(results: list[Judged], console: Console) -> None:
    table = Table(title="a table of 100,000 runs, judged")
    for column in ("variants", "seeds", "to verdicts, s", "of the processor", "to report, s"):
        table.add_column(column, justify="right")
    for one in results:
        times = (f"{seconds:.1f}" for seconds in (one.verdicts, one.processor, one.seconds))
        table.add_row(f"{one.variants:,}", f"{one.seeds:,}", *times)
    console.print(table)


def _print_places(results: list[Place], console: Console) -> None:
    table = Table(title="population, 256 runs of 1,000 epochs")
    for column in ("computed by", "runs a second", "of one process", "shards", "overhead", "first event, s"):
        table.add_column(column, justify="left" if column == "computed by" else "right")
    for one in results:
        ratio = f"{one.ratio:.2f} [{one.low:.2f}, {one.high:.2f}]"
        first = f"{one.first:.1f}" if one.first else ""
        table.add_row(
            one.name, f"{one.throughput:.2f}", ratio, f"{one.shards:.0f}", f"{one.overhead:.1%}", first
        )
    console.print(table)


OF_LISTS: dict[type, Callable[[Any, Console], None]] = {
    Size: _print_sizes,
    Peak: _print_peaks,
    Judged: _print_judged,
    Place: _print_places,
}


def _print_list(results: list[Any], console: Console) -> None:
    if print_all := OF_LISTS.get(type(results[0])):
        print_all(results, console)
        return
    for result in results:
        PRINTERS[type(result)](result, console)


PRINTERS: dict[type, Callable[[Any, Console], None]] = {
    Result: _print_comparison,
    Ablation: _print_ablation,
    Costs: _print_costs,
    Growth: _print_growth,
    list: _print_list,
}

if __name__ == "__main__":
    main()
