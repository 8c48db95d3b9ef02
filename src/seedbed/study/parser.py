"""What a study's document says once all of it is checked: its variants, seeds, metric and claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from seedbed.metrics.names import Direction, direction, usual_metric
from seedbed.recipe import Recipe, Table
from seedbed.study.file import STUDY_KEYS, StudyFile, VariantTable
from seedbed.study.hypotheses import (
    Hypothesis,
    comparison_problem,
    hypothesis_problems,
    metric_problem,
    said_once,
)
from seedbed.study.problems import Problem, dotted, known_keys, problems_of
from seedbed.study.seeds import usual_seeds
from seedbed.study.settings import changed, flat
from seedbed.study.variants import BASE, Variant, changes, check_keys, validated

Entry = TypeVar("Entry", bound=Table)


@dataclass(frozen=True)
class Contents:
    """A valid study.

    Attributes
    ----------
    variants
        `base` first.
    seeds
        How many seeds each variant is run under.
    metric, direction
        What variants are compared by, and whether less ("min") or more ("max") of it is better.
    seed
        The seed of the whole study: another one gives other splits, draws and batches under every seed.
    """

    name: str
    description: str
    variants: tuple[Variant, ...]
    seeds: int
    metric: str
    direction: Direction
    seed: int
    hypotheses: tuple[Hypothesis, ...]


def checked(tables: Mapping[str, Any], problems: list[Problem]) -> Contents | None:
    """What a document says, or None and all that is wrong with it added to `problems`."""
    file = _file(tables, problems)
    named = _valid(VariantTable, tables, "variant")
    asked = changes(_table(tables, "ablate"), named, _table(tables, "grid"), problems)
    variants = validated(tables, asked, file.published if file else {}, problems)
    metric = _table(tables, "study").get("metric", _usual_metric(variants))
    wrong_metric = _metric_problems(metric, variants)
    of_metrics = wrong_metric + _published_problems(variants)
    compared_by = metric if isinstance(metric, str) and not wrong_metric else None
    names = [BASE, *(table.name for table in named), *(change.name for change in asked)]
    for hypothesis in _valid(Hypothesis, tables, "hypothesis"):
        of_metrics += hypothesis_problems(hypothesis, names, variants, compared_by)
    problems += said_once(of_metrics)
    if problems or file is None:
        return None
    return Contents(
        name=file.name,
        description=file.description,
        variants=tuple(variants),
        seeds=file.study.seeds or usual_seeds(len(variants) - 1),
        metric=metric,
        direction=file.study.direction or direction(metric),
        seed=file.study.seed,
        hypotheses=file.hypothesis,
    )


def check_quick(tables: Mapping[str, Any], problems: list[Problem]) -> None:
    """Add to `problems` what is wrong with the table [quick], beside what is wrong without it."""
    quick = flat(_table(tables, "quick"))
    wrong: list[Problem] = []
    if quick and check_keys("quick", quick, problems, also=STUDY_KEYS):
        checked(with_quick(tables), wrong)
    problems += [one.under("quick") for one in wrong if one not in problems]


def with_quick(tables: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the settings of its table [quick]; its description says so."""
    rest = {name: table for name, table in tables.items() if name != "quick"}
    said = f"{tables.get('description', '')} (quick settings)".strip()
    return changed(rest | {"description": said}, flat(_table(tables, "quick")))


def _file(tables: Mapping[str, Any], problems: list[Problem]) -> StudyFile | None:
    try:
        return StudyFile.model_validate(tables)
    except ValidationError as error:
        problems += problems_of(error, StudyFile, tables, also=known_keys(Recipe))
        return None


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A table of the file; an empty one where something else stands there, a problem found elsewhere."""
    table = tables.get(name)
    return table if isinstance(table, Mapping) else {}


def _valid(model: type[Entry], tables: Mapping[str, Any], name: str) -> list[Entry]:
    """The valid entries of an array of tables, so that problems in one do not hide those of others."""
    entries = tables.get(name)
    valid = []
    for entry in entries if isinstance(entries, list) else []:
        with suppress(ValidationError):
            valid.append(model.model_validate(entry))
    return valid


def _usual_metric(variants: Sequence[Variant]) -> str | None:
    """What variants are compared by unless the study says: of a part that all of them have."""
    base = next((variant.recipe for variant in variants if variant.name == BASE), None)
    if base is None:
        return None
    shared = set.intersection(*(set(variant.recipe.parts) for variant in variants))
    return usual_metric(base.is_classification, shared)


def _metric_problems(metric: object, variants: Sequence[Variant]) -> list[Problem]:
    """Whether base has the metric by which variants are compared."""
    base = next((variant.recipe for variant in variants if variant.name == BASE), None)
    message = comparison_problem(metric, base, at_epoch=False) if isinstance(metric, str) else None
    return [Problem("study.metric", message)] if message else []


def _published_problems(variants: Sequence[Variant]) -> list[Problem]:
    """Published numbers of metrics that their variants do not have."""
    problems = []
    for variant in variants:
        place = "published" if variant.name == BASE else f'variant "{variant.name}": published'
        for metric in variant.published:
            if message := metric_problem(metric, variant.recipe, at_epoch=False):
                problems.append(Problem(f"{place}.{dotted([metric])}", message))
    return problems
