"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Any], Any]

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")

quiet = click.option("--quiet", is_flag=True, help="Show no progress.")

runs_dir = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SEEDBED_RUNS",
    default="runs",
    help="Directory of stored studies; by default $SEEDBED_RUNS or ./runs.",
)


def _where(context: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """A word for an executor that means something."""
    from seedbed.execution.executors.choice import check_on

    try:
        return text and check_on(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def on(default: str | None) -> Decorator:
    """--on: where shards are computed."""
    return click.option(
        "--on",
        metavar="WHERE",
        default=default,
        show_default=default is not None,
        callback=_where,
        help="Where runs are computed: local, processes (one for each core), ray (a cluster of its own on this "
        "machine) or ray://HOST:PORT.",
    )


trust = click.option(
    "--trust",
    is_flag=True,
    help="Allow the code that the study names to run; remembered until the study or its code changes.",
)

claims = click.option(
    "--claims",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file of [[hypothesis]] tables, as a study has them, which may have a table [study], too.",
)

data_dir = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=None,
    help="Directory of datasets; by default $SEEDBED_DATA or the user's cache.",
)


def study(command: Any) -> Any:
    """The study and how it is changed before it is used: STUDY, --seeds, --set, --vary, --quick."""
    changes: list[Decorator] = [
        click.argument("study"),
        click.option(
            "--seeds",
            type=click.IntRange(min=1),
            help="Number of seeds per variant; `seedbed check` says how many verdicts need.",
        ),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            callback=_pairs,
            help="Change a setting; `seedbed reference` explains them all.",
        ),
        click.option(
            "--vary",
            multiple=True,
            metavar="KEY=A,B",
            callback=_pairs,
            help="Add variants with other values of a setting.",
        ),
        click.option(
            "--quick",
            is_flag=True,
            help="Use the small settings of the study's table [quick], for a first look.",
        ),
    ]
    for change in reversed(changes):
        command = change(command)
    return command


def _pairs(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key.strip() and equals and value.strip()):
            raise click.BadParameter(f"{text!r} is not KEY=VALUE, as in training.lr=0.01")
        pairs[key.strip()] = value.strip()
    return pairs


def seconds(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """A time such as 90s, 10m or 1.5h in seconds."""
    if text is None:
        return None
    parts = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if not parts or not float(parts[1]):
        raise click.BadParameter(f"expected a time such as 90s, 10m or 1.5h, got {text!r}")
    return float(parts[1]) * {"s": 1, "m": 60, "h": 3600}[parts[2]]
