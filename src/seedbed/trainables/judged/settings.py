"""The table [results] of a study: where results lie, and which of their columns say what."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from seedbed.values import FrozenModel


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[
    tuple[str, ...], BeforeValidator(_one_or_several, json_schema_input_type=str | tuple[str, ...])
]


class ResultsSettings(FrozenModel):
    """The table [results]."""

    path: str = Field(
        description="A CSV file (.csv, .tsv, also compressed), .jsonl, .parquet, .arrow or .feather, or a directory: "
        "TensorBoard logs or an MLflow file store."
    )
    variant: Columns = Field(
        default=(),
        description="The columns that tell variants apart, one or several; of a wide table what its columns are "
        "called together.",
    )
    seed: str | None = Field(
        default=None,
        description="The column of seeds: runs of two variants under the same seed are compared in pairs.",
    )
    base: Any = Field(
        default=None,
        description='The variant that all others are compared with: its value, such as "sgd", or of several columns '
        'its values, as "sgd, 0.1" or { optimizer = "sgd", lr = 0.1 }; unless given that of the first row.',
    )
    metrics: Columns = Field(
        default=(),
        description="Further columns that are metrics for sure. Unless named here a column of numbers is a metric "
        "where it differs between the runs of a variant, else a setting.",
    )
    epoch: str | None = Field(
        default=None,
        description="The column of epochs or steps, where a run has a row for each: curves are made of them, and the "
        "last value of each metric is the run's.",
    )
    status: str | None = Field(
        default=None,
        description="The column of how a run ended, such as finished or crashed; a run that failed needs no value.",
    )
    long: tuple[str, str] | None = Field(
        default=None,
        description="Where every metric has a row of its own: the column of its name, and that of its value.",
    )
    wide: bool = Field(
        default=False,
        description="Whether each column but that of seeds is a variant, and a row has one seed's values of a metric; "
        "an empty cell is a run that there is not.",
    )
    pattern: str | None = Field(
        default=None,
        description='What the directories of TensorBoard runs tell, such as "{optimizer}/{seed}": columns of these '
        "names.",
    )
    separator: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Between the columns of a CSV file; a comma, or a tab in .tsv, unless given.",
    )
    decimal: Literal[".", ","] = Field(default=".", description="The decimal mark of a CSV file.")
    encoding: Literal["utf-8", "latin-1", "cp1252", "utf-16"] = Field(
        default="utf-8", description="The character encoding of a CSV file."
    )

    unpaired: str | None = Field(
        default=None,
        min_length=1,
        description="Why runs under the same seed have nothing in common, where that is so; then nothing is paired.",
    )
    notes: tuple[str, ...] = Field(default=(), description="What to know of the results; the report says it.")

    @model_validator(mode="after")
    def _fits_together(self) -> ResultsSettings:
        if self.wide and (self.long or self.epoch or self.status or len(self.variant) > 1):
            raise ValueError(
                "wide = true means one column per variant; it cannot be combined with long, epoch, status or "
                "several columns in variant"
            )
        return self
