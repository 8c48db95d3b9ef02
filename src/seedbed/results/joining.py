"""Stored studies side by side: their runs as one table of results, and whether these can be compared in pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.files import leaves
from seedbed.results.progress import is_part, progress
from seedbed.results.statuses import BROKEN
from seedbed.results.stored import Stored
from seedbed.store.schema import RUN_COLUMNS
from seedbed.study.problems import Problem, StudyError
from seedbed.study.settings import described
from seedbed.study.suggestions import instead_of
from seedbed.text import counted, enumerated, first_few

VARIANT, SEED, STATUS, STUDY = "variant", "seed", "status", "study"
ORIGIN = "the studies"  # of problems
DECIDING = ("direction", "scale")  # what studies have to agree on, or their claims to say
SIZES = ("matters", "fails_above", "fails_below")
ABSENT = "–"  # of a setting that a variant does not have
OF_DATA_ALONE = ("scale",)  # settings of data that change no split


@dataclass(frozen=True)
class Joined:
    """The runs of several studies as a table of results.

    Attributes
    ----------
    columns
        The table: a row for each run that ended.
    metrics
        Those that all studies have, the one that variants are compared by first.
    study
        The keys of the table [study] on which the studies agree.
    unpaired
        Why runs under the same seed have nothing in common; None where they do.
    notes
        What to know of it.
    """

    columns: dict[str, list[Any]]
    metrics: list[str]
    study: dict[str, Any]
    unpaired: str | None
    notes: list[str]


def joined(
    results: Sequence[Stored], metric: str | None = None, asked: Mapping[str, Any] | None = None
) -> Joined:
    """Join stored studies.

    A variant has its own name where no other study has one of that name, else "study: variant".

    Parameters
    ----------
    metric
        What variants are compared by; that of the studies where they have the same.
    asked
        The table [study] that comes with claims, which decides where studies differ.

    Raises
    ------
    StudyError
        Where they cannot be compared.
    """
    if len(results) < 2:
        raise _wrong("", f"expected two or more, got {len(results)}")
    twice = [
        one for one, count in Counter(result.directory.resolve() for result in results).items() if count > 1
    ]
    if twice:
        raise _wrong("", f"{twice[0].name} is named twice; name each study once")
    named = _named(results)
    if crossed := [name for name, result in named.items() if result.levels]:
        raise _wrong("", f"{crossed[0]} crosses its seeds, so its runs are not independent and not compared")
    metrics = _metrics(named, metric)
    study, notes = _agreed(named, metrics[0], asked or {})
    columns, left_out = _columns(named, metrics)
    if left_out:
        notes.append(f"{counted(left_out, 'run')} without a {metrics[0]} are left out")
    return Joined(columns, metrics, study, _unpaired(named), [*_parts(named), *notes])


def _wrong(key: str, message: str) -> StudyError:
    return StudyError(ORIGIN, [Problem(key, message)])


def _named(results: Sequence[Stored]) -> dict[str, Stored]:
    """The studies by their names, by their ids where these are several executions of one study."""
    names = [result.study["study"] for result in results]
    return {
        name if names.count(name) == 1 else result.id: result
        for name, result in zip(names, results, strict=True)
    }


def _parts(named: Mapping[str, Stored]) -> Iterator[str]:
    """Which studies have no more than a part of their runs."""
    for name, result in named.items():
        if is_part(result):
            seen = progress(result)
            yield f"{name} is {result.status}: {seen.finished:,} of {counted(seen.of, 'run')} are compared"


# --- what is compared -----------------------------------------------------------------------------------


def _metrics(named: Mapping[str, Stored], metric: str | None) -> list[str]:
    first, *others = named.values()
    shared = [name for name in first.metrics if all(name in other.metrics for other in others)]
    if not shared:
        own = "; ".join(f"{name} has {first_few(result.metrics) or 'none'}" for name, result in named.items())
        raise _wrong("", f"they share no metric: {own}")
    if metric is None:
        own_metrics = list(dict.fromkeys(result.metric for result in named.values()))
        if len(own_metrics) > 1 or own_metrics[0] not in shared:
            message = (
                f"they are compared by {enumerated(own_metrics, 'and')}; name one of {first_few(shared)}"
            )
            raise _wrong("metric", message)
        metric = own_metrics[0]
    if metric not in shared:
        raise _wrong("metric", f'"{metric}" is not a metric of all of them; {instead_of(metric, shared)}')
    return [metric, *(name for name in shared if name != metric)]


def _agreed(
    named: Mapping[str, Stored], metric: str, asked: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """What all studies say of the metric, and what they do not agree on."""
    of_each: dict[str, list[Any]] = {
        "direction": [result.direction(metric) for result in named.values()],
        "scale": [result.scale(metric) for result in named.values()],
    }
    for key in SIZES:
        of_each[key] = [
            result.study.get(key) if result.metric == metric else None for result in named.values()
        ]
    study: dict[str, Any] = {}
    notes = []
    for key, values in of_each.items():
        told = ", ".join(
            f"{name} {ABSENT if value is None else value}" for name, value in zip(named, values, strict=True)
        )
        if key in asked:
            continue
        if len(set(values)) == 1:
            study |= {key: values[0]} if values[0] is not None else {}
        elif key in DECIDING:
            raise _wrong(f"study.{key}", f"they differ ({told}); say which in a table [study] of the claims")
        else:
            notes.append(
                f"study.{key} differs ({told}), so none is taken unless the claims have it in [study]"
            )
    return study, notes


# --- the table ------------------------------------------------------------------------------------------


def _columns(named: Mapping[str, Stored], metrics: Sequence[str]) -> tuple[dict[str, list[Any]], int]:
    """The table, and how many runs have no such metric."""
    called = _called(named)
    settings = _settings(named, {VARIANT, SEED, STATUS, STUDY, *RUN_COLUMNS, *metrics})
    columns: dict[str, list[Any]] = {name: [] for name in (VARIANT, SEED, STATUS, STUDY, *settings, *metrics)}
    left_out = 0
    for name, result in named.items():
        for variant in result.variants:
            values = {metric: result.values(variant, metric) for metric in metrics}
            statuses = result.status_of(variant)
            for index, seed in enumerate(result.seeds):
                status = statuses.get(seed, "interrupted")
                own = [None if status in BROKEN else float(values[metric][index]) for metric in metrics]
                if status == "interrupted" or (own[0] is not None and np.isnan(own[0])):
                    left_out += status != "interrupted"
                    continue
                if status == "diverged":
                    own[0] = np.nan
                row = [called[name, variant], seed, "crashed" if status == "crashed" else "complete", name]
                row += [of[name, variant] for of in settings.values()]
                for column, cell in zip(columns.values(), [*row, *own], strict=True):
                    column.append(cell)
    columns[SEED] = _seed_labels(named, columns)
    return columns, left_out


def _called(named: Mapping[str, Stored]) -> dict[tuple[str, str], str]:
    """What each variant of each study is called."""
    every = [(name, variant) for name, result in named.items() for variant in result.variants]
    counts = Counter(variant for _, variant in every)
    return {
        (name, variant): variant if counts[variant] == 1 else f"{name}: {variant}" for name, variant in every
    }


def _seed_labels(named: Mapping[str, Stored], columns: Mapping[str, Sequence[Any]]) -> list[Any]:
    """Seeds as their studies call them: numbers unless some study has names for them."""
    labels = {name: result.study.get("seed_labels") for name, result in named.items()}
    if not any(labels.values()):
        return list(columns[SEED])
    return [
        own[seed] if (own := labels[name]) and seed < len(own) else str(seed)
        for name, seed in zip(columns[STUDY], columns[SEED], strict=True)
    ]


def _settings(named: Mapping[str, Stored], taken: set[str]) -> dict[str, dict[tuple[str, str], Any]]:
    """By setting its value in each variant, of those in which variants differ; text where these are not all numbers."""
    flat = {
        (name, variant): dict(leaves(result.configuration(variant)))
        for name, result in named.items()
        for variant in result.variants
    }
    found = {}
    for key in dict.fromkeys(key for own in flat.values() for key in own):
        values = [own[key] for own in flat.values() if key in own]
        if all(value == values[0] for value in values) or key == "results.path":
            continue
        numbers = len(values) == len(flat) and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in values
        )
        short = key.removeprefix("settings.")
        found[f"setting {short}" if short in taken else short] = {
            variant: own[key] if numbers else described(own[key]) if key in own else ABSENT
            for variant, own in flat.items()
        }
    return found


# --- pairs ----------------------------------------------------------------------------------------------


def _unpaired(named: Mapping[str, Stored]) -> str | None:
    """Why runs of two studies under the same seed have nothing in common; None where split and order are the same."""
    for name, result in named.items():
        if not result.paired:
            return f"the runs of {name} are not paired themselves"
    first, *others = named
    for other in others:
        if differs := _difference(named[first], named[other]):
            return f"{first} and {other} differ in {differs}"
    return None


def _difference(one: Stored, other: Stored) -> str | None:
    """In what two studies differ that a seed decides on: the data and their split, the code, the table of results."""
    mine, theirs = one.configuration(one.base), other.configuration(other.base)
    if mine.keys() != theirs.keys():
        return "what trained them"
    if one.study.get("study_seed") != other.study.get("study_seed"):
        return "study.seed"
    if "data" in mine:
        keys = sorted({*mine["data"], *theirs["data"]} - set(OF_DATA_ALONE))
        if apart := [f"data.{key}" for key in keys if mine["data"].get(key) != theirs["data"].get(key)]:
            return first_few(apart)
    for fact in ("data", "code"):
        checksums = [_checksums(result.environment.get(fact)) for result in (one, other)]
        if checksums[0] != checksums[1]:
            return "the checksum of their data" if fact == "data" else "their code"
    return None


def _checksums(facts: Any) -> Any:
    """Those of files of data, or of code."""
    if not isinstance(facts, Mapping):
        return None
    return facts.get("digest") or sorted(map(str, facts.values()))
