"""Variants: the base and every change of it that [ablate], [[variant]] and [grid] ask for."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from seedbed.files import to_json
from seedbed.study.contents import BASE, Configuration, Variant
from seedbed.study.problems import MOST_PROBLEMS, Problem, dotted
from seedbed.study.settings import changed, described, flat, names
from seedbed.study.suggestions import instead_of_setting
from seedbed.study.trainable import Trainable

MOST_VARIANTS = 10_000  # more could not be read, and none of their comparisons would get a verdict


@dataclass(frozen=True)
class Change:
    """A variant that is asked for, before its settings are known to be valid."""

    name: str
    settings: dict[str, Any]
    named: bool = False
    published: Mapping[str, float] = field(default_factory=dict)


def changes(
    ablate: Mapping[str, Any],
    named: Iterable[Any],
    grid: Mapping[str, Any],
    trainable: Trainable,
    problems: list[Problem],
) -> list[Change] | None:
    """Every variant asked for beside base: the named ones, then one change at a time, then every combination.

    None where they are more than a study may have; none of them is made then.

    Parameters
    ----------
    named
        The [[variant]] tables.
    problems
        Gets what is wrong with keys and lists; what it concerns is left out.
    """
    ablate = _lists("ablate", ablate, trainable, problems)
    grid = _lists("grid", grid, trainable, problems)
    named = list(named)
    asked = {
        "variant": len(named),
        "ablate": sum(len(values) for values in ablate.values()),
        "grid": prod(len(values) for values in grid.values()) if grid else 0,
    }
    if sum(asked.values()) > MOST_VARIANTS:
        most = max(asked, key=lambda table: asked[table])
        problems.append(Problem(most, too_many_variants(asked[most])))
        return None
    automatic = [{key: value} for key, values in ablate.items() for value in values]
    automatic += [dict(zip(grid, point, strict=True)) for point in product(*grid.values()) if grid]
    result = []
    for table in named:
        settings = flat(table.set, trainable.tables)
        if check_keys(f'variant "{table.name}": set', settings, trainable.keys, problems):
            result.append(Change(table.name, settings, True, table.published))
    called = zip(names(automatic), automatic, strict=True)
    return result + [Change(name, settings) for name, settings in called]


def too_many_variants(count: int) -> str:
    """That a table asks for more variants than there may be."""
    return f"asks for {count:,} variants; {MOST_VARIANTS:,} are the most of a study: try fewer values"


def _lists(
    table: str, varied: Mapping[str, Any], trainable: Trainable, problems: list[Problem]
) -> dict[str, list[Any]]:
    varied = flat(varied, trainable.tables)
    known = trainable.keys
    check_keys(table, varied, known, problems)
    result = {}
    for key, values in varied.items():
        where = dotted([table, key])
        if not isinstance(values, list) or not values:
            problems.append(
                Problem(where, f"expected a list of values to try, got {described(values) or 'an empty one'}")
            )
        elif key in known:
            result[key], again = _first_and_repeated(values)
            problems += [
                Problem(where, f"{described(value)} is given twice") for value in again[:MOST_PROBLEMS]
            ]
    return result


def _first_and_repeated(values: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Values as they come up first, and those that were there before."""
    seen: set[Hashable] = set()
    first: list[Any] = []
    repeated: list[Any] = []
    for value in values:
        key = value if isinstance(value, Hashable) else (repr(value),)
        (repeated if key in seen else first).append(value)
        seen.add(key)
    return first, repeated


def check_keys(where: str, settings: Iterable[str], known: Collection[str], problems: list[Problem]) -> bool:
    """Whether all dotted keys are known; a problem for each that is not."""
    wrong = [key for key in settings if key not in known]
    problems += [
        Problem(f"{where}.{dotted([key])}", f"no such setting; {instead_of_setting(key, known)}")
        for key in wrong[:MOST_PROBLEMS]
    ]
    return not wrong


def validated(
    tables: Mapping[str, Any],
    asked: Iterable[Change],
    published: Mapping[str, float],
    trainable: Trainable,
    problems: list[Problem],
) -> list[Variant]:
    """Base and those changes of it that the trainable accepts; `problems` gets what is wrong with the rest.

    What is wrong with base already is not said again for each variant. A change that [ablate] or [grid] asks
    for is left out where it is there already; a named variant must differ from all others.
    """
    configuration, wrong_in_base = _configured(tables, trainable)
    problems += wrong_in_base
    variants = [Variant(BASE, {}, configuration, dict(published))] if configuration else []
    known = {_key(configuration): BASE} if configuration else {}  # configuration -> the variant that has it
    for change in asked:
        if len(problems) >= MOST_PROBLEMS:
            break
        configuration, wrong = _configured(changed(tables, change.settings, trainable.exclusive), trainable)
        problems += [
            problem.under(f'variant "{change.name}"') for problem in wrong if problem not in wrong_in_base
        ]
        if not configuration:
            continue
        key = _key(configuration)
        same = known.get(key)
        if same is None:
            known[key] = change.name
            variants.append(Variant(change.name, change.settings, configuration, dict(change.published)))
        elif change.named:
            problems.append(Problem(f'variant "{change.name}"', f'has the same settings as "{same}"'))
    problems += _names_taken([BASE, *(variant.name for variant in variants if variant.settings)])
    return variants


def _configured(
    tables: Mapping[str, Any], trainable: Trainable
) -> tuple[Configuration | None, list[Problem]]:
    return trainable.configure({name: tables[name] for name in trainable.tables if name in tables})


def _key(configuration: Configuration) -> str:
    """Equal for equal ones: comparing each with all others would take minutes where there are thousands."""
    return to_json(configuration.model_dump())


def _names_taken(called: list[str]) -> list[Problem]:
    taken = dict.fromkeys(_first_and_repeated(called)[1])
    return [Problem(f'variant "{name}"', "this name is taken by another variant") for name in taken]
