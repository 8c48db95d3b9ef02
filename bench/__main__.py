"""`python -m bench NAME [--json]`: one comparison, each contender timed in turn, several times over."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from bench import machine
from bench.suite import COMPARISONS, Result


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice([*COMPARISONS, "all"]))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("--repeats", default=5, show_default=True, help="How often each contender is timed.")
def main(names: tuple[str, ...], as_json: bool, repeats: int) -> None:
    """Time Seedbed beside its peers on identical work."""
    chosen = list(COMPARISONS) if "all" in names else names
    results = {}
    for name in chosen:
        results[name] = result = COMPARISONS[name](repeats)
        if not as_json:
            _print(result)
    if as_json:
        print(
            json.dumps(
                {"machine": machine.description(), "results": {n: _document(r) for n, r in results.items()}}
            )
        )


def _document(result: Result) -> dict[str, object]:
    rows = [row.as_dict() for row in result.rows]
    return {"title": result.title, "share": result.share, "share_of": result.share_of, "rows": rows}


def _print(result: Result) -> None:
    table = Table(title=result.title)
    for column in (
        "contender",
        "µs a step",
        "spread",
        "steps a second",
        "times as long",
        "spread",
        "compile s",
        "same losses",
    ):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for row in result.rows:
        table.add_row(
            row.name,
            f"{row.microseconds:.1f}",
            f"{row.low:.1f} to {row.high:.1f}",
            f"{row.steps_per_second:,.0f}",
            f"{row.ratio:.2f}",
            f"{row.ratio_low:.2f} to {row.ratio_high:.2f}",
            f"{row.preparation:.1f}" if row.preparation else "",
            {True: "yes", False: "NO", None: "own batches"}[row.same_losses],
        )
    console = Console()
    console.print(table)
    console.print(f"{result.rows[0].name} reached {result.share:.0%} of {result.share_of}.")


if __name__ == "__main__":
    main()
