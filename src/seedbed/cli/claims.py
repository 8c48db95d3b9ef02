"""`seedbed claims`: write a page on the claims of stored studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import options
from seedbed.cli.output import say, say_all

if TYPE_CHECKING:
    from seedbed.study.hypotheses import Hypothesis


@click.command("claims", short_help="Write a page on the claims of stored studies.")
@click.argument("studies", nargs=-1, metavar="[STUDY]...")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; printed unless given.",
)
@options.runs_dir
def command(studies: tuple[str, ...], output: Path | None, runs_dir: Path) -> None:
    """Write, as Markdown, the verdicts on all claims of the latest run of every STUDY; of all labs unless any is named.

    \b
    Examples:
      seedbed claims --output claims.md
      seedbed claims trig/norm-init my/first-study
    """
    from seedbed.api import Result, Study
    from seedbed.files import write_whole
    from seedbed.results.claims_page import page
    from seedbed.store.reader import find
    from seedbed.store.schema import StoreError
    from seedbed.study.labs import names

    results: dict[str, Result] = {}
    waiting: dict[str, Sequence[Hypothesis]] = {}
    for name in studies or names():
        try:
            result = Result.open(find(runs_dir, name))
        except StoreError:
            if studies:
                raise
            result = None
        if result and (studies or result.status == "complete"):
            results[name] = result
        else:
            waiting[name] = Study.load(name).hypotheses
    text = page(results, waiting, " ".join(["seedbed claims", *studies]))
    if output is None:
        say_all(text)
        return
    write_whole(output, text.encode())
    say(output)
