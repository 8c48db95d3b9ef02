"""`seedbed judge`: verdicts on results that exist already."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from seedbed.cli import options
from seedbed.cli.ended import conclude, terminate_as_interrupt


@click.command("judge", short_help="Compare variants on results that exist already.")
@click.argument("table")
@click.option(
    "--variant",
    multiple=True,
    metavar="COLUMN",
    help="The column that tells variants apart; repeat it where there are several.",
)
@click.option("--seed", metavar="COLUMN", help="The column of seeds, by which runs are compared in pairs.")
@click.option(
    "--metric",
    multiple=True,
    required=True,
    metavar="COLUMN",
    help="What variants are compared by; repeat it to name columns that are metrics, too.",
)
@click.option(
    "--base",
    metavar="VARIANT",
    help="What all others are compared with, by its value (of several columns: sgd, 0.1); that of the first row "
    "unless given.",
)
@options.claims
@click.option(
    "--direction", type=click.Choice(["min", "max"]), help="Whether less or more of the metric is better."
)
@click.option(
    "--scale",
    type=click.Choice(["difference", "ratio"]),
    help="Whether variants are compared by differences, as they are unless given, or by ratios.",
)
@click.option(
    "--matters", type=float, help="The smallest effect that matters: a difference or, of ratios, a factor."
)
@click.option("--fails-above", type=float, help="Above which value of the metric a run has failed.")
@click.option("--fails-below", type=float, help="Below which value of the metric a run has failed.")
@click.option(
    "--epoch", metavar="COLUMN", help="The column of epochs or steps, where a run has a row for each."
)
@click.option("--status", metavar="COLUMN", help="The column of how runs ended, such as finished or crashed.")
@click.option(
    "--long",
    nargs=2,
    metavar="NAME VALUE",
    help="Each metric has a row of its own: the columns of its name and of its value.",
)
@click.option(
    "--wide",
    is_flag=True,
    help="Each column but that of --seed is a variant, and each row holds the values of one seed; an empty cell is a "
    "run that there is not. --metric says what the values are.",
)
@click.option(
    "--pattern",
    metavar="PATTERN",
    help='What directories of TensorBoard runs tell, as in "{optimizer}/{seed}".',
)
@click.option("--name", help="What the study is called; as the table unless given.")
@options.runs_dir
@options.as_json
@options.quiet
def command(
    table: str,
    variant: tuple[str, ...],
    seed: str | None,
    metric: tuple[str, ...],
    base: str | None,
    claims: Path | None,
    direction: Literal["min", "max"] | None,
    scale: Literal["difference", "ratio"] | None,
    matters: float | None,
    fails_above: float | None,
    fails_below: float | None,
    epoch: str | None,
    status: str | None,
    long: tuple[str, str] | None,
    wide: bool,
    pattern: str | None,
    name: str | None,
    runs_dir: Path,
    as_json: bool,
    quiet: bool,
) -> int:
    """Compare the variants in TABLE, a file of results that exist already, and store them as a study like any other.

    TABLE is a CSV, TSV, JSONL, Parquet or Arrow file with a row for each run, or a directory of TensorBoard logs or an
    MLflow file store. Other columns of numbers come along as metrics; those that are the same in all runs of a variant
    as settings. A metric that is nan or infinite is that of a run that failed.

    Claims call a variant by its value (adam) or its name (optimizer = adam), and what all are compared with also base.

    \b
    Examples:
      seedbed judge results.csv --variant optimizer --seed seed --metric test_acc --base sgd
      seedbed judge results.csv --variant optimizer --variant lr --seed seed --metric loss --claims claims.toml
      seedbed judge history.parquet --variant model --seed seed --epoch epoch --metric val_acc
      seedbed judge wide.csv --wide --seed seed --metric accuracy
      seedbed judge logs --pattern "{optimizer}/{seed}" --metric val/accuracy
    """
    from seedbed.api import judge
    from seedbed.execution.progress import observer

    terminate_as_interrupt()
    with observer(quiet) as watching:
        result = judge(
            table,
            variant=variant,
            seed=seed,
            metric=metric,
            base=base,
            claims=claims or (),
            direction=direction,
            scale=scale,
            matters=matters,
            fails_above=fails_above,
            fails_below=fails_below,
            epoch=epoch,
            status=status,
            long=long,
            wide=wide,
            pattern=pattern,
            name=name,
            runs_dir=runs_dir,
            observer=watching,
        )
    return conclude(result, as_json)
