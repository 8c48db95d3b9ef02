"""`seedbed predict`: predictions of a study's trained networks for new rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import options
from seedbed.cli.output import print_bytes, say
from seedbed.cli.trust import asking

if TYPE_CHECKING:
    from seedbed.results.predictions import Scores

MOST_SEEDS_LISTED = 6
MOST_ROWS_AS_JSON = 100_000  # of which a document is made whole, in memory


@click.command("predict", short_help="Predict from new rows with a study's trained networks.")
@click.argument("study_id", metavar="ID")
@click.option(
    "--input",
    "input_file",
    required=True,
    type=click.Path(path_type=Path, exists=True),
    help="A table with the columns the study was trained on, a .npz file, or a folder of images.",
)
@click.option("--variant", help="Which variant predicts; the best by validation unless given.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file for what is printed; stdout unless given.",
)
@options.trust
@options.runs_dir
@options.as_json
def command(
    study_id: str,
    input_file: Path,
    variant: str | None,
    output: Path | None,
    trust: bool,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Predict from new rows with every seed of one variant of ID; CSV out.

    A number is given as the mean and the standard deviation over seeds; a class as the most probable one,
    with the mean probability of every class and its deviation. Columns that are not features, such as an id,
    are kept; where one has the name of a prediction, such as class, the prediction is called predicted:class.
    Where the rows have the target, every metric is given for each seed and for the mean over seeds.

    \b
    Examples:
      seedbed predict sgemm/regression --input kernels.csv
      seedbed predict 20261121-0103 --input new.csv --variant base --output predictions.csv
      seedbed predict my/photos --input new-photos/ --json
    """
    from seedbed.cli.stored import find
    from seedbed.files import replace, temporary, to_json
    from seedbed.results.predict import predict, to_csv

    directory = find(runs_dir, study_id)
    predictions = asking(partial(predict, directory, input_file, variant, trust=trust))
    for line in (predictions.summary, *predictions.notes):
        say(line, err=True)
    if predictions.scores and not as_json:
        for line in _lines(predictions.scores):
            say(line, err=True)
    if as_json and len(predictions.table) > MOST_ROWS_AS_JSON:
        raise click.UsageError(
            f"--json takes at most {MOST_ROWS_AS_JSON:,} rows, got {len(predictions.table):,}; leave it out: "
            "a CSV, best with --output FILE, may have any number"
        )
    pieces = (
        iter([(to_json(predictions.document, indent=2) + "\n").encode()])
        if as_json
        else to_csv(predictions.table)
    )
    if output:
        with temporary(output) as file:
            file.writelines(pieces)
        replace(output)
    else:
        for piece in pieces:
            print_bytes(piece)


def _lines(scores: Scores) -> list[str]:
    """One line per metric: the ensemble, then every seed or, of many, their median, lowest and highest."""
    from math import isnan, nan
    from statistics import median

    from seedbed.analysis.wording import number

    listed = len(scores.seeds) <= MOST_SEEDS_LISTED
    header = [f"seed {seed}" for seed in scores.seeds] if listed else ["median seed", "lowest", "highest"]
    lines = [["metric", "ensemble", *header]]
    for metric, value in scores.ensemble.items():
        values = [of_seed[metric] for of_seed in scores.seeds.values()]
        defined = [one for one in values if not isnan(one)] or [nan]
        shown = values if listed else [median(defined), min(defined), max(defined)]
        lines.append([metric, *map(number, [value, *shown])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in lines
    ]
