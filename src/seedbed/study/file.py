"""The tables of a study file beside the recipe's: their keys, types and limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, create_model

from seedbed.study.crossing import Source
from seedbed.study.hypotheses import Hypothesis
from seedbed.study.settings import LONGEST_NAME
from seedbed.values import Float, FrozenModel, NonNegativeInt, PositiveFloat, PositiveInt

Published = dict[str, Float]
MOST_CLAIMS = 1000
LONGEST_TEXT = 10_000  # characters
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


def _safe_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(
            f'"{name}" is not a valid study name; it becomes a directory: use letters, digits, ".", "_", "-" and '
            'at most one "/" between'
        )
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a study name has at most {LONGEST_NAME} characters, got {len(name):,}")
    return name


def _whole_path(path: str) -> str:
    if not Path(path).is_absolute():
        raise ValueError(f'"{path}" is relative; write a whole path, or leave the key out')
    return path


def _each_once(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    if len(sources) == 1 or len(set(sources)) < len(sources):
        raise ValueError("expected two or three different ones of init, order and split, or none")
    return sources


def _visible(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("a variant needs a name of visible characters")
    return name


class StudySettings(FrozenModel):
    """The table [study]."""

    seeds: PositiveInt | None = Field(
        default=None,
        description="How many seeds every variant is run under. Unless given 10, or more where the comparisons "
        "with base need more for a verdict.",
    )
    metric: str | None = Field(
        default=None,
        description="What variants are compared by: PART.NAME. Unless given val.mse for numbers and val.accuracy "
        "for classes; without a validation part of test, else of train.",
    )
    direction: Literal["min", "max"] | None = Field(
        default=None,
        description="Whether less or more of the metric is better; follows from the metric unless given.",
    )
    scale: Literal["difference", "ratio"] | None = Field(
        default=None,
        description="Whether variants are compared by differences of the metric or by ratios. Unless given ratios for "
        "errors and losses, differences for accuracies, r2 and metrics that Seedbed does not know.",
    )
    matters: PositiveFloat | None = Field(
        default=None,
        description="The smallest effect on the metric that matters: a factor, such as 1.1, for errors and losses, a "
        "difference for accuracies and the like. Claims that two variants are alike take it as their margin.",
    )
    fails_above: Float | None = Field(
        default=None,
        description="Above which value of the metric a run has failed, where less is better. Unless given ten times "
        "the median of base or, where that of the variant itself is over three times as large, of the variant.",
    )
    fails_below: Float | None = Field(
        default=None,
        description="Below which value of the metric a run has failed, where more is better. Unless given halfway from "
        "the median of base or, where that is worse, of the variant itself, to what a constant answer gets.",
    )
    seed: NonNegativeInt = Field(
        default=0,
        description="The seed of the whole study: another one draws all splits, initial weights and batches anew.",
    )
    vary_seeds: Annotated[tuple[Source, ...], AfterValidator(_each_once)] = Field(
        default=(),
        description="Gives two or three sources of randomness seeds of their own and crosses them, to tell how much of "
        "the spread each carries: init, order, split. Takes a square number of seeds, 9, 16, 25, ...; 25 unless given. "
        "Nothing is tested then.",
    )


STUDY_KEYS = tuple(f"study.{name}" for name in StudySettings.model_fields)


class NamedVariant(FrozenModel):
    """One [[variant]]: several settings changed under a name."""

    name: Annotated[str, AfterValidator(_visible)] = Field(
        max_length=LONGEST_NAME, description="What the variant is called, also in claims."
    )
    set: dict[str, Any] = Field(
        description='What is different from base: dotted key to value, such as "training.lr" = 0.1.'
    )
    published: Published = Field(
        default_factory=dict,
        description="Numbers that somebody else reported for this variant, by metric; shown beside its own.",
    )


class StudyFile(FrozenModel):
    """The top level of a study file; see `file_of` for the tables that its trainable adds."""

    name: Annotated[str, AfterValidator(_safe_name)] = Field(
        description='Becomes the directory of its runs: letters, digits, ".", "_", "-" and at most one "/".'
    )
    description: str = Field(
        default="", max_length=LONGEST_TEXT, description="The question in a sentence; heads the report."
    )
    directory: Annotated[str, AfterValidator(_whole_path)] | None = Field(
        default=None,
        description="What relative paths in the study are relative to, as a whole path; unless given the folder that "
        "the study lies in.",
    )
    study: StudySettings = Field(
        default=StudySettings(), description="Seeds, and what variants are compared by."
    )
    quick: dict[str, Any] = Field(
        default_factory=dict,
        description="What --quick sets in the recipe and in study, for a first look: dotted key to value.",
    )
    published: Published = Field(
        default_factory=dict,
        description="Numbers that somebody else reported for base, by metric; shown beside its own.",
    )
    ablate: dict[str, Any] = Field(
        default_factory=dict,
        description="One change at a time: dotted key to the list of values to try, each a variant beside base.",
    )
    grid: dict[str, Any] = Field(
        default_factory=dict,
        description="Every combination: dotted key to the list of values, each combination a variant.",
    )
    variant: tuple[NamedVariant, ...] = Field(default=(), description="Several changes at once under a name.")
    hypothesis: tuple[Hypothesis, ...] = Field(
        default=(),
        max_length=MOST_CLAIMS,
        description="Claims, written before the study runs; the report gives a verdict on each.",
    )


def file_of(tables: Mapping[str, str]) -> type[StudyFile]:
    """The top level of a study file with the tables of its trainable, which validates them once for each variant.

    Parameters
    ----------
    tables
        Their names, and what each is for.
    """
    fields: dict[str, Any] = {
        name: (Any, Field(default=None, description=description)) for name, description in tables.items()
    }
    return create_model("StudyFile", __base__=StudyFile, **fields)
