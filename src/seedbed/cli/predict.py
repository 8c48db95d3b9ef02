"""`seedbed predict`: what the trained networks of a study say about new rows."""

from __future__ import annotations

from pathlib import Path

import click

from seedbed.cli import options


@click.command("predict", short_help="Predict from new rows with a study's trained networks.")
@click.argument("study_id", metavar="ID")
@click.option(
    "--input",
    "input_file",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A table with the columns the study was trained on.",
)
@click.option("--variant", help="Which variant predicts; the best by validation unless given.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="A CSV file; stdout unless given."
)
@options.runs_dir
def command(
    study_id: str, input_file: Path, variant: str | None, output: Path | None, runs_dir: Path
) -> None:
    """Predict from the rows of a table with every seed of one variant of ID; CSV out.

    A number is given as the mean and the standard deviation over seeds; a class as the most probable one,
    with the mean probability of every class and its deviation.

    \b
    Examples:
      seedbed predict sgemm/regression --input kernels.csv
      seedbed predict 20261121-0103 --input new.csv --variant base --output predictions.csv
    """
    from seedbed.files import write_whole
    from seedbed.predict import predict, to_csv
    from seedbed.store import find

    answer = predict(find(runs_dir, study_id), input_file, variant)
    click.echo(answer.said, err=True)
    content = to_csv(answer.table)
    if output:
        write_whole(output, content)
    else:
        click.echo(content.decode(), nl=False)
