"""`seedbed resume`: go on with a study that was interrupted, or add seeds to one."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.ended import conclude, terminate_as_interrupt
from seedbed.cli.output import say
from seedbed.cli.stored import find
from seedbed.cli.trust import asking


@click.command("resume", short_help="Go on with a study that was interrupted, or add seeds.")
@click.argument("study_id", metavar="ID")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    help="How many seeds per variant it is to have; nothing is trained again.",
)
@options.on(None)
@options.trust
@options.data_dir
@options.runs_dir
@options.as_json
@options.quiet
def command(
    study_id: str,
    seeds: int | None,
    on: str | None,
    trust: bool,
    data_dir: Path | None,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Go on with the study ID (its id, the beginning of that, its path, or a study's name for the latest).

    What was finished is kept, what was being trained goes on from its last checkpoint, and the results are those of a
    study that nobody interrupted. --seeds adds seeds to a study, also to one that is complete.

    \b
    Examples:
      seedbed resume trig/norm-init
      seedbed resume 20261122-013000 --seeds 30
    """
    from seedbed.api import resume
    from seedbed.execution.progress import observer
    from seedbed.store.reader import status

    terminate_as_interrupt()
    directory = find(runs_dir, study_id)
    if seeds is None and status(directory) == "complete":
        say(f"{directory.name} is complete; --seeds adds seeds, seedbed show shows it", err=True)
        return 0
    with observer(quiet) as watching:
        work = partial(resume, directory, seeds, data_dir=data_dir, observer=watching, on=on, trust=trust)
        result = asking(work)
    return conclude(result, as_json)
