"""How commands print: lines and tables for people, one JSON document for programs, bytes as they are.

Nothing else in `cli/` writes to a stream, so no name, message or path acts on a terminal.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli.encoding import is_printable
from seedbed.text import counted, is_unseen, visible, visible_lines

if TYPE_CHECKING:
    from seedbed.analysis.advice import OfKind
    from seedbed.api import Result
    from seedbed.results.variant_table import Column

WIDE = 240  # columns where the output is no terminal and nothing need be wrapped
MOST_NAMED = 8  # variants named for each kind of finding
OWN_MARKS = "\u00a0–−×·…“”"  # beside Latin letters; one column wide each
MARKS = {"supported": "✓", "refuted": "✗"}


def say(line: object, err: bool = False) -> None:
    """One line for people, whatever is in it."""
    click.echo(visible(str(line)), err=err)


def say_all(text: str) -> None:
    """A text of several lines for people."""
    click.echo(visible_lines(text.removesuffix("\n")))


def print_bytes(content: bytes) -> None:
    """Bytes as they are, whatever the encoding of stdout; on a terminal as text for people."""
    if _on_terminal():
        say_all(content.decode(errors="replace"))
    else:
        click.echo(content, nl=False)


def print_json(document: Any) -> None:
    """One JSON document alone on stdout."""
    click.echo(json_text(document))


def json_text(document: Any) -> str:
    """A document as indented JSON that stdout has all characters of and that does nothing to a terminal."""
    from seedbed.files import to_json

    text = to_json(document, indent=2)
    if not is_printable(text):
        return to_json(document, indent=2, ascii=True)
    return "\n".join(map(_escaped, text.split("\n")))


def _escaped(line: str) -> str:
    """A line of JSON, in which only strings hold letters that are not seen, with these as JSON escapes them."""
    if line.isprintable():
        return line
    return "".join(json.dumps(letter)[1:-1] if is_unseen(letter) else letter for letter in line)


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> None:
    """A table for people, of a line for each row; the columns called `numbers` are aligned to the right."""
    numbers, lines = set(numbers), [list(map(visible, line)) for line in (names, *rows)]
    is_number = [name in numbers for name in names]
    if _is_plain(lines):
        _print_plain(lines, is_number)
    else:
        _print_wrapped(lines, is_number)


def _is_plain(lines: Sequence[Sequence[str]]) -> bool:
    """Whether every text stands in one line, its letters one column wide each, and all have room side by side."""
    widths = (max(map(len, column)) for column in zip(*lines, strict=True))
    if sum(width + 2 for width in widths) > _width() or not (all(lines[0]) and is_printable("─")):
        return False
    cells = [cell for line in lines for cell in line]
    letters = {letter for cell in cells for letter in cell}
    is_narrow = all(letter in OWN_MARKS or (letter < "\u0300" and letter.isprintable()) for letter in letters)
    return is_narrow and all(cell == cell.strip() for cell in cells)


def _print_plain(lines: Sequence[Sequence[str]], is_number: Sequence[bool]) -> None:
    """Print what `_print_wrapped` would, without its work for every cell: a study may have thousands of variants."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    aligned = [str.rjust if right else str.ljust for right in is_number]
    header, *rows = (
        f" {'  '.join(put(cell, width) for put, cell, width in zip(aligned, line, widths, strict=True))} "
        for line in lines
    )
    blank = " " * len(header)
    click.echo(
        "\n".join([blank, click.style(header, bold=True), f" {'─' * (len(header) - 2)} ", *rows, blank])
    )


def _print_wrapped(lines: Sequence[Sequence[str]], is_number: Sequence[bool]) -> None:
    """Print a table whose texts are wrapped where there is no room for them."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    header, *rows = lines
    for name, right in zip(header, is_number, strict=True):
        table.add_column(Text(name), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(width=_width(), height=25).print(table)  # rich asks a dumb terminal only where both are given


def _width() -> int:
    return shutil.get_terminal_size().columns if _on_terminal() else WIDE


def _on_terminal() -> bool:
    return bool(sys.stdout and sys.stdout.isatty())  # it is None where it was closed


def described(settings: Mapping[str, Any]) -> str:
    """Settings in one line."""
    from seedbed.study.settings import described as value_described

    return ", ".join(f"{key} = {value_described(value)}" for key, value in settings.items())


def print_result(result: Result) -> None:
    """The variants of a study against base, the verdicts on its hypotheses, and the findings."""
    from seedbed.analysis.advice import by_kind
    from seedbed.analysis.data_facts import baseline_in_words
    from seedbed.analysis.sentences import corrections, sentence
    from seedbed.analysis.wording import scale_in_words
    from seedbed.results import where
    from seedbed.results.crashes import in_words as crashes_in_words
    from seedbed.results.notices import notices
    from seedbed.results.progress import in_words
    from seedbed.results.variant_table import rows_of

    # All that may turn out to be damaged is read before anything is printed.
    table = result.table
    plain, judgements, findings = table.plain, result.judgements, by_kind(result.findings)
    engine, seconds = result.environment.get("engine"), (result.environment.get("seconds") or {}).get("total")
    head = [result.study["study"], result.id, result.status]
    head += [f"{engine} engine"] if engine else []
    say(" · ".join(head + ([] if seconds is None else [f"{seconds:.1f} s"])))
    for line in in_words(result):
        say(line)
    if computed := where.in_words(result):
        say(computed)
    columns = _fitting(plain, _width())
    numbers = (column.heading for column in columns if column.is_number)
    print_table([column.heading for column in columns], rows_of(columns), numbers)
    if table.left_out:
        verdicts = Counter(versus.verdict for versus in result.versus_base_in_brief.values())
        say(f"shown are {table.left_out}; the report has {len(result.told_in_full):,}, --json all")
        say("of all: " + ", ".join(f"{count:,} {verdict}" for verdict, count in verdicts.most_common()))
    if len(result.variants) > 1:
        label = result.study.get("base_label")
        called = f"{result.base} ({label})" if label else result.base
        say(f"vs {called}: {scale_in_words(result.scale(result.metric), result.paired)}")
    if baseline := baseline_in_words(result.data, result.reported_metrics):
        say(baseline)
    for notice in filter(None, (crashes_in_words(result), *notices(result))):
        say(notice)
    _print_randomness(result)
    for judgement in judgements:
        say(f"{MARKS.get(judgement.verdict, '?')} {judgement.verdict}: {judgement.claim}")
        say(f"  {sentence(judgement)}")
    for told in filter(None, (corrections(judgements), result.about)):
        say(told)
    for group in findings:
        _print_findings(group)


def _print_randomness(result: Result) -> None:
    """What pairing by seed was worth or, of crossed seeds, how much of the spread each source carries."""
    from seedbed.analysis.pairing import in_words
    from seedbed.analysis.spread import explained, on_scale, shares
    from seedbed.analysis.wording import number

    if worth := in_words(result.pairing):
        say(worth)
    if not result.spread:
        return
    numbers = ["runs", "standard deviation", *next(iter(result.spread.values())).components]
    rows = [
        (name, str(one.n), number(one.total**0.5, 2), *shares(one)) for name, one in result.spread.items()
    ]
    say(f"spread of {on_scale(result.metric, result.scale(result.metric))}:")
    print_table(["variant", *numbers], rows, numbers)
    say(explained(result.spread.values(), in_text=True))


def _print_findings(group: OfKind) -> None:
    """What the findings of a kind have in common, and the variants that have it, some by name."""
    named = [" ".join(filter(None, (name and f"{name}:", count, own))) for name, count, own in group.variants]
    start = f"! {group.code}".rstrip()
    if len(named) == 1:
        say(f"{start} {'. '.join(filter(None, (named[0], group.advice)))}")
        return
    common = ". ".join(filter(None, (f"runs {group.what}" if group.what else "", group.advice)))
    say(f"{start} {group.kind.replace('_', ' ')}, {counted(len(named), 'variant')}: {common}")
    for line in named[:MOST_NAMED]:
        say(f"    {line}")
    if len(named) > MOST_NAMED:
        say(f"    and {counted(len(named) - MOST_NAMED, 'more variant')}, all in the report and with --json")


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns for which there is room: those of the lowest priority are dropped first, from the left."""
    from seedbed.results.variant_table import ALWAYS

    kept = list(columns)
    for column in sorted(columns, key=lambda one: one.priority):
        if column.priority == ALWAYS or sum(one.width + 2 for one in kept) <= width:
            break
        kept.remove(column)
    return kept
