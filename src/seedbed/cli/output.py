"""How commands print: one JSON document, or tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

WIDE = 200  # columns where the output is no terminal and nothing need be wrapped


def print_json(document: Any) -> None:
    """One JSON document alone on stdout."""
    from seedbed.files import to_json

    click.echo(to_json(document, indent=2))


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[str] = ()) -> None:
    """A table for people; the columns called `numbers` are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, justify="right" if name in set(numbers) else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)


def described(settings: Mapping[str, Any]) -> str:
    """Settings in one line."""
    return ", ".join(f"{key} = {value}" for key, value in settings.items())


def print_result(document: Mapping[str, Any], report: Path | None) -> None:
    """The results of a study: variants against base, verdicts on the hypotheses, findings, where the report is."""
    head = [document["study"], document["id"], document["status"], f"{document['engine']} engine"]
    click.echo(" · ".join([*head, f"{document['seconds']['total']:.1f} s"]))
    _print_variants(document)
    for hypothesis in document["hypotheses"]:
        click.echo(f"{hypothesis['verdict']}: {hypothesis['claim']}{_support(hypothesis)}")
    for finding in document["findings"]:
        click.echo(f"finding: {finding['variant']}: {finding['message']}")
    if report:
        click.echo(f"report: {report}")


def _print_variants(document: Mapping[str, Any]) -> None:
    variants = document["variants"]
    metric = document["metric"]
    shown = [
        name for name in dict.fromkeys([metric, metric.replace("val.", "test.")]) if _has(variants, name)
    ]
    columns: dict[str, list[str]] = {"variant": [variant["name"] for variant in variants]}
    columns["runs"] = [_runs(variant) for variant in variants]
    for name in shown:
        values = [variant["metrics"].get(name) or {} for variant in variants]
        columns[name] = [_interval(value) for value in values]
        if any(value.get("published") is not None for value in values):
            columns[f"published {name}"] = [number(value.get("published")) for value in values]
    columns["against base"] = [_difference(variant.get("versus_base")) for variant in variants]
    columns["p"] = [number((variant.get("versus_base") or {}).get("p"), 2) for variant in variants]
    columns["verdict"] = [(variant.get("versus_base") or {}).get("verdict") or "" for variant in variants]
    numbers = set(columns) - {"variant", "verdict"}
    print_table(list(columns), zip(*columns.values(), strict=True), numbers)


def number(value: float | None, digits: int = 4) -> str:
    """A number with as many digits as people read, nothing where there is none."""
    return "" if value is None else f"{value:.{digits}g}"


def _has(variants: Iterable[Mapping[str, Any]], metric: str) -> bool:
    return any(metric in variant["metrics"] for variant in variants)


def _runs(variant: Mapping[str, Any]) -> str:
    return f"{variant['runs']}" + (f" ({variant['diverged']} diverged)" if variant["diverged"] else "")


def _interval(value: Mapping[str, Any]) -> str:
    mean, low, high = (value.get(name) for name in ("mean", "low", "high"))
    if mean is None or low is None or high is None:
        return number(mean)
    return f"{number(mean)} ± {number((high - low) / 2, 2)}"


def _difference(versus: Mapping[str, Any] | None) -> str:
    if not versus or versus["estimate"] is None:
        return ""
    ratio = versus["scale"] == "ratio"
    text = f"× {number(versus['estimate'], 3)}" if ratio else f"{versus['estimate']:+.3g}"
    if versus["low"] is None:
        return text
    return f"{text} [{number(versus['low'], 3)}, {number(versus['high'], 3)}]"


def _support(hypothesis: Mapping[str, Any]) -> str:
    facts = []
    if hypothesis.get("p") is not None:
        facts.append(f"p = {number(hypothesis['p'], 2)}")
    if hypothesis.get("seeds_to_decide") is not None:
        facts.append(f"about {hypothesis['seeds_to_decide']} seeds would decide")
    return f" ({', '.join(facts)})" if facts else ""
