"""The runs that a table of results tells of: variants, seeds, how each run ended, its metrics and curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seedbed.study.problems import Problem
from seedbed.study.settings import described
from seedbed.text import counted, enumerated, short
from seedbed.trainables.judged.columns import Labels, Numbers
from seedbed.trainables.judged.measures import metrics_in
from seedbed.trainables.judged.rows import Rows, Source, Wrong, epoch_column

MOST_TWICE = 3  # that are said one by one
DONE = ("finished", "complete", "completed", "success", "succeeded", "ok", "done", "true", "0")
FAILED = (
    "crashed", "failed", "failure", "error", "killed", "diverged", "timeout", "oom", "nan", "preempted", "false"
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """All runs of a table.

    Attributes
    ----------
    variants
        The labels of each variant, by column, as they come.
    settings
        What else is the same in all runs of a variant: by column one value for each variant.
    labels
        The labels of the seeds, sorted; None where there is no column of seeds.
    variant, seed
        (runs,) int64: of each run which variant, and which label or, without these, which of its variant's runs.
    status
        (runs,) of str.
    metrics
        By name (runs,) float64, nan where a run has none.
    curves
        Of runs with epochs: run, epoch, and the metrics by name, one below the other; None of others.
    notes
        What to know of them.
    """

    variants: list[dict[str, Any]]
    settings: dict[str, list[Any]]
    labels: list[Any] | None
    variant: np.ndarray
    seed: np.ndarray
    status: np.ndarray
    metrics: dict[str, np.ndarray]
    curves: dict[str, Any] | None
    notes: tuple[str, ...]


def found_in(source: Source, rows: Rows, metric: str) -> Found:
    """The runs of a table's rows; raises `Wrong`."""
    if not len(rows.number):
        raise Wrong(Problem("", "the table has no runs"))
    variant, variants = _variants(rows)
    seeds = rows.seed
    order, labels_ = _sorted_seeds(seeds)
    if seeds is None:
        if rows.epoch is not None:
            raise Wrong(
                Problem(
                    "results.seed", "expected the column that tells runs apart, since each has several rows"
                )
            )
        run, first = np.arange(len(variant)), np.arange(len(variant))
        seed = _counted_up(variant)
    else:
        key = variant * len(labels_ or ()) + order[seeds.codes]
        _, first, run = np.unique(key, return_index=True, return_inverse=True)
        seed = order[seeds.codes]
    metrics, notes, settings = metrics_in(source, rows, variant, len(variants), metric)
    _check_once(rows, run, variant, variants, len(rows.metrics))
    last = {name: _last(rows, run, len(first), one) for name, one in metrics.items()}
    values = {name: of[0] for name, of in last.items()}
    status = _statuses(rows, run, first, last[metric], metric, [variants[index] for index in variant[first]])
    curves = _curves(rows, run, metrics) if rows.epoch is not None else None
    found = Found(
        variants, settings, labels_, variant[first], seed[first], status, values, curves, tuple(notes)
    )
    return found


# --- variants and seeds ---------------------------------------------------------------------------------


def _variants(rows: Rows) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Which variant each row has, and the variants in the order in which they come."""
    code = np.zeros(len(rows.number), np.int64)
    for one in rows.variant.values():
        _, code = np.unique(code * len(one.values) + one.codes, return_inverse=True)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    firsts = np.sort(first)
    variants = [{name: one.values[one.codes[row]] for name, one in rows.variant.items()} for row in firsts]
    return rank[code], variants


def _sorted_seeds(seeds: Labels | None) -> tuple[np.ndarray, list[Any] | None]:
    """Which place each label of a seed has among all, and these in that order: numbers by size, text by letters."""
    if seeds is None:
        return np.empty(0, np.int64), None
    there = np.unique(seeds.codes)
    ranked = sorted(there, key=lambda code: seeds.values[code])
    order = np.zeros(len(seeds.values), np.int64)
    order[ranked] = np.arange(len(ranked))
    return order, [seeds.values[code] for code in ranked]


def _counted_up(variant: np.ndarray) -> np.ndarray:
    """(rows,): which of its variant's rows each is."""
    order = np.argsort(variant, kind="stable")
    sizes = np.bincount(variant)
    starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
    counts = np.empty(len(variant), np.int64)
    counts[order] = np.arange(len(variant)) - starts
    return counts


# --- runs -----------------------------------------------------------------------------------------------


def _check_once(
    rows: Rows, run: np.ndarray, variant: np.ndarray, variants: list[dict[str, Any]], count: int
) -> None:
    """Refuse two values of one metric of one run, or of one of its epochs."""
    _, epoch = np.unique(run if rows.epoch is None else rows.epoch, return_inverse=True)
    cell = run * (int(epoch.max()) + 1) + epoch
    if rows.metric is not None:
        cell = cell * count + rows.metric
    order = np.argsort(cell, kind="stable")
    again = np.flatnonzero(cell[order][1:] == cell[order][:-1])
    cells = np.unique(cell[order[again]])
    if len(cells):
        same = [np.flatnonzero(cell == one) for one in cells[:MOST_TWICE]]
        told = [_twice(rows, one, variants[variant[one[0]]]) for one in same]
        if more := len(cells) - len(told):
            told.append(Problem("", f"{counted(more, 'more run')} have several rows"))
        raise Wrong(*told)


def _twice(rows: Rows, same: np.ndarray, variant: dict[str, Any]) -> Problem:
    of = _called(rows, same[0], variant) + ("" if rows.epoch is None else f", epoch {rows.epoch[same[0]]}")
    name = epoch_column(rows.others) if rows.epoch is None else None
    remedy = f'; if a run has a row for each {name}, write epoch = "{name}"' if name else "; keep one of them"
    return Problem("", f"{rows.named(same)} are all of {of}{remedy}")


def _called(rows: Rows, row: int, variant: dict[str, Any]) -> str:
    """What the run of a row is called: optimizer = sgd, seed 3."""
    called = short(", ".join(f"{name} = {described(value)}" for name, value in variant.items()))
    return f"{called}, seed {rows.seed.values[rows.seed.codes[row]]}" if rows.seed else called


def _last(rows: Rows, run: np.ndarray, count: int, one: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """The last value of a metric in each run, (runs,), and (runs,) bool, whether there is one."""
    where = np.flatnonzero(one.there)
    if rows.epoch is not None:
        where = where[np.argsort(rows.epoch[where], kind="stable")]
    values, there = np.full(count, np.nan), np.zeros(count, bool)
    values[run[where]], there[run[where]] = one.values[where], True  # the last one stays
    return values, there


def _statuses(
    rows: Rows,
    run: np.ndarray,
    first: np.ndarray,
    last: tuple[np.ndarray, np.ndarray],
    metric: str,
    variants: list[dict[str, Any]],
) -> np.ndarray:
    """(runs,) of str: complete, diverged where the metric is not finite, crashed where a column says so."""
    values, there = last
    status = np.where(np.isfinite(values), "complete", "diverged").astype(object)
    if rows.status:
        status[_failed(rows, run, len(first))] = "crashed"
    gaps = ~there & (status != "crashed")
    if gaps.any():
        where = rows.named(first[gaps])
        if rows.epoch is not None or rows.metric is not None:
            index = int(np.flatnonzero(gaps)[0])
            more = f" and {counted(int(gaps.sum()) - 1, 'more run')}" if gaps.sum() > 1 else ""
            where = f"all rows of {_called(rows, first[index], variants[index])}{more}"
        remedy = "give the value, nan where a run failed, or leave the run out"
        raise Wrong(Problem("", f'"{short(metric)}" is empty in {where}; {remedy}'))
    return status


def _failed(rows: Rows, run: np.ndarray, count: int) -> np.ndarray:
    """(runs,) bool: of which the column of statuses says that they failed."""
    assert rows.status
    words = [str(value).strip().casefold() for value in rows.status.values]
    unknown = [index for index, word in enumerate(words) if word not in (*DONE, *FAILED)]
    wrong = np.isin(rows.status.codes, [*unknown, -1])
    if wrong.any():
        index = int(np.flatnonzero(wrong)[0])
        code = rows.status.codes[index]
        got = f'"{short(str(rows.status.values[code]))}"' if code >= 0 else "nothing"
        known = enumerated([*DONE[:3], *FAILED[:3]])
        message = f"expected {known} or the like, got {got} in {rows.named([index])}"
        raise Wrong(Problem("results.status", f"{message}; leave out runs that still run"))
    failed = np.zeros(count, bool)
    bad = np.isin(rows.status.codes, [index for index, word in enumerate(words) if word in FAILED])
    failed[run[bad]] = True
    return failed


def _curves(rows: Rows, run: np.ndarray, metrics: dict[str, Numbers]) -> dict[str, Any]:
    """Run, epoch, metric and value of every number that there is; what is not finite is no point of a curve."""
    assert rows.epoch is not None
    runs, epochs, names, values = [], [], [], []
    for name, one in metrics.items():
        where = np.flatnonzero(one.there & np.isfinite(one.values))
        where = where[np.lexsort((rows.epoch[where], run[where]))]
        runs.append(run[where])
        epochs.append(rows.epoch[where])
        names.append(np.full(len(where), name, dtype=object))
        values.append(one.values[where])
    return {
        "run": np.concatenate(runs),
        "epoch": np.concatenate(epochs),
        "metric": np.concatenate(names),
        "value": np.concatenate(values),
    }
