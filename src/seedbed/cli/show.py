"""`seedbed show`: the results of a study that was run."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.output import print_json, print_result, say


@click.command("show", short_help="Show the results of a study that was run.")
@click.argument("study_id", metavar="ID")
@options.runs_dir
@options.as_json
def command(study_id: str, runs_dir: Path, as_json: bool) -> None:
    """Show the results of ID: an id or its beginning, a path, or a study's name for its latest run.

    \b
    Examples:
      seedbed show trig/norm-init
      seedbed show 20261121-0103 --json
    """
    from seedbed.api import Result
    from seedbed.cli.stored import find
    from seedbed.report.state import is_current

    directory = find(runs_dir, study_id)
    result = Result.open(directory)
    if as_json:
        print_json(result.document)
        return
    print_result(result)
    if (report := directory / "report.html").exists():
        stale = "" if is_current(result, report) else f", of an earlier state; seedbed report {result.id}"
        say(f"report: {report}{stale}")
