"""`seedbed labs`: the studies that come with Seedbed."""

from __future__ import annotations

import click

from seedbed.cli import options
from seedbed.cli.output import print_json, print_table


@click.command("labs", short_help="List the studies that come with Seedbed.")
@options.as_json
def command(as_json: bool) -> None:
    """List the studies that come with Seedbed, and the data they need.

    \b
    Examples:
      seedbed labs
      seedbed run trig/norm-init
    """
    from seedbed import labs

    found = labs.describe()
    if as_json:
        print_json(found)
        return
    rows = [(lab["name"], lab["description"], ", ".join(lab["needs"]) or "nothing") for lab in found]
    print_table(("lab", "what it asks", "data it needs"), rows)
