"""A result for others to read: the JSON document of `run --json`, and the table of variants."""

from __future__ import annotations

import html
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from seedbed.analysis.wording import ABSENT, between, effect, number, p_text
from seedbed.data.facts import baseline_in_words
from seedbed.files import to_json
from seedbed.text import counted

if TYPE_CHECKING:
    from seedbed.analysis.claims import Judgement
    from seedbed.results.result import Result, VersusBase


def document(result: Result) -> dict[str, Any]:
    """All that the study found, as plain data; what is not finite is None."""
    seconds = result.environment.get("seconds") or {}
    contents = {
        "id": result.id,
        "study": result.study["study"],
        "directory": str(result.directory),
        "status": result.status,
        "engine": result.environment.get("engine"),
        "device": result.environment.get("device"),
        "metric": result.metric,
        "direction": result.study["direction"],
        "seconds": {"total": seconds.get("total"), "train": seconds.get("train")},
        "selected_by": result.selected_by,
        "ranking": result.ranking,
        "variants": [_variant(result, row) for row in result.study["variants"]],
        "hypotheses": [_hypothesis(judgement) for judgement in result.judgements],
        "findings": result.findings,
        "data": result.data or None,
    }
    return json.loads(to_json(contents))


def _variant(result: Result, row: dict[str, Any]) -> dict[str, Any]:
    name, published = row["name"], result.published(row["name"])
    statuses = list(result.status_of(name).values())
    versus, known = result.versus_base.get(name), result.costs(name)
    return {
        "name": name,
        "settings": row.get("settings", {}),
        "runs": len(statuses),
        "diverged": statuses.count("diverged"),
        "parameters": known.get("parameters"),
        "seconds_per_run": known.get("seconds"),
        "metrics": {
            metric: {**asdict(result.summary(name, metric)), "published": published.get(metric)}
            for metric in dict.fromkeys([*result.metrics, *published])
        },
        "versus_base": versus and _versus(result.metric, versus),
    }


def _versus(metric: str, versus: VersusBase) -> dict[str, Any]:
    seen = versus.comparison
    ends = {"estimate": seen.estimate, "low": seen.low, "high": seen.high}
    return {
        "metric": metric,
        "scale": seen.scale,
        **ends,
        "p": versus.p,
        "n": seen.n,
        "verdict": versus.verdict,
        "note": seen.note,
    }


def _hypothesis(judgement: Judgement) -> dict[str, Any]:
    seen = judgement.seen
    ends = {"estimate": seen.estimate, "low": seen.low, "high": seen.high}
    rest = {"p": judgement.p, "seeds_to_decide": judgement.seeds_to_decide, "note": seen.note}
    names = ("form", "metric", "subject", "against", "margin", "within")
    asked = {name: getattr(judgement, name) for name in names} | {"scale": seen.scale}
    return {"claim": judgement.claim, "verdict": judgement.verdict, **ends, **rest, **asked}


def line(result: Result) -> str:
    """What a study is, how it ended and what came out best, in one line."""
    best = result.ranking[0]
    median = result.summary(best, result.selected_by).median
    told = [
        f"{result.study['study']} {result.id}: {result.status}, {counted(len(result.variants), 'variant')} x "
        f"{counted(len(result.seeds), 'seed')}"
    ]
    if not math.isnan(median):
        told.append(f"best by median {result.selected_by}: {best!r} ({number(median)})")
    if result.diverged:
        told.append(f"{counted(result.diverged, 'run')} diverged")
    return f"<Result {'; '.join([*told, f'in {result.directory}'])}>"


class Table:
    """The variants side by side: `print` it, or let a notebook show it.

    Attributes
    ----------
    header, rows
        Cells as text.
    """

    def __init__(self, result: Result) -> None:
        said = baseline_in_words(result.data, result.reported_metrics)
        self.caption = " · ".join([result.study["study"], result.status, *([said] if said else [])])
        metrics = result.reported_metrics
        published = [
            metric for metric in metrics if any(metric in result.published(name) for name in result.variants)
        ]
        self.header = ["variant", "runs"]
        for metric in metrics:
            self.header += [metric, "95 % interval", "median"]
        self.header += [f"published {metric}" for metric in published] + [f"vs {result.base}", "p", "verdict"]
        self.header += ["parameters", "seconds/run"]
        self.rows = [_row(result, name, published) for name in result.variants]

    def __str__(self) -> str:
        lines = [self.header, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        texts = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in lines
        ]
        return "\n".join([texts[0], "─" * max(map(len, texts)), *texts[1:]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(line(row, "td") for row in self.rows)
        return (
            f"<table><caption>{html.escape(self.caption)}</caption>"
            f"<thead>{line(self.header, 'th')}</thead><tbody>{body}</tbody></table>"
        )


def _row(result: Result, name: str, published: list[str]) -> list[str]:
    statuses = list(result.status_of(name).values())
    unfinished = [(statuses.count(status), status) for status in ("diverged", "interrupted")]
    told = ", ".join(f"{count} {status}" for count, status in unfinished if count)
    row = [name, f"{len(statuses)} ({told})" if told else f"{len(statuses)}"]
    for metric in result.reported_metrics:
        seen = result.summary(name, metric)
        row += [number(seen.mean), between(seen.low, seen.high), number(seen.median)]
    row += [number(result.published(name).get(metric)) for metric in published]
    versus = result.versus_base.get(name)
    row += [effect(versus.comparison), p_text(versus.p), versus.verdict] if versus else [""] * 3
    return [*row, *costs(result, name)]


def costs(result: Result, name: str) -> tuple[str, str]:
    """Parameters and seconds per run of a variant, as text."""
    known = result.costs(name)
    parameters = f"{known['parameters']:,.0f}" if "parameters" in known else ABSENT
    return parameters, number(known.get("seconds"), 3)
