"""Whether what a study asks can be answered: its claims, their margins, and what it says of its metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seedbed.analysis.forms import FORMS
from seedbed.metrics.base import Scale
from seedbed.metrics.names import RECALL, bare_name, split_epoch
from seedbed.study.contents import Configuration
from seedbed.study.file import StudySettings
from seedbed.study.hypotheses import Hypothesis
from seedbed.study.problems import Problem
from seedbed.study.suggestions import instead_of
from seedbed.study.trainable import Trainable


def claim_problems(
    hypothesis: Hypothesis,
    configurations: Mapping[str, Configuration | None],
    study_metric: str | None,
    trainable: Trainable,
) -> list[Problem]:
    """What keeps a claim from being tested: variants that do not exist, metrics that they do not have.

    Parameters
    ----------
    configurations
        Of all variants asked for, by name; None of those whose settings are wrong.
    study_metric
        What variants are compared by where the claim names nothing; None where that is wrong itself.
    """
    claim = f'hypothesis "{hypothesis.claim}"'
    problems = [
        Problem(claim, f'there is no variant "{name}"; {instead_of(name, configurations)}')
        for name in hypothesis.variants
        if name not in configurations
    ]
    if _names_epoch_of_curve(hypothesis, trainable):
        message = f"{hypothesis.form} is about the curve of a metric; write it without @EPOCH"
        return [*problems, Problem(claim, message)]
    concerned: dict[Problem, list[str]] = {}
    for metric in hypothesis.metrics or ((study_metric,) if study_metric else ()):
        for name in hypothesis.variants:
            if problem := trainable.metric_problem(metric, configurations.get(name), compared=True):
                concerned.setdefault(problem, []).append(f'"{name}"')
    for problem, who in concerned.items():
        where = f"{claim}: variant {', '.join(who)}" if len(who) < len(hypothesis.variants) else claim
        problems.append(problem.under(where))
    if not problems and hypothesis.metrics and FORMS[hypothesis.form].is_paired:
        problems += _direction_problems(hypothesis.metrics, claim, study_metric, trainable)
    return problems


def _direction_problems(
    metrics: Sequence[str], claim: str, study_metric: str | None, trainable: Trainable
) -> list[Problem]:
    """Metrics beside the study's own of which nobody knows which of two values is the better one."""
    return [
        Problem(
            claim,
            f'nobody knows whether more or less of "{metric}" is better; make it study.metric, and say study.direction',
        )
        for metric in metrics
        if bare_name(metric) != bare_name(study_metric or metric) and trainable.direction(metric) is None
    ]


def _names_epoch_of_curve(hypothesis: Hypothesis, trainable: Trainable) -> bool:
    """Whether a claim about a curve names one epoch of it."""
    metric = hypothesis.metric
    if not FORMS[hypothesis.form].curve or metric is None or metric in trainable.exact_metrics:
        return False
    return RECALL not in metric and split_epoch(metric)[1] is not None


def margin_problems(
    hypothesis: Hypothesis, study_metric: str | None, asked: StudySettings, trainable: Trainable
) -> list[Problem]:
    """Margins on another scale than the metric's, and claims that no run could bear out without one.

    Parameters
    ----------
    study_metric
        As `claim_problems` takes it.
    asked
        The table [study].
    """
    metric = hypothesis.metric or study_metric
    if metric is None:
        return []
    claim, form = f'hypothesis "{hypothesis.claim}"', FORMS[hypothesis.form]
    is_own = bare_name(metric) == bare_name(study_metric or "")
    by: Scale = (is_own and asked.scale) or trainable.scale(metric)
    in_units = [name for name in ("margin", "within") if name in hypothesis.model_fields_set]
    if by == "ratio" and in_units and form.is_paired:
        message = (
            f"{metric} is compared by ratios, and this is a difference; write factor, such as factor = 1.1"
        )
        return [Problem(f"{claim}: {in_units[0]}", message)]
    if by == "difference" and hypothesis.factor is not None and form.is_paired:
        name = "within" if "within" in form.may else "margin"
        message = f"{metric} is compared by differences, and this is a ratio; write {name} = ... in its units"
        return [Problem(f"{claim}: factor", message)]
    value = getattr(hypothesis, hypothesis.form)
    if form.holds == "range" and by == "ratio" and value[0] < 1:
        message = f"{metric} is compared by ratios: expected factors of at least 1, such as [1.0, 1.5], got {[*value]}"
        return [Problem(f"{claim}: {hypothesis.form}", message)]
    has_margin = in_units or hypothesis.factor or (is_own and asked.matters)
    if form.needs_margin and not has_margin:
        name = "factor" if by == "ratio" else "within" if "within" in form.may else "margin"
        what = (
            "the largest gap that counts as none"
            if "within" in form.may
            else "the gain that it does not reach"
        )
        message = (
            f"{hypothesis.form} also needs {what}: write {name}, or study.matters for all claims on {metric}"
        )
        return [Problem(claim, message)]
    is_factor = hypothesis.factor is not None or (by == "ratio" and not in_units)
    if form.holds == "number" and form.needs_margin and is_factor and value <= 0:
        message = (
            f"expected a number above 0, since what counts as near is a factor, got {value:g}; write within"
        )
        return [Problem(f"{claim}: {hypothesis.form}", message)]
    return []


def setting_problems(metric: str | None, asked: StudySettings, trainable: Trainable) -> list[Problem]:
    """What [study] says of the metric and its metric cannot have: failures on its better side, effects of no size."""
    if metric is None:
        return []
    direction = asked.direction or trainable.direction(metric)
    by, problems = asked.scale or trainable.scale(metric), []
    if direction is None:
        message = f'nobody knows whether more or less of "{metric}" is better; write "max" or "min"'
        return [Problem("study.direction", message)]
    wrong, right = ("fails_below", "fails_above") if direction == "min" else ("fails_above", "fails_below")
    if getattr(asked, wrong) is not None:
        better = "less" if direction == "min" else "more"
        problems.append(Problem(f"study.{wrong}", f"of {metric} {better} is better; write {right}"))
    if asked.matters is not None and by == "ratio" and asked.matters <= 1:
        message = (
            f"{metric} is compared by ratios: expected a factor above 1, such as 1.1, got {asked.matters:g}"
        )
        problems.append(Problem("study.matters", message))
    return problems
