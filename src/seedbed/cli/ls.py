"""`seedbed ls`: the studies that were run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from seedbed.cli import options
from seedbed.cli.output import print_json, print_table, say


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
    from seedbed.store.reader import listing

    studies = listing(runs_dir)
    if as_json:
        print_json(studies)
    elif studies:
        names = ("id", "study", "status", "runs", "created")
        rows = [row | {"runs": _runs(row)} for row in studies]
        print_table(names, [tuple(str(row[name]) for name in names) for row in rows])
        if any(row["status"] in ("interrupted", "failed") for row in studies):
            say("seedbed resume ID goes on with a study that was interrupted or failed", err=True)
    else:
        say(f"no studies in {runs_dir} yet; seedbed run makes one", err=True)


def _runs(row: Mapping[str, Any]) -> str:
    """How many runs, and of a study that did not end or end well how many are stored."""
    if row["runs"] is None or row["stored"] == row["runs"]:
        return str(row["runs"] or "")
    return f"{row['stored']} of {row['runs']}"
