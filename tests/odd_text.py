"""Text that acts on terminals or pages, or reads like markup, and studies whose every name is such."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import fake_studies
from hypothesis import strategies as st

LETTERS = "\x00\x07\x08\t\n\r\x0b\x1b\x7f\x85\x9b\xad\u200b\u200d\u200f\u2028\u2029\u202e\u2066\ufeff\U000e0041\ud800"
SNIPPETS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</style><svg onload=alert(1)>", "&amp;", "]]>", "-->",
    '" id="line2d_1"', 'style="fill: #1c1c1b"', ' xlink:href="#m1', "url(#x)", "{{ 7 * 7 }}", "{% raw %}", "%s{0}",
    "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "$x^2$", "$\\frac{1}{", "_x", "[red]x[/red]", ":warning:", "\\x1b", "|",
    "](http://example.org)", "漢字", "\u200fשלום", "\N{FAMILY}\u200d\N{WOMAN}", "e\u0301", "x" * 60,
)  # fmt: skip

TEXTS = st.lists(
    st.one_of(st.sampled_from(SNIPPETS), st.sampled_from(LETTERS), st.text(max_size=4)),
    min_size=1,
    max_size=4,
).map("".join)
NAMES = TEXTS.map(lambda text: text.encode(errors="ignore").decode() or "x")  # that a file may hold


def acts(text: str) -> set[str]:
    """The letters of a text but newlines that act on a terminal, or that nobody sees."""
    return {one for one in text if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n"}


def study(root: Path, text: str, name: str) -> Path:
    """Two variants of ten classes, whose every name and text is of these; `name` is what files may hold."""
    directory = fake_studies.classification(root, seeds=2)
    names = {"base": f"{name}0", "momentum": f"{name}1", "dropout": name, "lr 1": f"  {name}"}

    def renamed(value: Any) -> Any:
        if isinstance(value, list):
            return [renamed(one) for one in value]
        return names.get(value, value) if isinstance(value, str) else value

    resolved = json.loads((directory / "resolved.json").read_text(encoding="utf-8"))
    for variant in resolved["variants"]:
        variant["name"], variant["settings"] = names[variant["name"]], {f"training.{text}": text}
        variant["recipe"][text] = text
    for claim in resolved["hypotheses"]:
        claim |= {key: renamed(value) for key, value in claim.items()} | {"claim": text, "made_by": text}
    classes = [f"{text}{digit}" for digit in range(10)]
    resolved |= {"study": text, "description": text, "classes": classes, "features": [text]}
    resolved["data"] = {"notes": [text], "baseline": {"val.accuracy": 0.1}}
    environment = json.loads((directory / "environment.json").read_text(encoding="utf-8"))
    environment |= {"engine": text, "command": text, "data": {text: text}, text: text}
    for file, content in (("resolved.json", resolved), ("environment.json", environment)):
        (directory / file).write_text(json.dumps(content), encoding="utf-8")
    _rename_tables(directory, names)
    finding = {"event": "finding", "variant": name, "kind": text, "code": text, "runs": 1, "message": text}
    events = [finding, {"event": "finished", "status": text}]
    with (directory / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.writelines(f"{json.dumps(event)}\n" for event in events)
    return directory


def _rename_tables(directory: Path, names: dict[str, str]) -> None:
    from seedbed.store.reader import read_table

    for table in ("runs", "curves"):
        columns = read_table(directory, table).to_pydict()
        columns["variant"] = [names[one] for one in columns["variant"]]
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        fake_studies.write_table(directory, table, rows if table == "runs" else columns)
