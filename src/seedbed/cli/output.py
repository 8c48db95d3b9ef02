"""How commands print: one JSON document, or tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from seedbed.results import Result

WIDE = 240  # columns where the output is no terminal and nothing need be wrapped
MARKS = {"supported": "✓", "refuted": "✗"}


def print_json(document: Any) -> None:
    """One JSON document alone on stdout."""
    from seedbed.files import to_json

    click.echo(to_json(document, indent=2))


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> None:
    """A table for people; the columns called `numbers` are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(Text(name), justify="right" if name in set(numbers) else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)


def described(settings: Mapping[str, Any]) -> str:
    """Settings in one line."""
    from seedbed.settings import described as value_described

    return ", ".join(f"{key} = {value_described(value)}" for key, value in settings.items())


def print_result(result: Result) -> None:
    """The variants of a study against base, the verdicts on its hypotheses, and the findings."""
    from seedbed.wording import sentence

    document = result.document
    head = [document["study"], document["id"], document["status"], f"{document['engine']} engine"]
    seconds = document["seconds"]["total"]
    click.echo(" · ".join(head + ([] if seconds is None else [f"{seconds:.1f} s"])))
    table = result.table
    print_table(table.header, table.rows, numbers=set(table.header) - {"variant", "verdict"})
    for judgement in result.judgements:
        click.echo(f"{MARKS.get(judgement.verdict, '?')} {judgement.verdict}: {judgement.claim}")
        click.echo(f"  {sentence(judgement)}")
    for finding in document["findings"]:
        click.echo(f"! {finding['variant']}: {finding['message']}")
