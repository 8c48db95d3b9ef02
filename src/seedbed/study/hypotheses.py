"""A claim written down before the study runs, in one of seven forms that the report can give a verdict on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from seedbed.metrics.names import (
    CLASSIFICATION,
    COSTS,
    OF_A_RUN,
    PARTS,
    RECALL,
    REGRESSION,
    split_epoch,
    valid_metrics,
)
from seedbed.recipe import Float, NonNegativeFloat, Recipe, Table
from seedbed.study.problems import Problem
from seedbed.study.suggestions import SLIP, instead_of, nearest
from seedbed.study.variants import Variant


def _one_or_several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


OF_CLASSES = "a metric of classes, and this recipe predicts numbers"
TEXT = {"type": "string"}
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_several),
    WithJsonSchema({"anyOf": [TEXT, {"type": "array", "items": TEXT}]}),
]

# Form -> keys it needs, keys it may have beside them.
FORMS: dict[str, tuple[set[str], set[str]]] = {
    "better": ({"than"}, {"metric", "margin"}),
    "not_better": ({"than"}, {"metric", "margin"}),
    "similar": ({"within"}, {"metric"}),
    "above": ({"variant", "metric"}, set()),
    "below": ({"variant", "metric"}, set()),
    "exceeds": ({"variant", "metric"}, {"margin"}),
    "matches": ({"variant", "metric", "within"}, set()),
}


class Hypothesis(Table):
    """A claim and the form that tests it.

    =======================================  ==============================================================
    better, than, metric?, margin?           one variant beats another, or each of several, by over margin
    not_better, than, metric?, margin?       it does not beat them by more than margin
    similar = [A, B], within, metric?        the two differ by no more than `within`
    variant, metric, above (or below)        a variant's mean lies above (or below) a number
    variant, metric, exceeds, margin?        one of its metrics lies above another of them, by over margin
    variant, metric, matches, within         the two metrics of one variant differ by no more than `within`
    =======================================  ==============================================================

    Without `metric` the study's own is meant. After a metric, `@EPOCH` means its value on the curve then; a run
    that stopped earlier counts with its last one.
    """

    claim: str = Field(description="The claim in words.")
    better: str | None = Field(default=None, description="The variant that beats those in than.")
    not_better: str | None = Field(default=None, description="The variant that does not beat those in than.")
    than: Names | None = Field(
        default=None, description="The variant, or list of variants, that it is compared with."
    )
    similar: tuple[str, str] | None = Field(
        default=None, description="Two variants that differ by no more than within."
    )
    variant: str | None = Field(default=None, description="The variant whose metric is judged by itself.")
    metric: str | None = Field(
        default=None,
        description="PART.NAME, or PART.NAME@EPOCH for its value after that epoch; the study's own unless given.",
    )
    above: Float | None = Field(default=None, description="The number that the mean of metric lies above.")
    below: Float | None = Field(default=None, description="The number that the mean of metric lies below.")
    exceeds: str | None = Field(
        default=None, description="Another metric of the variant, which metric lies above."
    )
    matches: str | None = Field(
        default=None,
        description="Another metric of the variant, from which metric differs by no more than within.",
    )
    margin: NonNegativeFloat = Field(
        default=0.0, description="By how much it must be better or lie above, in units of the metric."
    )
    within: NonNegativeFloat | None = Field(
        default=None, description="The largest difference that still counts as none, in units of the metric."
    )

    @model_validator(mode="after")
    def _has_one_form(self) -> Hypothesis:
        given = self.model_fields_set - {"claim"}
        forms = [form for form in FORMS if form in given]
        if len(forms) != 1:
            raise ValueError(
                f"a hypothesis has exactly one of {', '.join(FORMS)}, not {' and '.join(forms) or 'none'}"
            )
        needed, allowed = FORMS[forms[0]]
        if needed - given:
            raise ValueError(f"{forms[0]} also needs {' and '.join(sorted(needed - given))}")
        if given - needed - allowed - {forms[0]}:
            raise ValueError(
                f"{forms[0]} does not go with {' and '.join(sorted(given - needed - allowed - {forms[0]}))}"
            )
        return self

    @property
    def form(self) -> str:
        """Which of `FORMS` it takes."""
        return next(form for form in FORMS if form in self.model_fields_set)

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants it speaks of."""
        one = self.better or self.not_better or self.variant
        return ((one,) if one else ()) + (self.than or ()) + (self.similar or ())

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it names."""
        return tuple(name for name in (self.metric, self.exceeds, self.matches) if name)


def hypothesis_problems(
    hypothesis: Hypothesis, names: Sequence[str], variants: Iterable[Variant], study_metric: str | None
) -> list[Problem]:
    """What keeps a claim from being tested: variants that do not exist, metrics that they do not have.

    Parameters
    ----------
    names
        Of all variants asked for.
    variants
        Those of them that have a valid recipe.
    study_metric
        What variants are compared by where the claim names nothing; None where that is wrong itself.
    """
    place = f'hypothesis "{hypothesis.claim}"'
    problems = [
        Problem(place, f'there is no variant "{name}"; {instead_of(name, names)}')
        for name in hypothesis.variants
        if name not in names
    ]
    recipes = {variant.name: variant.recipe for variant in variants}
    concerned: dict[str, list[str]] = {}
    for metric in hypothesis.metrics or ((study_metric,) if study_metric else ()):
        for name in hypothesis.variants:
            if message := comparison_problem(metric, recipes.get(name)):
                concerned.setdefault(message, []).append(f'"{name}"')
    for message, who in concerned.items():
        where = f"variant {', '.join(who)}: " if len(who) < len(hypothesis.variants) else ""
        problems.append(Problem(place, where + message))
    return problems


def comparison_problem(metric: str, recipe: Recipe | None, at_epoch: bool = True) -> str | None:
    """Why runs of this recipe cannot be compared by such a metric; see `metric_problem`."""
    if metric in COSTS:
        return (
            f'"{metric}" is a cost: all runs of a group share one clock, so it is reported for every variant and not '
            "tested; write another metric, such as val.loss or steps"
        )
    return metric_problem(metric, recipe, at_epoch)


def _probably(metric: str, parts: Sequence[str], known: Sequence[str]) -> str:
    """The full name of the metric that was meant by a bare or misspelt one: accuracy, val_loss."""
    part = next(part for part in ("val", "test", "train") if part in parts)
    bare = nearest(metric, known, SLIP)
    every = [f"{part}.{name}" for part in parts for name in known]
    return f"{part}.{bare}" if bare else nearest(metric, every) or f"{part}.{known[1]}"


def said_once(problems: Iterable[Problem]) -> list[Problem]:
    """Problems but those that name a metric of classes again, since one change of the recipe mends them all."""
    kept: dict[str, Problem] = {}
    for problem in problems:
        before, of_classes, remedy = problem.message.partition(OF_CLASSES)
        kept.setdefault(remedy if of_classes else f"{problem.key}: {before}", problem)
    return list(kept.values())


def _remedy_for_classes(name: str, recipe: Recipe) -> str | None:
    """What makes a recipe that predicts numbers predict classes, where a bare metric is, or is near, one of theirs."""
    of_numbers = name in REGRESSION or nearest(name, REGRESSION, SLIP)
    of_classes = name.startswith(RECALL) or nearest(name, CLASSIFICATION, SLIP)
    if recipe.is_classification or not recipe.data.gives_classes or of_numbers or not of_classes:
        return None
    if recipe.model.kind == "linear":
        return '; set model.kind = "logistic"'
    return '; set training.loss = "cross_entropy" (or "bce" for two classes)'


def metric_problem(metric: str, recipe: Recipe | None, at_epoch: bool = True) -> str | None:
    """Why a run of this recipe has no such metric; None where it has. `at_epoch` allows `@EPOCH` after it.

    Where the recipe itself is wrong, and so None, the metrics of all recipes will do.
    """
    if metric in OF_A_RUN:
        return None
    tasks = (False, True) if recipe is None else (recipe.is_classification,)
    known = list(dict.fromkeys(name for task in tasks for name in valid_metrics(task)))
    parts = PARTS if recipe is None else recipe.parts
    whole, epoch = split_epoch(metric)
    part, _, name = whole.partition(".")
    if recipe and (remedy := _remedy_for_classes(name or part, recipe)):
        return f'"{metric}" is {OF_CLASSES}{remedy}'
    if not part or not name:
        return f'"{metric}" is not a metric; write PART.NAME, such as {_probably(metric, parts, known)}'
    if name not in known and not (tasks[-1] and name.startswith(RECALL)):
        of = "" if recipe is None else f" of a recipe that predicts {'classes' if tasks[-1] else 'numbers'}"
        return f'"{metric}" is not a metric{of}; {instead_of(name, known)}'
    if part not in parts:
        return f'"{metric}" is not there: this recipe has the parts {", ".join(parts)}'
    if epoch is not None and not at_epoch and not name.startswith(RECALL):  # a class may be called a@1
        return f'"{metric}": an epoch can be named in a hypothesis only'
    return None
