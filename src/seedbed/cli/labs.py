"""`seedbed labs`: the studies that come with Seedbed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import options
from seedbed.cli.output import print_json, print_table

if TYPE_CHECKING:
    from seedbed.study.variants import Variant


@click.command("labs", short_help="List the studies that come with Seedbed.")
@options.as_json
def command(as_json: bool) -> None:
    """List the studies that come with Seedbed, and the data they need.

    \b
    Examples:
      seedbed labs
      seedbed run trig/norm-init
    """
    labs = describe()
    if as_json:
        print_json(labs)
        return
    rows = [(lab["name"], lab["description"], ", ".join(lab["needs"]) or "nothing") for lab in labs]
    print_table(("lab", "what it asks", "data it needs"), rows)


def describe() -> list[dict[str, Any]]:
    """Name, description and needed datasets of every lab: what `labs --json` prints."""
    from seedbed.api import load
    from seedbed.study.labs import names

    studies = [load(name) for name in names()]
    return [
        {"name": study.name, "description": study.description, "needs": _needs(study.variants)}
        for study in studies
    ]


def _needs(variants: Iterable[Variant]) -> list[str]:
    from seedbed.data.sources import source

    names = dict.fromkeys(variant.configuration.data.source for variant in variants)
    return [dataset.name for name in names if (dataset := source(name).dataset)]
