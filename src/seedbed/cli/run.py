"""`seedbed run`: train every variant of a study under every seed, store all of it and report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

import click

from seedbed.cli import options
from seedbed.cli.ended import conclude, terminate_as_interrupt
from seedbed.cli.stored import find
from seedbed.cli.trust import asking


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
@click.option(
    "--add-seeds",
    type=click.IntRange(min=1),
    metavar="N",
    help="Add N seeds to a stored study, whose id stands for STUDY; as `seedbed resume ID --seeds`.",
)
@options.on("local")
@options.trust
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
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
    add_seeds: int | None,
    on: str,
    trust: bool,
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
      seedbed run --add-seeds 10 trig/norm-init
      seedbed run mnist/mlp --on ray://cluster:10001
    """
    from seedbed.analysis.looks import AT_MOST
    from seedbed.api import Result, Study, resume, run
    from seedbed.execution.progress import observer

    _check(until, at_most, budget, seeds, add_seeds)
    terminate_as_interrupt()
    with observer(quiet) as watching:
        if add_seeds:
            stored = Result.open(find(runs_dir, study))
            more = len(stored.seeds) + add_seeds
            work = partial(resume, stored.directory, more, data_dir=data_dir, observer=watching, trust=trust)
        else:
            work = partial(
                run,
                Study.load(study).override(settings, vary, seeds, quick),
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
                on=on,
                trust=trust,
            )
        result = asking(work)
    return conclude(result, as_json)


def _check(
    until: str | None, at_most: int | None, budget: float | None, seeds: int | None, add_seeds: int | None
) -> None:
    """Refuse options that do not go together."""
    if add_seeds:
        context = click.get_current_context()
        allowed = {"study", "add_seeds", "trust", "data_dir", "runs_dir", "as_json", "quiet"}
        for option in context.command.params:
            given = context.get_parameter_source(option.name or "")
            if option.name not in allowed and given is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(
                    f"--add-seeds goes on with a study as it was begun; leave {option.opts[0]} out"
                )
    if until and seeds is not None:
        raise click.UsageError("--until decided chooses the seeds itself; use --at-most instead of --seeds")
    if not until and (at_most is not None or budget is not None):
        raise click.UsageError("--at-most and --budget need --until decided")
