"""`seedbed report`: write the report of a study again."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.output import say


@click.command("report", short_help="Write the report of a study again.")
@click.argument("study_id", metavar="ID")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; by default report.html in the directory of the study.",
)
@options.runs_dir
def command(study_id: str, output: Path | None, runs_dir: Path) -> None:
    """Write the report of ID (an id or its beginning, a path, or a study's name) and print where it is.

    \b
    Examples:
      seedbed report trig/norm-init
      seedbed report trig/norm-init --output norm-init.html
    """
    from seedbed.api import Result
    from seedbed.cli.stored import find
    from seedbed.store.schema import StoreError

    directory = find(runs_dir, study_id)
    try:
        written = Result.open(directory).report(output)
    except (OSError, StoreError) as error:
        path, told = output or directory / "report.html", str(error)
        if isinstance(error, OSError):  # such as a directory that can only be read
            what = f"{error.filename or path}: {error.strerror or error}"
            told = f"cannot write {what}; name a file to write with --output"
        raise StoreError(f"{told}; {path} is that of before" if path.exists() else told) from error
    say(written)
