"""The tables of a study file beside the recipe's: their keys, types and limits."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from seedbed.hypotheses import Hypothesis
from seedbed.recipe import Float, NonNegativeInt, PositiveInt, Table

Published = dict[str, Float]
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


def _safe_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(
            f'"{name}" is no name of a study, which becomes a directory: it takes letters, digits, ".", "_", '
            '"-" and at most one "/" between'
        )
    return name


def _visible(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("a variant needs a name of visible characters")
    return name


class StudySettings(Table):
    """The table [study]."""

    seeds: PositiveInt | None = None
    metric: str | None = None
    direction: Literal["min", "max"] | None = None
    seed: NonNegativeInt = 0


STUDY_KEYS = tuple(f"study.{name}" for name in StudySettings.model_fields)


class VariantTable(Table):
    """One [[variant]]: several settings changed under a name."""

    name: Annotated[str, AfterValidator(_visible)]
    set: dict[str, Any]
    published: Published = Field(default_factory=dict)


class StudyFile(Table):
    """The top level of a study file. The recipe's three tables are validated apart, once for each variant."""

    name: Annotated[str, AfterValidator(_safe_name)]
    description: str = ""
    data: Any = None
    model: Any = None
    training: Any = None
    study: StudySettings = StudySettings()
    quick: dict[str, Any] = Field(default_factory=dict)
    published: Published = Field(default_factory=dict)
    ablate: dict[str, Any] = Field(default_factory=dict)
    grid: dict[str, Any] = Field(default_factory=dict)
    variant: tuple[VariantTable, ...] = ()
    hypothesis: tuple[Hypothesis, ...] = ()
