"""Variants: the base recipe and every change of it that [ablate], [[variant]] and [grid] ask for."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from pydantic import ValidationError

from seedbed.recipe import Recipe
from seedbed.study.problems import Problem, dotted, known_keys, problems_of
from seedbed.study.settings import TABLES, changed, described, flat, names
from seedbed.study.suggestions import instead_of_setting

BASE = "base"
MOST_POINTS = 10_000


@dataclass(frozen=True)
class Variant:
    """One assignment of the varied settings.

    Attributes
    ----------
    name
        `base` for the unchanged recipe.
    settings
        What is set differently from base: dotted key -> value.
    recipe
        The whole recipe with every default filled in.
    published
        Numbers that somebody else reported for it, by metric.
    """

    name: str
    settings: dict[str, Any]
    recipe: Recipe
    published: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """A variant that is asked for, before its recipe is known to be valid."""

    name: str
    settings: dict[str, Any]
    named: bool = False
    published: Mapping[str, float] = field(default_factory=dict)


def changes(
    ablate: Mapping[str, Any], named: Iterable[Any], grid: Mapping[str, Any], problems: list[Problem]
) -> list[Change]:
    """Every variant asked for beside base: the named ones, then one change at a time, then every combination.

    Parameters
    ----------
    named
        The [[variant]] tables.
    problems
        Gets what is wrong with keys and lists; what it concerns is left out.
    """
    ablate, grid = _lists("ablate", ablate, problems), _lists("grid", grid, problems)
    points = prod(len(values) for values in grid.values())
    if points > MOST_POINTS:
        problems.append(Problem("grid", f"asks for {points:,} variants; {MOST_POINTS:,} are the most"))
        grid = {}
    automatic = [{key: value} for key, values in ablate.items() for value in values]
    automatic += [dict(zip(grid, point, strict=True)) for point in product(*grid.values()) if grid]
    result = []
    for table in named:
        settings = flat(table.set)
        if check_keys(f'variant "{table.name}": set', settings, problems):
            result.append(Change(table.name, settings, True, table.published))
    called = zip(names(automatic), automatic, strict=True)
    return result + [Change(name, settings) for name, settings in called]


def _lists(table: str, varied: Mapping[str, Any], problems: list[Problem]) -> dict[str, list[Any]]:
    varied = flat(varied)
    check_keys(table, varied, problems)
    known = known_keys(Recipe)
    result = {}
    for key, values in varied.items():
        place = dotted([table, key])
        if not isinstance(values, list) or not values:
            problems.append(
                Problem(place, f"expected a list of values to try, got {described(values) or 'an empty one'}")
            )
        elif key in known:
            result[key], again = _first_and_repeated(values)
            problems += [Problem(place, f"{described(value)} is given twice") for value in again]
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


def check_keys(
    place: str, settings: Iterable[str], problems: list[Problem], also: Iterable[str] = ()
) -> bool:
    """Whether all dotted keys are a recipe's (or among `also`); a problem for each that is not."""
    known = [*known_keys(Recipe), *also]
    wrong = [key for key in settings if key not in known]
    problems += [
        Problem(f"{place}.{dotted([key])}", f"no such setting; {instead_of_setting(key, known)}")
        for key in wrong
    ]
    return not wrong


def validated(
    tables: Mapping[str, Any],
    asked: Iterable[Change],
    published: Mapping[str, float],
    problems: list[Problem],
) -> list[Variant]:
    """Base and those changes of it that make a valid recipe; `problems` gets what is wrong with the rest.

    What is wrong with base already is not said again for each variant. A change that [ablate] or [grid] asks
    for is left out where it is there already; a named variant must differ from all others.
    """
    recipe, wrong_in_base = _recipe(tables)
    problems += wrong_in_base
    variants = [Variant(BASE, {}, recipe, dict(published))] if recipe else []
    known = {_key(recipe): BASE} if recipe else {}  # recipe -> the variant that has it
    for change in asked:
        recipe, wrong = _recipe(changed(tables, change.settings))
        problems += [
            problem.under(f'variant "{change.name}"') for problem in wrong if problem not in wrong_in_base
        ]
        if not recipe:
            continue
        key = _key(recipe)
        same = known.get(key)
        if same is None:
            known[key] = change.name
            variants.append(Variant(change.name, change.settings, recipe, dict(change.published)))
        elif change.named:
            problems.append(Problem(f'variant "{change.name}"', f'has the same settings as "{same}"'))
    problems += _names_taken([BASE, *(variant.name for variant in variants if variant.settings)])
    return variants


def _recipe(tables: Mapping[str, Any]) -> tuple[Recipe | None, list[Problem]]:
    document = {name: tables[name] for name in TABLES if name in tables}
    try:
        return Recipe.model_validate(document), []
    except ValidationError as error:
        return None, problems_of(error, Recipe, document)


def _key(recipe: Recipe) -> str:
    """Equal for equal recipes: comparing each with all others would take minutes where there are thousands."""
    return recipe.model_dump_json()


def _names_taken(called: list[str]) -> list[Problem]:
    taken = dict.fromkeys(_first_and_repeated(called)[1])
    return [Problem(f'variant "{name}"', "this name is taken by another variant") for name in taken]
