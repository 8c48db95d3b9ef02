"""A result as plain data, the JSON document of `run --json`, and in one line."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedbed.analysis.wording import failures, number
from seedbed.files import plain
from seedbed.results.notices import looks_document, sealed_document
from seedbed.results.progress import is_part, progress
from seedbed.results.sources import spread_document
from seedbed.text import counted, visible

FORMAT = 2  # of the document: keys are added, never renamed

if TYPE_CHECKING:
    from seedbed.analysis.comparing import Comparison
    from seedbed.analysis.judgements import Judgement
    from seedbed.analysis.new_data import NewData
    from seedbed.analysis.pairing import Pairing
    from seedbed.results.result import Result, VersusBase


def document(result: Result) -> dict[str, Any]:
    """All that the study found, as plain data; what is not finite is None."""
    seconds = result.environment.get("seconds") or {}
    seen = progress(result)
    contents = {
        "format": FORMAT,
        "id": result.id,
        "study": result.study["study"],
        "directory": str(result.directory),
        "status": result.status,
        "progress": {"finished": seen.finished, "of": seen.of},
        "engine": result.environment.get("engine"),
        "device": result.environment.get("device"),
        "environment": {"nodes": result.environment.get("nodes") or []},
        "metric": result.metric,
        "direction": result.study["direction"],
        "seconds": {"total": seconds.get("total"), "train": seconds.get("train")},
        "selected_by": result.selected_by,
        "ranking": result.ranking,
        "among_the_best": result.among_the_best,
        "variants": [_variant(result, row) for row in result.study["variants"]],
        "hypotheses": [
            _hypothesis(judgement) | {"made_by": maker} for judgement, maker in result.sourced_judgements
        ],
        "findings": result.findings,
        "data": result.data or None,
        "looks": looks_document(result),
        "sealed": sealed_document(result),
        "spread": spread_document(result, result.spread),
        "paired": result.paired,
        "pairing_note": result.study.get("pairing_note"),
        "seed_labels": result.study.get("seed_labels"),
    }
    return plain(contents)


def _variant(result: Result, row: dict[str, Any]) -> dict[str, Any]:
    name, published = row["name"], result.published(row["name"])
    at, statuses = result.row_of[name], result.statuses
    versus, known = result.versus_base.get(name), result.costs(name)
    return {
        "name": name,
        "settings": row.get("settings", {}),
        "runs": result.runs_of(name),
        "diverged": int(statuses.count("diverged")[at]),
        "crashed": int(statuses.count("crashed")[at]),
        "failures": vars(result.failures[name]),
        "typical": _typical(result, name),
        "parameters": known.get("parameters"),
        "seconds_per_run": known.get("seconds"),
        "metrics": {
            metric: {**vars(result.summary(name, metric)), "published": published.get(metric)}
            for metric in dict.fromkeys([*result.metrics, *published])
        },
        "versus_base": versus and _versus(result.metric, versus, result.pairing.get(name)),
    }


def _typical(result: Result, name: str) -> dict[str, Any]:
    """The median of the study's metric, which is what the tables show, with its interval."""
    seen = result.summary(name, result.metric)
    return {"metric": result.metric, "median": seen.median, "low": seen.median_low, "high": seen.median_high}


def _versus(metric: str, versus: VersusBase, pairing: Pairing | None) -> dict[str, Any]:
    seen = versus.comparison
    ends = {"estimate": seen.estimate, "low": seen.low, "high": seen.high}
    return {
        "metric": metric,
        "scale": seen.scale,
        **ends,
        "p": versus.p,
        "n": seen.n,
        "verdict": versus.verdict,
        "pairing": pairing and vars(pairing),
        "note": failures(seen) or None,
        "wins": seen.wins,
        "of": None if seen.wins is None else seen.n,
        "is_typical": seen.is_typical,
        "failed": seen.failed,
        "failed_base": seen.failed_other,
        "failures_p": seen.failures_p,
        "look": versus.look and asdict(versus.look),
        "new_data": _new_data(versus.new_data),
        **_unpaired(seen),
    }


def _unpaired(seen: Comparison) -> dict[str, Any]:
    """What there is of runs that are not paired: how many of each, how much more often the first fails."""
    low, high = seen.failures_low, seen.failures_high
    return {"runs": seen.sides, "failures_gap": {"low": low, "high": high} if math.isfinite(low) else None}


def _new_data(new: NewData | None) -> dict[str, Any] | None:
    """The interval and verdict on new data; None where the runs cannot say."""
    if new is None:
        return None
    return {"low": new.low, "high": new.high, "verdict": new.verdict, "data": new.kind}


def _hypothesis(judgement: Judgement) -> dict[str, Any]:
    seen = judgement.seen
    ends = {"estimate": seen.estimate, "low": seen.low, "high": seen.high}
    rest = {
        "p": judgement.p,
        "corrected_p": judgement.corrected_p,
        "seeds_to_decide": judgement.likely and judgement.likely.seeds,
        "note": failures(seen) or None,
        "kind": judgement.form,
        "value": judgement.value,
        "p_against": judgement.p_against,
        "look": judgement.look and asdict(judgement.look),
        "new_data": _new_data(judgement.new_data),
        "seeds_likely": judgement.likely and [judgement.likely.low, judgement.likely.high],
    }
    names = ("form", "metric", "subject", "against", "margin", "factor", "within")
    asked = {name: getattr(judgement, name) for name in names} | {"scale": seen.scale}
    return {
        "claim": judgement.claim,
        "verdict": judgement.verdict,
        **ends,
        **rest,
        **asked,
        **_unpaired(seen),
    }


def line(result: Result) -> str:
    """What a study is, how it ended and what came out best, in one line."""
    best = result.ranking[0]
    median = result.summary(best, result.selected_by).median
    seen, size = progress(result), f"{counted(len(result.variants), 'variant')} x {result.seeds_counted}"
    parts = [f"{result.study['study']} {result.id}: {result.status}, {size}"]
    if is_part(result):
        parts.append(f"{seen.finished:,} of {counted(seen.of, 'run')} finished")
    if not math.isnan(median):
        parts.append(f"best by median {result.selected_by}: {best!r} ({number(median)})")
    if result.diverged:
        parts.append(f"{counted(result.diverged, 'run')} diverged")
    if result.crashed:
        parts.append(f"{counted(result.crashed, 'run')} crashed")
    return visible(f"<Result {'; '.join([*parts, f'in {result.directory}'])}>")
