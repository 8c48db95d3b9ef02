"""`seedbed compare`: stored studies side by side."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.ended import conclude, terminate_as_interrupt


@click.command("compare", short_help="Compare the variants of several stored studies.")
@click.argument("study_ids", metavar="ID ID...", nargs=-1, required=True)
@click.option("--metric", help="What variants are compared by; that of the studies where they have the same.")
@click.option(
    "--base",
    metavar='"STUDY: VARIANT"',
    help="What all others are compared with, by its name alone where no other study has one of that name; the base of "
    "the first study unless given.",
)
@options.claims
@click.option("--name", help="What the comparison is called.  [default: comparison]")
@options.runs_dir
@options.as_json
@options.quiet
def command(
    study_ids: tuple[str, ...],
    metric: str | None,
    base: str | None,
    claims: Path | None,
    name: str | None,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Put the variants of several stored studies into one table and report, stored as a study of its own.

    An ID is that of a study, its beginning, a path, or a study's name for its latest run. A variant keeps its name
    where no other study has one of that name, and is called "STUDY: VARIANT" where one has. The metrics that all of
    them have come along.

    Runs are compared in pairs where the studies have the same data, split and seeds; else as independent ones, and the
    result says why. Of a study that has not ended the finished runs are taken. Curves and networks stay with their
    studies.

    \b
    Examples:
      seedbed compare my/relu my/gelu
      seedbed compare 20261121-0103 20261122-0900 --metric test.mse
      seedbed compare my/mlp my/trees --base "my/mlp: base" --claims claims.toml --name my/models
    """
    from seedbed.api import compare
    from seedbed.cli.stored import find
    from seedbed.execution.progress import observer

    terminate_as_interrupt()
    directories = [find(runs_dir, one) for one in study_ids]
    with observer(quiet) as watching:
        result = compare(
            *directories,
            metric=metric,
            base=base,
            claims=claims or (),
            name=name,
            runs_dir=runs_dir,
            observer=watching,
        )
    return conclude(result, as_json)
