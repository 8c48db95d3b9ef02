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
    """Two variants of three classes, whose every name and text is of these."""
    metric, other = "val.accuracy", f"{name} other"
    rows, curves = [], fake_studies.Curves()
    for seed in range(2):
        for variant, value in ((name, 0.5), (other, 0.7)):
            values = {metric: value + 0.01 * seed, "test.accuracy": value}
            rows.append(fake_studies._row(variant, seed, confusion=[3, 1, 0, 0, 4, 0, 1, 1, 2], **values))
            for epoch in range(3):
                curves.add(variant, seed, epoch, val__accuracy=value, train__accuracy=value, lr=0.1)
    variants: dict[str, dict[str, Any]] = {name: {}, other: {"published": {metric: 0.6}}}
    claim = {"claim": text, "made_by": text, "better": other, "than": [name]}
    finding = {"variant": name, "kind": text, "code": text, "runs": 1, "message": text}
    classes = tuple(f"{text}{number}" for number in range(3))
    directory = fake_studies.write_study(
        root,
        "odd",
        variants,
        2,
        metric,
        "max",
        rows,
        curves.columns,
        None,
        (claim,),
        (finding,),
        classes,
        text,
    )
    resolved = json.loads((directory / "resolved.json").read_text(encoding="utf-8"))
    for variant in resolved["variants"]:
        variant["recipe"][text], variant["settings"] = text, {f"training.{text}": text}
    resolved |= {"study": text, "features": [text], "data": {"notes": [text], "baseline": {metric: 0.1}}}
    environment = json.loads((directory / "environment.json").read_text(encoding="utf-8"))
    environment |= {"engine": text, "command": text, "data": {text: text}, text: text}
    for file, content in (("resolved.json", resolved), ("environment.json", environment)):
        (directory / file).write_text(json.dumps(content), encoding="utf-8")
    with (directory / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write(json.dumps({"event": "finished", "status": text}) + "\n")
    return directory
