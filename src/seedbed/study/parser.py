"""What a study says: the document of a file checked against its trainable, every error at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from seedbed.study.asked import claim_problems, margin_problems, setting_problems
from seedbed.study.contents import BASE, Configuration, Contents, Variant
from seedbed.study.crossing import USUAL_LEVELS, wrong_seeds
from seedbed.study.document import check_size
from seedbed.study.file import STUDY_KEYS, NamedVariant, StudyFile, StudySettings, file_of
from seedbed.study.hypotheses import Hypothesis
from seedbed.study.problems import MOST_PROBLEMS, Problem, StudyError, dotted, problems_of
from seedbed.study.seeds import usual_seeds, wrong_runs
from seedbed.study.settings import changed, flat
from seedbed.study.trainable import Trainable
from seedbed.study.variants import MOST_VARIANTS, changes, check_keys, too_many_variants, validated
from seedbed.text import enumerated
from seedbed.values import FrozenModel

Entry = TypeVar("Entry", bound=FrozenModel)


# --- what it says ---------------------------------------------------------------------------------------


def contents_of(tables: Mapping[str, Any], trainable: Trainable, origin: str, directory: Path) -> Contents:
    """What a document says.

    Parameters
    ----------
    origin, directory
        See `Contents`.

    Raises
    ------
    StudyError
        With all that is wrong, also with its table [quick].
    """
    problems: list[Problem] = []
    contents = _checked(tables, trainable, origin, directory, problems)
    _check_quick(tables, trainable, origin, directory, problems)
    if problems or contents is None:
        raise StudyError(origin, problems)
    return contents


def changed_contents(
    contents: Contents,
    tables: Mapping[str, Any],
    trainable: Trainable,
    settings: Mapping[str, Any],
    vary: Mapping[str, Sequence[Any]],
    quick: bool,
) -> tuple[Contents, dict[str, Any]]:
    """A study with some settings of its base changed and more values to vary, and its document.

    Parameters
    ----------
    contents, tables
        What it says, and its document.
    quick
        Whether the settings of its table [quick] come first.

    Raises
    ------
    StudyError
        With all that is wrong then.
    """
    origin = contents.origin
    problems: list[Problem] = []
    if not check_keys("set", settings, [*trainable.keys, *STUDY_KEYS], problems):
        raise StudyError(origin, problems)
    if quick and not tables.get("quick"):
        message = 'this study has none; write one, such as "training.epochs" = 2 and "study.seeds" = 2'
        raise StudyError(origin, [Problem("quick", message)])
    start = _with_quick(tables, trainable) if quick else tables
    document = changed(start, settings, trainable.exclusive)
    ablate = flat(document.get("ablate", {}), trainable.tables)
    for key, values in vary.items():
        there = ablate.get(key, [])
        if len(values) > MOST_VARIANTS:
            raise StudyError(origin, [Problem(dotted(["ablate", key]), too_many_variants(len(values)))])
        ablate[key] = [*there, *(value for value in values if value not in there)]
    document["ablate"] = ablate
    check_size(document, origin)
    result = _checked(document, trainable, origin, contents.directory, problems)
    if result is None:
        raise StudyError(origin, problems)
    return result, document


def _checked(
    tables: Mapping[str, Any],
    trainable: Trainable,
    origin: str,
    directory: Path,
    problems: list[Problem],
) -> Contents | None:
    """What a document says, or None and all that is wrong with it added to `problems`."""
    tables, lacking = trainable.completed(tables, directory_of(tables, directory))
    if lacking:
        problems += lacking
        return None
    file = _file(tables, trainable, problems)
    named = _valid(NamedVariant, tables, "variant")
    asked = changes(_table(tables, "ablate"), named, _table(tables, "grid"), trainable, problems)
    if asked is None:
        return None
    variants = validated(tables, asked, file.published if file else {}, trainable, problems)
    metric = _table(tables, "study").get("metric", _usual_metric(variants, trainable))
    wrong_metric = _metric_problems(metric, variants, trainable)
    of_metrics = wrong_metric + _published_problems(variants, trainable)
    compared_by = metric if isinstance(metric, str) and not wrong_metric else None
    configurations: dict[str, Configuration | None] = dict.fromkeys(
        [BASE, *(table.name for table in named), *(change.name for change in asked)]
    )
    configurations |= {variant.name: variant.configuration for variant in variants}
    asks = file.study if file else StudySettings()
    for hypothesis in _valid(Hypothesis, tables, "hypothesis"):
        if len(of_metrics) >= MOST_PROBLEMS:
            break
        of_metrics += claim_problems(hypothesis, configurations, compared_by, trainable)
        of_metrics += margin_problems(hypothesis, compared_by, asks, trainable)
    of_metrics += setting_problems(compared_by, asks, trainable)
    problems += _once_per_remedy(of_metrics)
    if file and file.study.vary_seeds:
        problems += _crossing_problems(file.study, trainable)
    direction = compared_by and (asks.direction or trainable.direction(compared_by))
    if problems or file is None or not (compared_by and direction):
        return None
    usual = USUAL_LEVELS**2 if file.study.vary_seeds else usual_seeds(len(variants) - 1, len(file.hypothesis))
    seeds = file.study.seeds or usual
    if wrong := wrong_runs(len(variants), seeds):
        problems.append(Problem("study.seeds", wrong))
        return None
    return Contents(
        name=file.name,
        description=file.description,
        variants=tuple(variants),
        seeds=seeds,
        metric=compared_by,
        direction=direction,
        scale=file.study.scale,
        fails_above=file.study.fails_above,
        fails_below=file.study.fails_below,
        matters=file.study.matters,
        seed=file.study.seed,
        hypotheses=file.hypothesis,
        origin=origin,
        directory=directory_of(tables, directory),
        vary_seeds=file.study.vary_seeds,
    )


def directory_of(tables: Mapping[str, Any], directory: Path) -> Path:
    """What relative paths of a document are relative to: the directory that it says, else the one that it lies in."""
    own = tables.get("directory")
    return Path(own) if own and isinstance(own, str) else directory


def _crossing_problems(settings: StudySettings, trainable: Trainable) -> list[Problem]:
    """What keeps seeds from being crossed: sources that have no seeds of their own, or how many seeds there are."""
    lacking = [name for name in settings.vary_seeds if name not in trainable.sources]
    if lacking:
        message = f"{enumerated(lacking, last='and')} cannot have seeds of their own here; leave the key out"
        return [Problem("study.vary_seeds", message)]
    wrong = wrong_seeds(settings.seeds) if settings.seeds else None
    return [Problem("study.seeds", wrong)] if wrong else []


def _check_quick(
    tables: Mapping[str, Any],
    trainable: Trainable,
    origin: str,
    directory: Path,
    problems: list[Problem],
) -> None:
    """Add to `problems` what is wrong with the table [quick], beside what is wrong without it."""
    quick = flat(_table(tables, "quick"), trainable.tables)
    wrong: list[Problem] = []
    if quick and check_keys("quick", quick, [*trainable.keys, *STUDY_KEYS], problems):
        _checked(_with_quick(tables, trainable), trainable, origin, directory, wrong)
    problems += [one.under("quick") for one in wrong if one not in problems]


def _with_quick(tables: Mapping[str, Any], trainable: Trainable) -> dict[str, Any]:
    """The document with the settings of its table [quick]; its description says so."""
    rest = {name: table for name, table in tables.items() if name != "quick"}
    description = f"{tables.get('description', '')} (quick settings)".strip()
    settings = flat(_table(tables, "quick"), trainable.tables)
    return changed(rest | {"description": description}, settings, trainable.exclusive)


def _file(tables: Mapping[str, Any], trainable: Trainable, problems: list[Problem]) -> StudyFile | None:
    model = file_of(trainable.tables)
    try:
        return model.model_validate(tables)
    except ValidationError as error:
        problems += problems_of(error, model, tables, also=trainable.keys)
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


# --- its metrics ----------------------------------------------------------------------------------------


def _usual_metric(variants: Sequence[Variant], trainable: Trainable) -> str | None:
    """What variants are compared by unless the study says."""
    if not any(variant.name == BASE for variant in variants):
        return None
    return trainable.usual_metric([variant.configuration for variant in variants])


def _metric_problems(metric: object, variants: Sequence[Variant], trainable: Trainable) -> list[Problem]:
    """Whether base has the metric by which variants are compared."""
    base = next((variant.configuration for variant in variants if variant.name == BASE), None)
    if metric is None and base is not None:
        return [
            Problem("study.metric", 'expected the name of what variants are compared by, such as "accuracy"')
        ]
    if not isinstance(metric, str):
        return []
    problem = trainable.metric_problem(metric, base, at_epoch=False, compared=True)
    return [problem.under("study.metric")] if problem else []


def _published_problems(variants: Sequence[Variant], trainable: Trainable) -> list[Problem]:
    """Published numbers of metrics that their variants do not have."""
    problems = []
    for variant in variants:
        table = "published" if variant.name == BASE else f'variant "{variant.name}": published'
        for metric in variant.published:
            if problem := trainable.metric_problem(metric, variant.configuration, at_epoch=False):
                problems.append(problem.under(f"{table}.{dotted([metric])}"))
    return problems


def _once_per_remedy(problems: Iterable[Problem]) -> list[Problem]:
    """Problems but those whose remedy another has already: one change of the base removes them all."""
    kept: dict[str, Problem] = {}
    for problem in problems:
        kept.setdefault(problem.remedy or str(problem), problem)
    return list(kept.values())
