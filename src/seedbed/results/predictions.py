"""Predictions for new rows, their scores, and notes on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seedbed.text import counted

if TYPE_CHECKING:
    import pyarrow as pa

    from seedbed.results.networks import Networks


@dataclass(frozen=True)
class Scores:
    """Metrics of predictions on the rows that carry a target.

    Attributes
    ----------
    rows
        How many there are.
    ensemble
        Metric -> its value for the mean over seeds of numbers or of probabilities.
    seeds
        Seed -> metric -> its value for that network alone.
    """

    rows: int
    ensemble: dict[str, float]
    seeds: dict[int, dict[str, float]]


@dataclass(frozen=True, repr=False)
class Predictions:
    """Predictions, one row per new row.

    Attributes
    ----------
    table
        The columns that are not features (of images "file"), as given; then for numbers "mean" and "spread"
        (standard deviation over seeds, null for a single one); for classes "class", then "probability:CLASS"
        and "spread:CLASS" of each. Where a given column has such a name, the prediction's begins with "predicted:".
    networks
        Those that predicted.
    study, id
        Of the study they are from.
    scores
        None where no row has a target; `unscored` then gives the reason.
    columns
        Prediction -> the column of `table` that holds it: {"mean": "mean", "spread": "predicted:spread"}.
    outside
        How many rows `data.where` would have kept out of training; None where that is not known.
    """

    table: pa.Table
    networks: Networks
    study: str
    id: str
    scores: Scores | None = None
    unscored: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    outside: int | None = 0

    @property
    def target(self) -> str | None:
        """What is predicted: a column or an expression of columns; None for images and arrays."""
        return self.networks.trained.recipe["data"].get("target")

    @property
    def variant(self) -> str:
        """The variant that predicted."""
        return self.networks.trained.variant

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the networks that predicted."""
        return self.networks.seeds

    @property
    def left_out(self) -> tuple[int, ...]:
        """The seeds whose networks did not predict, since their runs diverged or were interrupted."""
        return self.networks.left_out

    @property
    def summary(self) -> str:
        """Which networks predicted, and how many rows were scored, in one line."""
        if self.scores is None:
            return f"{self.networks.summary}; not scored: {self.unscored}"
        return f"{self.networks.summary}; scored on {self.scores.rows:,} of {counted(self.table.num_rows, 'row')}"

    @property
    def notes(self) -> list[str]:
        """What columns hold where their names do not say it, and how many rows are unlike those of training."""
        notes = []
        if self.target and not self.target.isidentifier():  # a name with blanks in it, or an expression
            notes.append(f"{next(iter(self.columns.values()))} is of {self.target}")
        taken = {name: column for name, column in self.columns.items() if name != column}
        if taken:
            kept, own = (", ".join(map(repr, names)) for names in (taken, taken.values()))
            notes.append(f"{kept} came with the rows and stays; predictions of such names are in {own}")
        where = self.networks.trained.recipe["data"].get("where")
        if self.outside is None:
            notes.append(
                f"data.where = {where!r} chose the rows of training; whether it holds for these rows is not known"
            )
        elif self.outside:
            rows = f"{self.outside:,} of {counted(self.table.num_rows, 'row')}"
            notes.append(f"data.where = {where!r} would have left out {rows} of training; all are predicted")
        return notes

    @property
    def document(self) -> dict[str, Any]:
        """What `predict --json` prints."""
        scores = self.scores and {
            "rows": self.scores.rows,
            "ensemble": self.scores.ensemble,
            "seeds": [{"seed": seed, **values} for seed, values in self.scores.seeds.items()],
        }
        return {
            "study": self.study,
            "id": self.id,
            "variant": self.variant,
            "seeds": self.seeds,
            "left_out": self.left_out,
            "target": self.target,
            "columns": self.columns,
            "rows": self.table.num_rows,
            "rows_outside_where": self.outside,
            "scores": scores,
            "unscored": self.unscored or None,
            "predictions": self.table.to_pylist(),
        }

    def __repr__(self) -> str:
        return f"<predictions for {counted(self.table.num_rows, 'row')}: {self.summary}>"
