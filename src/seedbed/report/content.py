"""What the page says in words and numbers: its title, verdicts, tables and settings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seedbed.analysis.advice import by_kind
from seedbed.analysis.power import fewest_pairs
from seedbed.analysis.sentences import sentence
from seedbed.analysis.wording import ABSENT, between, effect, effect_interval, number, p_text, scale_in_words
from seedbed.data.facts import baseline_in_words, in_words
from seedbed.report.series import MOST_ROWS, best_and_base, has_finished
from seedbed.results.documents import costs
from seedbed.results.result import Result

MOST_VALUES = 12  # of a setting; the table of changes has them all
MOST_LISTED = 8  # names in a sentence; the table has them all
OPENINGS = {
    "better": "Better than {}: ",
    "worse": "Worse than {}: ",
    "no evidence": "No evidence of a difference from {}: ",
    "not enough seeds": "Too few seeds to tell from {}: ",
    "same runs": "The same runs as {}, so what was changed has no effect: ",
    "all diverged": "Diverged under every seed, as {} did: ",
    "no finished runs": "No finished runs to compare with {}: ",
    "undefined": "Not compared with {}, since the metric is undefined: ",
    "not tested": "Not compared with {}, since the metric is a cost: ",
}


def content(result: Result) -> dict[str, Any]:
    """All that the template fills in but the figures."""
    environment = {
        key: value for key, value in result.environment.items() if key not in ("command", "status")
    }
    return {
        "study": result.study,
        "data": [*in_words(result.data), *_baseline(result), *result.data.get("notes", [])],
        "baseline": {
            metric: number(result.data.get("baseline", {}).get(metric)) for metric in result.reported_metrics
        },
        "facts": _facts(result),
        "verdicts": [{"judgement": one, "sentence": sentence(one)} for one in result.judgements],
        "summary": _summary(result),
        "metrics": result.reported_metrics,
        "published": [metric for metric in result.reported_metrics if _is_published(result, metric)],
        "rows": [_row(result, name) for name in result.ranking],
        "shown": {"rows": min(MOST_ROWS, len(result.variants))},
        "findings": by_kind(result.findings),
        "settings": _settings(result),
        "changes": {row["name"]: dict(_flat(row["settings"])) for row in result.study["variants"]},
        "environment": {
            key: _listed(value) for key, value in environment.items() if value not in (None, {}, [])
        },
        "train_curve": _train_curve(result),
        "scale": scale_in_words(result.scale(result.metric)),
        "all_diverged": _all_diverged(result),
        "pictured": _pictured(result),
        "command": result.environment.get("command"),
    }


# --- words ----------------------------------------------------------------------------------------------


def _facts(result: Result) -> list[str]:
    """The line under the title."""
    environment = result.environment
    facts = [f"{_count(len(result.variants), 'variant')} × {_count(len(result.seeds), 'seed')}"]
    total = (environment.get("seconds") or {}).get("total")
    if total is not None:
        facts.append(f"{total:.1f} s" if total < 120 else f"{total / 60:.0f} min")
    if environment.get("engine"):
        facts.append(f"{environment['engine']} engine on {environment.get('device') or 'cpu'}")
    if environment.get("started"):
        facts.append(str(environment["started"])[:10])
    return [*facts, result.id]


def _baseline(result: Result) -> list[str]:
    said = baseline_in_words(result.data, result.reported_metrics)
    return [said] if said else []


def _summary(result: Result) -> list[str]:
    """What the variants show beyond the hypotheses, in sentences."""
    if not has_finished(result):
        return ["No run has finished, so there is nothing to compare."]
    told = [_selection(result)]
    groups: dict[str, list[str]] = {}
    for name, versus in result.versus_base.items():
        groups.setdefault(versus.verdict, []).append(name)
    for verdict, opening in OPENINGS.items():
        if verdict in groups:
            told.append(f"{opening.format(result.base)}{_names(groups[verdict])}.")
    if "not enough seeds" in groups:
        count = len(result.versus_base)
        told.append(
            f"With {_count(count, 'comparison')} a test needs at least {fewest_pairs(count)} paired seeds."
        )
    return told


def _train_curve(result: Result) -> str:
    """How many samples stand behind the training curves; empty where all do, or where an old study does not say."""
    drawn = {
        f"{facts['samples']:,} of {facts['of']:,}"
        for row in result.study["variants"]
        if (facts := row.get("train_curve")) and facts["samples"] < facts["of"]
    }
    if not drawn:
        return ""
    return f"Training metrics are of {' or '.join(sorted(drawn))} training samples, drawn at random."


def _selection(result: Result) -> str:
    """Which variant the study's metric picks, and what the test part says of it."""
    metric, best = result.selected_by, result.ranking[0]
    median = result.summary(best, metric).median
    if math.isinf(median):
        return "At least half of the runs of every variant diverged, so none comes first."
    if math.isnan(median):
        return f"No run has a {metric}, so no variant comes first."
    least = "lower" if result.direction(metric) == "min" else "higher"
    told = f"By median {metric} ({least} is better) “{best}” comes first with {number(median)}"
    for test in result.reported_metrics:
        if test == metric:
            continue
        seen = result.summary(best, test)
        interval = between(seen.low, seen.high)
        told += f"; its mean {test} is {number(seen.mean)}" + (f" ({interval})" if interval != ABSENT else "")
    return told + "."


def _all_diverged(result: Result) -> str:
    """What to know of curves of variants that always diverged; empty where there are none."""
    names = [name for name in result.variants if set(result.status_of(name).values()) == {"diverged"}]
    if not names:
        return ""
    return f"Every run of {_names(names)} diverged: such a line ends early, or is missing."


def _pictured(result: Result) -> str:
    """The variants whose networks are looked into."""
    best, *others = best_and_base(result)
    return f"“{best}”, the best variant" + "".join(f", and “{name}”" for name in others)


def _names(names: Sequence[str]) -> str:
    """Names in a sentence, or how many they are."""
    if len(names) > MOST_LISTED:
        return f"{len(names)} variants"
    return ", ".join(f"“{name}”" for name in names)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# --- tables ---------------------------------------------------------------------------------------------


def _row(result: Result, name: str) -> dict[str, Any]:
    """One variant of the table."""
    statuses = list(result.status_of(name).values())
    metrics = {}
    for metric in result.reported_metrics:
        seen = result.summary(name, metric)
        metrics[metric] = {
            "mean": number(seen.mean),
            "interval": between(seen.low, seen.high),
            "median": number(seen.median),
            "published": number(result.published(name).get(metric)),
        }
    versus = result.versus_base.get(name)
    row = {
        "name": name,
        "runs": len(statuses),
        "others": {
            status: statuses.count(status) for status in ("diverged", "interrupted") if status in statuses
        },
        "metrics": metrics,
        "costs": costs(result, name),
        "is_best": name == result.ranking[0]
        and math.isfinite(result.summary(name, result.selected_by).median),
        "versus": None,
    }
    if versus:
        row["versus"] = {
            "effect": effect(versus.comparison),
            "interval": effect_interval(versus.comparison),
            "p": p_text(versus.p),
            "verdict": versus.verdict,
            "note": versus.comparison.note,
        }
    return row


def _is_published(result: Result, metric: str) -> bool:
    return any(metric in result.published(name) for name in result.variants)


def _settings(result: Result) -> list[dict[str, Any]]:
    """Every setting of the base, and what else it is in other variants."""
    recipes = {row["name"]: dict(_flat(row["recipe"])) for row in result.study["variants"]}
    keys = dict.fromkeys(key for recipe in recipes.values() for key in recipe)
    base = recipes[result.base]
    rows = []
    for key in keys:
        values = [recipe.get(key, ABSENT) for recipe in recipes.values()]
        own = base.get(key, ABSENT)
        others = [value for value in dict.fromkeys(values) if value != own]
        left_out = [f"and {len(others) - MOST_VALUES:,} more"] if len(others) > MOST_VALUES else []
        rows.append({"key": key, "value": own, "others": others[:MOST_VALUES] + left_out})
    return rows


def _flat(tables: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Dotted key -> value as text, tables within tables opened."""
    for key, value in tables.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _listed(value: Any) -> list[tuple[str, str]] | str:
    """A value of the environment: text, or pairs of names and texts."""
    if isinstance(value, Mapping):
        return [pair for pair in _flat(value) if pair[1] != ABSENT]
    return _text(value)
