"""The first section: the verdict on every claim, and what the variants show beyond the claims."""

from __future__ import annotations

import math
from collections.abc import Iterator

from seedbed.analysis.intervals import median_interval, present
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.power import fewest_pairs
from seedbed.analysis.sentences import corrections, sentence
from seedbed.analysis.wording import SHARED, between, number
from seedbed.report.blocks import Block, Filled, Note
from seedbed.report.leaders import has_finished, listed
from seedbed.results.notices import notices
from seedbed.results.result import Result
from seedbed.text import counted

OPENINGS = {
    "better": "Better than {}: ",
    "worse": "Worse than {}: ",
    "no evidence": "No evidence of a difference from {}: ",
    "not enough seeds": "Too few seeds to tell from {}: ",
    "same runs": "The same runs as {}, so what was changed has no effect: ",
    "all failed": "Failed under every seed, as {} did: ",
    "no finished runs": "No finished runs to compare with {}: ",
    "undefined": "Not compared with {}, since the metric is undefined: ",
    "not tested": "Not compared with {}, since the metric is a cost: ",
    "not tested: crossed seeds": "Not tested against {}, since runs with crossed seeds are not independent: ",
}


def blocks(result: Result) -> Iterator[Block]:
    """The claims, each with its verdict, and the summary."""
    verdicts = [
        {"judgement": one, "made_by": maker, "sentence": sentence(one)}
        for one, maker in result.sourced_judgements
    ]
    if told := notices(result):
        yield Note(*told)
    summary = [*filter(None, [corrections(result.judgements)]), *_summary(result)]
    yield Filled("verdicts.html", {"verdicts": verdicts, "summary": summary})


def _summary(result: Result) -> list[str]:
    """What the variants show beyond the claims, in sentences."""
    if not has_finished(result):
        return ["No run has finished, so there is nothing to compare."]
    sentences = [_selection(result)]
    by_verdict: dict[str, list[str]] = {}
    for name, versus in result.versus_base.items():
        by_verdict.setdefault(versus.verdict, []).append(name)
    for verdict, opening in OPENINGS.items():
        if verdict in by_verdict:
            sentences.append(f"{opening.format(result.base)}{listed(by_verdict[verdict])}.")
    if "not enough seeds" in by_verdict:
        count = len(result.versus_base)
        sentences.append(
            f"With {counted(count, 'comparison')} a test needs at least {fewest_pairs(count)} paired seeds."
        )
    return [*sentences, *_on_new_data(result)]


def _on_new_data(result: Result) -> Iterator[str]:
    """Which variants also differ from base on new data, and what all verdicts are about."""
    if told := result.about:
        yield told
    for verdict in ("better", "worse"):
        there = {
            name: versus.new_data
            for name, versus in result.versus_base.items()
            if versus.verdict == verdict and versus.new_data and versus.new_data.kind in SHARED
        }
        also = [name for name, new in there.items() if new.verdict == verdict]
        rest = [name for name in there if name not in also]
        if also:
            yield f"{verdict.capitalize()} than {result.base}, also on new data: {listed(also)}."
        if rest:
            yield f"{verdict.capitalize()} than {result.base} here, not shown on new data: {listed(rest)}."


def _selection(result: Result) -> str:
    """Which variant the study's metric selects, and its mean on the test part."""
    metric, best = result.selected_by, result.ranking[0]
    median = result.summary(best, metric).median
    if math.isinf(median):
        return "At least half of the runs of every variant diverged, so none comes first."
    if math.isnan(median):
        return f"No run has a {metric}, so no variant comes first."
    better = "lower" if result.direction(metric) == "min" else "higher"
    text = f"By median {metric} ({better} is better) “{best}” comes first with {number(median)}"
    for reported in result.reported_metrics:
        if reported != metric:
            text += f"; its median {reported} is {number(result.summary(best, reported).median)}"
        # it was chosen among all: its interval has to hold for each of them
        values = present(result.values(best, reported))
        _, low, high = median_interval(values, 1 - ALPHA / len(result.variants))
        if math.isfinite(low) and math.isfinite(high) and not result.levels:
            count = len(result.variants)
            chosen = f", wide enough for the best of {count}" if count > 1 else ""
            text += f" ({between(low, high)}{chosen})"
    return f"{text}. {_equals(result)}".rstrip()


def _equals(result: Result) -> str:
    """Which variants are not distinguishable from the best."""
    others = result.among_the_best[1:]
    if result.levels or len(result.variants) == 1:
        return ""
    if not others:
        return "It is distinguishable from all others."
    if len(others) == len(result.variants) - 1:
        return "No variant is distinguishable from the best."
    return f"Not distinguishable from the best: {listed(others)}."
