"""`seedbed ls`: the studies that were run."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.output import print_json, print_table


@click.command("ls", short_help="List the studies that were run.")
@options.runs_dir
@options.as_json
def command(runs_dir: Path, as_json: bool) -> None:
    """List the studies that were run, oldest first.

    \b
    Examples:
      seedbed ls
      seedbed ls --json | jq '.[-1].id'
    """
    from seedbed.store import listing

    found = listing(runs_dir)
    if as_json:
        print_json(found)
    elif found:
        names = ("id", "study", "status", "runs", "created")
        print_table(
            names, [tuple("" if row[name] is None else str(row[name]) for name in names) for row in found]
        )
    else:
        click.echo(f"no studies in {runs_dir} yet; seedbed run makes one", err=True)
