"""The reference as text for the terminal and as the page docs/reference.md."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from importlib.resources import files

from seedbed.analysis.forms import FORMS
from seedbed.data.expressions.operations import CONSTANTS, FUNCTIONS_OF_MANY, IS_MISSING, UNARY_FUNCTIONS
from seedbed.metrics.names import CLASSIFICATION, METRICS, OF_A_CLASS, PARTS, RECALL, REGRESSION
from seedbed.reference import findings
from seedbed.reference.keys import FileTable, Key, matching
from seedbed.study.synonyms import choices_called, keys_called, why_no_key

Row = tuple[str, ...]
BETTER = {"min": "less", "max": "more"}
TOPICS = ("verdicts", "dates")  # sections of the guide that can be looked up
METRICS_TITLE = f"Metrics, written PART.NAME, with a PART of {', '.join(PARTS)}"


def metrics() -> list[Row]:
    """Name, of what, which way is better and meaning of every metric."""
    every = METRICS | {f"{RECALL}CLASS": OF_A_CLASS}
    return [
        (name, _predicted(name), f"{BETTER[row.direction]} is better", row.meaning)
        for name, row in every.items()
    ]


def _predicted(metric: str) -> str:
    """What a metric is for."""
    tasks = (
        ("numbers", metric in REGRESSION),
        ("classes", metric in CLASSIFICATION or metric.startswith(RECALL)),
    )
    return " and ".join(task for task, there in tasks if there) or "the run"


def claims() -> list[Row]:
    """Form, what else it needs, what it may have and meaning of every form of a claim."""
    return [
        (
            name,
            f"needs {', '.join(sorted(form.needs))}" if form.needs else "",
            f"may have {', '.join(sorted(form.may))}" if form.may else "",
            form.meaning,
        )
        for name, form in FORMS.items()
    ]


# --- the page ---------------------------------------------------------------------------------------------


def _guide() -> str:
    """The page but for what is made from the models."""
    return files(__package__).joinpath("guide.md").read_text(encoding="utf-8")


def markdown(sections: Sequence[FileTable]) -> str:
    """The page docs/reference.md."""
    guide = _guide()
    functions = [*UNARY_FUNCTIONS, *FUNCTIONS_OF_MANY, IS_MISSING]
    parts = {
        "keys": "\n\n".join(_section(section) for section in sections),
        "claims": _table(("form", "with", "and", "meaning"), claims()),
        "metrics": _table(("metric", "of", "direction", "meaning"), metrics()),
        "functions": ", ".join(f"`{name}`" for name in functions),
        "constants": " and ".join(f"`{name}`" for name in CONSTANTS),
    }
    for name, text in parts.items():
        guide = guide.replace(f"<!-- {name} -->", text)
    return guide


def _section(section: FileTable) -> str:
    title = section.title if not section.name else f"`{section.title}`"
    lines = [f"### {title}", "", section.meaning]
    if section.kinds:
        kinds = ((f'`"{kind}"`', meaning) for kind, meaning in section.kinds.items())
        lines += ["", _table((f"`{section.tag}`", "what it is"), kinds)]
    header = ("key", "value", "default", *(("for",) if section.kinds else ()), "meaning")
    return "\n".join([*lines, "", _table(header, (_row(key, bool(section.kinds)) for key in section.keys))])


def _row(key: Key, of_kinds: bool) -> Row:
    default = "**required**" if key.required else f"`{key.default}`" if key.default else ""
    kinds = (", ".join(key.kinds) or "all",) if of_kinds else ()
    return (f"`{key.name}`", key.value, default, *kinds, key.meaning)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


# --- the terminal -----------------------------------------------------------------------------------------


def text(sections: Iterable[FileTable], width: int) -> str:
    """Sections as a manual page has them."""
    return "\n\n".join(_section_text(section, width) for section in sections)


def _rows_text(title: str, rows: Iterable[Row], width: int) -> str:
    """The rows of `claims` or `metrics` likewise: the first cell, then the others."""
    lines = _wrapped(title, width, 0)
    for name, *facts, meaning in rows:
        lines += _entry(name, facts, meaning, width)
    return "\n".join(lines)


def _topic(name: str, width: int) -> str:
    """A section of the guide, such as that on verdicts."""
    topic = _guide().partition(f"## {name.capitalize()}\n")[2].partition("\n## ")[0].strip()
    parts = re.split(r"\n\n|\n(?=- )", topic)
    lines = _wrapped(name.capitalize(), width, 0)
    for part in parts:
        is_item = part.startswith("- ")
        lines += ["", *_wrapped(" ".join(part.split()), width, 2, more=2 if is_item else 0)]
    return "\n".join(lines)


def _finding(word: str, width: int) -> list[str]:
    """The section of a finding, if the word is its code or kind."""
    if not (found := findings.explained(word)):
        return []
    title, items = found
    return ["\n".join([title, *(line for item in items for line in ("", *_wrapped(item, width, 2, more=0)))])]


def of_other_name(sections: Sequence[FileTable], word: str, width: int) -> str | None:
    """What the reference says of what other tools call so: learning_rate is lr. None where it says nothing."""
    if why := why_no_key(word):
        return f'There is no "{word}": {why}.'
    meant = [one for one in (*keys_called(word), *choices_called(word)) if lookup(sections, one, width)]
    entries = (f'"{word}" is called {one} here.\n\n{lookup(sections, one, width)}' for one in meant)
    return "\n\n".join(entries) or None


def lookup(sections: Sequence[FileTable], word: str | None, width: int) -> str | None:
    """What the reference says of a word, or all of it; None where it says nothing."""
    of_claims = _rows_text("Forms of a claim, in [[hypothesis]]", claims(), width)
    if word is None:
        every = _rows_text(METRICS_TITLE, metrics(), width)
        topics = (_topic(one, width) for one in TOPICS)
        return "\n\n".join((text(sections, width), of_claims, every, *topics))
    if word == "claims":
        return of_claims
    name = word.rpartition(".")[2] if word.partition(".")[0] in PARTS else word
    named = [row for row in metrics() if word == "metrics" or row[0] == name]
    entries = [text(matching(sections, word), width)] if matching(sections, word) else []
    entries += [_rows_text(METRICS_TITLE, named, width)] if named else []
    entries += [_topic(word, width)] if word in TOPICS else []
    entries += _finding(word, width)
    return "\n\n".join(entries) or None


def words(sections: Iterable[FileTable]) -> list[str]:
    """What `lookup` knows."""
    known = ["metrics", "claims", *TOPICS, *METRICS, *findings.words()]
    for section in sections:
        known += [section.name, *section.kinds, *(key.name for key in section.keys)]
    return list(dict.fromkeys(word for word in known if word))


def _section_text(section: FileTable, width: int) -> str:
    lines = _wrapped(f"{section.title}: {section.meaning}", width, 0)
    for kind, meaning in section.kinds.items():
        lines += _wrapped(f'{section.tag} = "{kind}": {meaning}', width, 2)
    for key in section.keys:
        default = "required" if key.required else f"default {key.default}" if key.default else ""
        facts = (key.value, default, f"for {', '.join(key.kinds)}" if key.kinds else "")
        lines += _entry(key.name, facts, key.meaning, width)
    return "\n".join(lines)


def _entry(name: str, facts: Iterable[str], meaning: str, width: int) -> list[str]:
    head = f"{name}: {'; '.join(fact for fact in facts if fact)}"
    sentence = f"{meaning[0].upper()}{meaning[1:].rstrip('.')}."
    return ["", *_wrapped(head, width, 2), *_wrapped(sentence, width, 6, more=0)]


def _wrapped(line: str, width: int, indent: int, more: int = 4) -> list[str]:
    return textwrap.wrap(
        line.replace("`", ""), width, initial_indent=" " * indent, subsequent_indent=" " * (indent + more)
    )
