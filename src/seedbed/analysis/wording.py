"""Numbers, intervals and p values as people read them, the same in the terminal and in the report."""

from __future__ import annotations

import math

from seedbed.analysis.pairs import Comparison, Scale

ABSENT = "–"


def number(value: float | None, digits: int = 4) -> str:
    """A number to so many significant digits; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 2}e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    decimals = digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)
    return f"{value:.{min(max(decimals, 0), 6)}f}".replace("-", "−")


def signed(value: float | None, digits: int = 3) -> str:
    """A difference, with its sign."""
    text = number(value, digits)
    return text if text[0] in (ABSENT, "−") or not value else f"+{text}"


def between(low: float, high: float, digits: int = 4) -> str:
    """An interval, or a dash where there is none."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return ABSENT
    return f"{number(low, digits)} to {number(high, digits)}"


def p_text(p: float | None) -> str:
    """A p value as people write it."""
    if p is None:
        return ABSENT
    return "<\u00a00.0001" if p < 1e-4 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


def p_phrase(p: float) -> str:
    """A p value in a sentence, kept on one line."""
    return f"p\u00a0{p_text(p)}" if p < 1e-4 else f"p\u00a0=\u00a0{p_text(p)}"


def effect(comparison: Comparison) -> str:
    """An estimate: "×0.31" or "−0.012"."""
    if not math.isfinite(comparison.estimate):
        return ABSENT
    if comparison.scale == "ratio":
        return f"×{number(comparison.estimate, 3)}"
    return signed(comparison.estimate)


def effect_interval(comparison: Comparison) -> str:
    """The 95 % interval of an estimate."""
    if not math.isfinite(comparison.low):
        return ABSENT
    if comparison.scale == "ratio":
        return between(comparison.low, comparison.high, 3)
    return f"{signed(comparison.low)} to {signed(comparison.high)}"


def scale_in_words(scale: Scale) -> str:
    """What the estimates of a comparison are."""
    if scale == "ratio":
        return "× is the ratio of geometric means over paired seeds, taken for errors that span more than a decade"
    return "differences are of the means over paired seeds"
