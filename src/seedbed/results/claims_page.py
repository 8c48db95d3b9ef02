"""A page on the claims of several stored studies: what was published, what was found, and how many claims hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from seedbed.analysis.forms import FORMS
from seedbed.analysis.judgements import Judgement
from seedbed.analysis.sentences import corrections, sentence
from seedbed.analysis.wording import SHARED, number
from seedbed.results.progress import is_part, progress
from seedbed.results.result import Result
from seedbed.study.hypotheses import Hypothesis
from seedbed.text import counted, visible_lines

TAG = re.compile(r"<(?=[A-Za-z/!?])")  # its beginning
VERDICTS = ("supported", "refuted", "undecided")
INTRODUCTION = (
    "Written by `{command}` from stored results; nothing here is typed by hand. A claim that names a report is that "
    "report's, the others are ours. A verdict is about what is typical: the trimmed mean of gaps between runs of the "
    "same seed, or the median of runs. How reliable a setting is, is told beside it: how many of its runs failed. A "
    "result that contradicts a claim is a result."
)


def page(studies: Mapping[str, Result], waiting: Mapping[str, Sequence[Hypothesis]], command: str) -> str:
    """Markdown on the claims of studies.

    Parameters
    ----------
    studies
        By name.
    waiting
        The claims of studies that were not run, by name.
    command
        What writes the page.
    """
    lines = ["# Claims, tested", "", INTRODUCTION.format(command=command), "", summary(studies.values()), ""]
    if waiting:
        lines += [
            f"Not run: {', '.join(f'`{name}`{_others(claims)}' for name, claims in waiting.items())}.",
            "",
        ]
    lines += [*_counts(studies), ""]
    for name, result in studies.items():
        lines += _study(name, result)
    return visible_lines("\n".join(lines))


def summary(results: Iterable[Result]) -> str:
    """How many of the claims that others made hold, and how many of their numbers ours could be."""
    results = list(results)
    claims, numbers = Counter[str](), Counter[str]()
    for result in results:
        for one, maker in result.sourced_judgements:
            if maker:
                (numbers if _is_number(one.form) else claims)[one.verdict] += 1
    told = ", ".join(f"{claims[verdict]} {verdict}" for verdict in VERDICTS)
    studies = "1 study" if len(results) == 1 else f"{len(results)} studies"
    text = f"**Of {counted(claims.total(), 'claim')} that others made, in {studies}: {told}.**"
    if numbers:
        text += (
            f" Of {counted(numbers.total(), 'published number')} held against our runs, {numbers['supported']} could "
            "be that of a run here that did not fail."
        )
    return text


def _is_number(form: str) -> bool:
    """Whether a claim is about a published number, which holds unless runs speak against it."""
    return FORMS[form].stands


def _others(claims: Sequence[Hypothesis]) -> str:
    """How many claims of others there are, in brackets; empty where there are none."""
    count = sum(claim.made_by is not None and not _is_number(claim.form) for claim in claims)
    return f" ({counted(count, 'claim')} of others)" if count else ""


def _counts(studies: Mapping[str, Result]) -> Iterator[str]:
    """A table of the verdicts by study: those on claims of others, and those on ours."""
    others = " | ".join(f"others' {verdict}" for verdict in VERDICTS)
    yield f"| study | seeds | {others} | numbers that ours could be | ours supported |"
    yield "| --- |" + " ---: |" * 6
    for name, result in studies.items():
        judged = result.sourced_judgements
        claims = Counter(one.verdict for one, maker in judged if maker and not _is_number(one.form))
        numbers = [one.verdict for one, maker in judged if maker and _is_number(one.form)]
        own = [one.verdict for one, maker in judged if not maker]
        cells = [str(len(result.seeds)), *(str(claims[verdict]) for verdict in VERDICTS)]
        cells += [_of(numbers), _of(own)]
        yield f"| [{name}](#{_anchor(name)}) | {' | '.join(cells)} |"


def _of(verdicts: list[str]) -> str:
    """How many of some are supported."""
    return f"{verdicts.count('supported')} of {len(verdicts)}" if verdicts else "–"


def _study(name: str, result: Result) -> Iterator[str]:
    """The claims of a study."""
    yield f"## {name}"
    yield ""
    facts = [result.id, result.status, counted(len(result.seeds), "seed")]
    if is_part(result):
        seen = progress(result)
        facts.append(f"{seen.finished:,} of {counted(seen.of, 'run')} finished")
    if engine := result.environment.get("engine"):
        facts.append(f"{engine} engine")
    yield f"{_cell(result.study.get('description', ''))} ({', '.join(facts)})"
    yield ""
    is_shared = any(one.new_data and one.new_data.kind in SHARED for one in result.judgements)
    heads = [
        "verdict",
        *(["on new data"] if is_shared else []),
        "claim",
        "made by",
        "published",
        "what was found",
    ]
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    for one, maker in result.sourced_judgements:
        there = [one.new_data.verdict if one.new_data else "–"] if is_shared else []
        cells = [
            f"**{one.verdict}**",
            *there,
            one.claim,
            maker or "ours",
            _published(result, one),
            sentence(one),
        ]
        yield f"| {' | '.join(map(_cell, cells))} |"
    yield ""
    for told in filter(None, (result.about, corrections(result.judgements))):
        yield f"{told.rstrip('.')}."
        yield ""


def _published(result: Result, judgement: Judgement) -> str:
    """The published numbers that a claim is about, of its subject and what it is held against."""
    told = []
    for name in dict.fromkeys((judgement.subject, judgement.against)):
        if name in result.variants:
            value = result.published(name).get(judgement.metric)
            told += [f"{name}: {number(value)}"] if value is not None else []
    return "; ".join(told)


def _anchor(name: str) -> str:
    """What a heading is linked by."""
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter in "-_")


def _cell(text: str) -> str:
    """Text as one cell of a table, which can be no HTML, link or image."""
    text = TAG.sub("&lt;", " ".join(text.split()))
    return text.replace("|", "\\|").replace("](", "]\\(")
