"""What is known of a study's data, in words; the facts themselves are the trainable's, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seedbed.text import counted, first_few, short

MOST_CLASSES_LISTED = 8
LEAKED = 0.01  # a leak: this share of a part is in the training part, too


def in_words(facts: Mapping[str, Any]) -> list[str]:
    """The facts as sentences, but for notes and baseline; none of what a study does not say."""
    rows = counted(facts["rows"], "row") if "rows" in facts else ""
    if rows and "features" in facts:
        rows += f" of {counted(facts['features'], 'feature')}"
    parts = ", ".join(f"{name} {size:,}" for name, size in facts.get("parts", {}).items())
    sizes = "; ".join(filter(None, (rows, parts)))
    lines = [f"data: {sizes}"] if sizes else []
    if counts := facts.get("classes"):
        lines.append(f"classes: {_classes_in_words(counts)}")
    if missing := facts.get("missing"):
        lines.append(
            "missing values: " + first_few(f"{short(name)} {count:,}" for name, count in missing.items())
        )
    if leak := leak_in_words(facts):
        lines.append(leak)
    return lines


def leak_in_words(facts: Mapping[str, Any]) -> str | None:
    """What of validation and test is in the training part as well; None where it is little or not known."""
    sizes = facts.get("parts", {})
    told = [
        f"{count:,} of {sizes[part]:,} samples of the {part} part ({count / sizes[part]:.1%})"
        for part, count in facts.get("repeated", {}).items()
        if 0 < LEAKED * sizes[part] <= count
    ]
    return (
        f"{' and '.join(told)} are in the training part as well, inputs and targets alike" if told else None
    )


def baseline_in_words(facts: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """What answering always the same gives by the named metrics; None where that is not known."""
    values = {name: value for name in names if (value := facts.get("baseline", {}).get(name)) is not None}
    if not values:
        return None
    what = f"the most frequent class, {facts['majority']!r}," if "majority" in facts else "the training mean"
    return f"baseline: always answering {what} gives " + ", ".join(
        f"{name} {value:.4g}" for name, value in values.items()
    )


def _classes_in_words(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    if len(ordered) > MOST_CLASSES_LISTED:
        (most, high), (least, low) = ordered[0], ordered[-1]
        return (
            f"{len(ordered):,}, from {high / total:.1%} ({short(most)}) to {low / total:.1%} ({short(least)})"
        )
    return ", ".join(f"{short(name)} {count:,} ({count / total:.1%})" for name, count in ordered)
