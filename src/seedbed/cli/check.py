"""`seedbed check`: validate a study and say what running it would do."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options
from seedbed.cli.output import described, print_json, print_table
from seedbed.text import counted


@click.command("check", short_help="Validate a study and print its plan.")
@options.study
@options.data_dir
@options.as_json
def command(
    study: str,
    seeds: int | None,
    settings: dict[str, str],
    vary: dict[str, str],
    quick: bool,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Validate STUDY (a file or a lab), report all problems at once, and print what running it would do.

    \b
    Examples:
      seedbed check my-study.toml
      seedbed check trig/shape --vary model.activation=tanh,gelu --seeds 30
    """
    from seedbed.analysis.data_facts import baseline_in_words, in_words
    from seedbed.api import Study
    from seedbed.plan.plan import plan

    planned = plan(Study.load(study).override(settings, vary, seeds, quick), data_dir)
    document = planned.document()
    if as_json:
        print_json(document)
        return
    rows = [
        (one["name"], described(one["settings"]), _amount(one["parameters"]), _amount(one["steps"]))
        for one in document["variants"]
    ]
    numbers = ("parameters", "steps per run")
    print_table(("variant", "settings", *numbers), rows, numbers)
    runs = (
        f"{counted(len(rows), 'variant')} x {counted(document['seeds'], 'seed')} = {document['runs']:,} runs"
    )
    groups = counted(document["groups"], "group")
    steps = "" if document["steps"] is None else f", {document['steps']:,} steps in all"
    click.echo(f"{document['study']}: {runs} in {groups}{steps}")
    for line in in_words(planned.facts):
        click.echo(line)
    better = "less" if document["direction"] == "min" else "more"
    click.echo(f"variants are compared by {document['metric']} ({better} is better)")
    if baseline := baseline_in_words(planned.facts, [document["metric"]]):
        click.echo(baseline)
    for note in planned.facts.get("notes", []):
        click.echo(f"! {note}")
    for line in planned.study.beforehand:
        click.echo(line)


def _amount(number: int | None) -> str:
    """A number, or a dash where the trainable cannot say it."""
    from seedbed.analysis.wording import ABSENT

    return ABSENT if number is None else f"{number:,}"
