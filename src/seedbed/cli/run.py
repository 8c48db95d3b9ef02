"""`seedbed run`: train every variant of a study under every seed, store all of it and report."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Literal

import click

from seedbed.cli import options
from seedbed.cli.errors import INTERRUPTED, RUNS_FAILED
from seedbed.cli.output import print_json, print_result, say


@click.command("run", short_help="Run a study, or a lab, and report.")
@options.study
@click.option(
    "--engine",
    type=click.Choice(["auto", "numpy", "torch", "fused"]),
    default="auto",
    show_default=True,
    help="The compute backend.",
)
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where the torch engine computes.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "tf32", "bf16"]),
    default="float32",
    show_default=True,
    help="Precision in which the torch engine multiplies.",
)
@click.option(
    "--cuda-graphs",
    is_flag=True,
    help="Record training steps as CUDA graphs and replay them; makes small networks faster.",
)
@click.option(
    "--until",
    type=click.Choice(["decided"]),
    help="Add seeds in rounds, to the variants of undecided claims, until every claim is decided (without claims: "
    "every comparison with base).",
)
@click.option(
    "--at-most", type=click.IntRange(min=1), help="With --until: the most seeds per variant.  [default: 60]"
)
@click.option(
    "--budget",
    metavar="TIME",
    callback=options.seconds,
    help="With --until: begin no round that would not end in time; as 90s, 10m or 1.5h.",
)
@options.data_dir
@options.runs_dir
@options.as_json
@click.option("--quiet", is_flag=True, help="Show no progress.")
def command(
    study: str,
    seeds: int | None,
    settings: dict[str, str],
    vary: dict[str, str],
    quick: bool,
    engine: str,
    device: str,
    precision: str,
    cuda_graphs: bool,
    until: Literal["decided"] | None,
    at_most: int | None,
    budget: float | None,
    data_dir: Path | None,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run STUDY (a file or a lab): every variant under every seed, all stored, with a table and a report.

    \b
    Examples:
      seedbed run trig/norm-init
      seedbed run trig/norm-init --seeds 30
      seedbed run trig/norm-init --until decided --at-most 30
      seedbed run mnist/cnn --quick
      seedbed run my-study.toml --set training.epochs=50 --vary training.lr=0.1,0.01
      seedbed run sgemm/regression --json > result.json
    """
    from seedbed.analysis.looks import AT_MOST
    from seedbed.api import Study, run
    from seedbed.execution.progress import observer

    _check(until, at_most, budget, seeds)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a batch system's stop is an interrupt, too
    chosen = Study.load(study).override(settings, vary, seeds, quick)
    with observer(quiet) as watching:
        result = run(
            chosen,
            engine=engine,
            device=device,
            precision=precision,
            cuda_graphs=cuda_graphs,
            data_dir=data_dir,
            runs_dir=runs_dir,
            observer=watching,
            until=until,
            at_most=at_most or AT_MOST,
            budget=budget,
        )
    interrupted = result.status == "interrupted"
    try:
        if as_json:
            print_json(result.document)
        else:
            print_result(result)
    finally:  # also where nobody reads what is printed, or the disk it goes to is full
        report = None if interrupted else result.report()
    if interrupted:
        say(f"interrupted; what was done is kept: seedbed report {result.directory}", err=True)
        return INTERRUPTED
    say(f"report: {report}", err=as_json)
    return RUNS_FAILED if result.diverged else 0


def _check(until: str | None, at_most: int | None, budget: float | None, seeds: int | None) -> None:
    """Refuse options that do not go together."""
    if until and seeds is not None:
        raise click.UsageError("--until decided chooses the seeds itself; use --at-most instead of --seeds")
    if not until and (at_most is not None or budget is not None):
        raise click.UsageError("--at-most and --budget need --until decided")
