"""`python -m bench.scale`: what a million runs take on one to ten thousand nodes, as docs/scale.md says."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.scale import against, measuring, sweep
from bench.scale.costs import BEFORE, MEASURED

FIGURE = Path(__file__).parents[2] / "docs" / "images" / "scale.png"


@click.command()
@click.option("--measure", is_flag=True, help="Measure here what is simulated with, instead.")
@click.option("--check", is_flag=True, help="Hold the simulation against workers that sleep, instead.")
@click.option("--repeats", default=50, show_default=True, help="How often small things are measured.")
def main(measure: bool, check: bool, repeats: int) -> None:
    """Simulate, print the share of their time that workers train, and draw it."""
    if measure:
        _print("what the process that runs a study takes, ms", measuring.rows(repeats))
    elif check:
        _print("studies of workers that sleep", against.rows())
    else:
        before, after = sweep.sweep(BEFORE), sweep.sweep(MEASURED)
        _print("time that workers train, before", sweep.rows(before))
        _print("time that workers train", sweep.rows(after))
        sweep.draw(before, after, FIGURE)


def _print(title: str, rows: object) -> None:
    table = Table(title=title)
    heads, *others = rows  # type: ignore[misc]
    for index, head in enumerate(heads):
        table.add_column(head, justify="right" if index else "left")
    for row in others:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
