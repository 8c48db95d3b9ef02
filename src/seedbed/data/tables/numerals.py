"""Text that is meant as numbers: in another format than the settings say, or with stray words among it."""

from __future__ import annotations

import re
from collections.abc import Collection

from seedbed.data.tables.csvfile import TextLayout, number_form, number_pattern, settings_in_words

# Decimal mark and what groups digits, the usual first.
STYLES = ((".", ","), (",", None), (".", None), (",", "."), (".", " "), (",", " "), (".", "'"))
PATTERNS = {style: re.compile(number_pattern(*style)) for style in STYLES}
MISPRINTED = 0.5  # the share of values that read as numbers from which on the others are taken for misprints


def restyled(values: Collection[str], layout: TextLayout) -> str | None:
    """An example of numbers with another decimal mark, or digits in groups, and the settings that read them."""
    if not values or (layout.decimal == "." and all(map(number_form(layout).match, values))):
        return None  # no values, or text of a typed file, which is text also where it reads as numbers
    fitting = [style for style in STYLES if all(map(PATTERNS[style].match, values))]
    if not fitting:
        return None
    without_groups = {decimal for decimal, thousands in fitting if thousands is None}
    fitting = [style for style in fitting if style[1] is None or style[0] not in without_groups]
    remedies = [settings_in_words(_settings(layout, style)) for style in fitting]
    example = max(values, key=lambda value: sum(not letter.isdigit() for letter in value))
    return f"{example!r}: set {' or '.join(remedies)}"


def _settings(layout: TextLayout, style: tuple[str, str | None]) -> dict[str, str | None]:
    decimal, thousands = style
    return {"decimal": decimal if decimal != layout.decimal else None, "thousands": thousands}


def in_some_style(value: str) -> bool:
    """Whether a text reads as a number in any usual way of writing them."""
    return any(pattern.match(value) for pattern in PATTERNS.values())


def not_numbers(values: Collection[str], layout: TextLayout) -> list[str]:
    """The values that do not read as numbers."""
    is_number = number_form(layout).match
    return [value for value in values if not is_number(value)]


def strays(values: Collection[str], layout: TextLayout) -> list[str]:
    """The values that do not read as numbers, where most do; none where they do not."""
    wrong = not_numbers(values, layout)
    return wrong if len(wrong) < MISPRINTED * len(values) else []
