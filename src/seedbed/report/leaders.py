"""Which variants figures and sentences show where there are many, and how the page says so."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from seedbed.results.result import Result

MOST_ROWS = 24  # variants in a figure of one row each
MOST_PANELS = 12  # variants with a figure of their own
MOST_PAIRS = 6  # variants with a figure, or two, of their predictions
MOST_LISTED = 8  # names in a sentence


def best_and_base(result: Result) -> list[str]:
    """The best variant by the study's metric and, where it is another, the base."""
    return list(dict.fromkeys([result.ranking[0], result.base]))


def best_and_base_named(result: Result) -> str:
    """The variants of `best_and_base` in a sentence."""
    best, *others = best_and_base(result)
    return f"“{best}”, the best variant" + "".join(f", and “{name}”" for name in others)


def left_out(result: Result, count: int) -> str:
    """A sentence on figures that show `count` variants only; empty where that is all of them."""
    total = len(result.variants)
    if count >= total:
        return ""
    sentence = Markup(
        "Shown are {} of {} variants: {}, those that claims name, and the best. "
        'The <a href="#variants">table</a> has {}.'
    )
    shown = len(result.told_in_full)
    return sentence.format(count, f"{total:,}", result.base, "all" if shown == total else f"{shown:,}")


def listed(names: Sequence[str]) -> str:
    """Names in a sentence or, where these are too many, their number."""
    return (
        ", ".join(f"“{name}”" for name in names) if len(names) <= MOST_LISTED else f"{len(names):,} variants"
    )


def has_finished(result: Result) -> bool:
    """Whether any run came to its end, also by diverging."""
    return bool(result.statuses.finished.any())
