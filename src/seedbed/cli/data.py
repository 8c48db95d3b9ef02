"""`seedbed data`: the public datasets that labs need."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.output import print_json, print_table, say


@click.group("data", short_help="List, fetch or find public datasets.", no_args_is_help=True)
def command() -> None:
    """List, fetch or find the public datasets that labs need.

    \b
    Examples:
      seedbed data ls
      seedbed data fetch mnist
      seedbed data path sgemm --data-dir ~/data
    """


@command.command("ls")
@options.data_dir
@options.as_json
def ls(data_dir: Path | None, as_json: bool) -> None:
    """List the datasets and where they are."""
    from seedbed.data.datasets import listed

    datasets = listed(data_dir)
    if as_json:
        print_json(datasets)
        return
    rows = [
        (row["name"], f"{row['bytes'] / 1e6:.1f} MB", row["path"] or "not here", row["licence"])
        for row in datasets
    ]
    print_table(("dataset", "size", "where", "licence"), rows, numbers=("size",))


@command.command("fetch")
@click.argument("name")
@options.data_dir
def fetch(name: str, data_dir: Path | None) -> None:
    """Download the dataset NAME, check it against its checksum, and print where it is."""
    from seedbed.data.datasets import dataset

    say(dataset(name).fetch(data_dir, say=lambda line: say(line, err=True)))


@command.command("path")
@click.argument("name")
@options.data_dir
def path(name: str, data_dir: Path | None) -> None:
    """Print the directory that holds the dataset NAME."""
    from seedbed.data.datasets import dataset

    say(dataset(name).locate(data_dir))
