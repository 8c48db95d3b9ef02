"""The first section: the verdict on every claim, and what the variants show beyond the claims."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from seedbed.analysis.intervals import median_interval, present
from seedbed.analysis.p_values import ALPHA
from seedbed.analysis.power import fewest_pairs, fewest_runs
from seedbed.analysis.sentences import corrections, sentence
from seedbed.analysis.wording import SHARED, between, number
from seedbed.report.blocks import Block, Filled, Note
from seedbed.report.leaders import has_finished, listed
from seedbed.results.notices import notices
from seedbed.results.progress import is_part
from seedbed.results.result import Result, VersusBase
from seedbed.text import counted

OPENINGS = {
    "better": "Better than {}: ",
    "worse": "Worse than {}: ",
    "no evidence": "No evidence of a difference from {}: ",
    "not enough seeds": "Too few runs to tell from {}: ",
    "same runs": "The same runs as {}, so what was changed has no effect: ",
    "all failed": "All runs failed, as those of {} did: ",
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
    groups: dict[str, list[str]] = {}
    for name, versus in sorted(
        result.versus_base.items(), key=lambda one: list(OPENINGS).index(one[1].verdict)
    ):
        groups.setdefault(_opening(result.base, versus), []).append(name)
    sentences += [f"{opening}{listed(names)}." for opening, names in groups.items()]
    if any(versus.verdict == "not enough seeds" for versus in result.versus_base.values()):
        count = len(result.versus_base)
        fewest = (
            f"{fewest_pairs(count)} paired seeds"
            if result.paired
            else f"{fewest_runs(count)} runs of each variant"
        )
        sentences.append(f"With {counted(count, 'comparison')} a test needs at least {fewest}.")
    return [*sentences, *filter(None, [result.about])]


def _opening(base: str, versus: VersusBase) -> str:
    """What is said of variants with such a verdict, and whether it also holds on new data where that may differ."""
    text, new = OPENINGS[versus.verdict], versus.new_data
    if versus.verdict in ("better", "worse") and new and new.kind in SHARED:
        where = ", also on new data" if new.verdict == versus.verdict else " here, not shown on new data"
        text = text.replace("{}", f"{{}}{where}")
    return text.format(base)


def _selection(result: Result) -> str:
    """Which variant the study's metric selects, and its mean on the test part."""
    metric, best = result.selected_by, result.ranking[0]
    median = result.summary(best, metric).median
    if math.isinf(median):
        return "At least half of the runs of every variant diverged or crashed, so none comes first."
    if math.isnan(median):
        return f"No run has a {metric}, so no variant comes first."
    better = "lower" if result.direction(metric) == "min" else "higher"
    first = "comes first so far" if is_part(result) else "comes first"
    text = f"By median {metric} ({better} is better) “{best}” {first} with {number(median)}"
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
    others, seen = result.among_the_best[1:], int(np.sum(result.statuses.finished.any(axis=1)))
    if result.levels or seen == 1:
        return ""
    whole = "" if seen == len(result.variants) else " that have finished runs"
    if not others:
        return f"It is distinguishable from all others{whole}."
    if len(others) == seen - 1:
        return f"No variant{' with finished runs' if whole else ''} is distinguishable from the best."
    return f"Not distinguishable from the best: {listed(others)}."
