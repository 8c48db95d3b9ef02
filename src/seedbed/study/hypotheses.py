"""A claim written down before the study runs, in a form that the report can give a verdict on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model, model_validator

from seedbed.analysis.forms import FORMS, Holds, form_of, metrics_of, variants_of
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

HELD: dict[Holds, Any] = {"variant": str, "variants": tuple[str, str], "metric": str, "number": Float}


class _Claim(Table):
    claim: str = Field(description="The claim in words.")


if TYPE_CHECKING:
    _ClaimOfAnyForm = _Claim
else:  # with a key for each form
    _ClaimOfAnyForm = create_model(
        "_ClaimOfAnyForm",
        __base__=_Claim,
        **{
            name: (HELD[form.holds] | None, Field(default=None, description=form.meaning))
            for name, form in FORMS.items()
        },
    )


class Hypothesis(_ClaimOfAnyForm):
    """A claim and the form that tests it.

    It has exactly one of the keys in `analysis.forms.FORMS`, with the other keys that this form needs or may have.

    Without `metric` the study's own is meant. After a metric, `@EPOCH` means its value on the curve then; a run
    that stopped earlier counts with its last one.
    """

    than: Names | None = Field(
        default=None, description="The variant, or list of variants, that it is compared with."
    )
    variant: str | None = Field(default=None, description="The variant whose metric is judged by itself.")
    metric: str | None = Field(
        default=None,
        description="PART.NAME, or PART.NAME@EPOCH for its value after that epoch; the study's own unless given.",
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
                f"expected exactly one of {', '.join(FORMS)}, got {' and '.join(forms) or 'none'}"
            )
        form, beside = FORMS[forms[0]], given - {forms[0]}
        if missing := {*form.needs} - beside:
            raise ValueError(f"{forms[0]} also needs {' and '.join(sorted(missing))}")
        if others := beside - {*form.needs, *form.may}:
            raise ValueError(f"{forms[0]} cannot be combined with {' and '.join(sorted(others))}")
        return self

    @property
    def form(self) -> str:
        """Which of the forms it takes."""
        return form_of(self.model_dump())

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants it names."""
        return tuple(variants_of(self.model_dump()))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics it names."""
        return tuple(metrics_of(self.model_dump()))


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
