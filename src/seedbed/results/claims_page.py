"""A page on the claims of several stored studies: what was published, what was found, and how many claims hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from seedbed.analysis.claims import Judgement
from seedbed.analysis.sentences import corrections, sentence
from seedbed.analysis.wording import number
from seedbed.results.result import Result
from seedbed.text import counted

VERDICTS = ("supported", "refuted", "undecided")


def page(studies: Mapping[str, Result | None], command: str) -> str:
    """Markdown on the claims of studies.

    Parameters
    ----------
    studies
        By name; None where one was not run.
    command
        What writes the page.
    """
    run = {name: result for name, result in studies.items() if result}
    lines = [
        "# Claims, tested",
        "",
        f"Written by `{command}` from stored results; nothing here is typed by hand. A claim that names who made it is "
        "theirs, the others are ours. A result that contradicts a claim is a result.",
        "",
        summary(list(run.values())),
        "",
        *_counts(run),
        "",
    ]
    for name, result in run.items():
        lines += _study(name, result)
    if missing := [name for name, result in studies.items() if not result]:
        lines += [
            "## Not run",
            "",
            "No stored result: " + ", ".join(f"`{name}`" for name in missing) + ".",
            "",
        ]
    return "\n".join(lines)


def summary(results: Sequence[Result]) -> str:
    """How many of the claims that others made hold, in a sentence or two."""
    found = Counter(one.verdict for result in results for one, source in result.sourced_judgements if source)
    total = sum(found.values())
    told = ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS)
    studies = "1 study" if len(results) == 1 else f"{len(results)} studies"
    return f"**Of {counted(total, 'claim')} that others made, in {studies}: {told}.**"


def _counts(studies: Mapping[str, Result]) -> Iterator[str]:
    """A table of the verdicts by study: those on claims of others, and those on ours."""
    yield (
        "| study | seeds | "
        + " | ".join(f"others' {verdict}" for verdict in VERDICTS)
        + " | ours supported |"
    )
    yield "| --- |" + " ---: |" * 5
    for name, result in studies.items():
        judged = result.sourced_judgements
        others = Counter(one.verdict for one, source in judged if source)
        own = [one.verdict for one, source in judged if not source]
        cells = [str(others[verdict]) for verdict in VERDICTS]
        ours = f"{own.count('supported')} of {len(own)}"
        yield f"| [{name}](#{_anchor(name)}) | {len(result.seeds)} | {' | '.join(cells)} | {ours} |"


def _study(name: str, result: Result) -> Iterator[str]:
    """The claims of a study."""
    yield f"## {name}"
    yield ""
    facts = [result.id, result.status, counted(len(result.seeds), "seed")]
    if engine := result.environment.get("engine"):
        facts.append(f"{engine} engine")
    yield f"{_cell(result.study.get('description', ''))} ({', '.join(facts)})"
    yield ""
    yield "| verdict | claim | of | published | what was found |"
    yield "| --- | --- | --- | --- | --- |"
    for one, source in result.sourced_judgements:
        cells = [f"**{one.verdict}**", one.claim, source or "ours", _published(result, one), sentence(one)]
        yield f"| {' | '.join(map(_cell, cells))} |"
    yield ""
    if told := corrections(result.judgements):
        yield told
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
    """Text as one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
