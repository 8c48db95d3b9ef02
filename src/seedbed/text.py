"""Counts in words, as messages, tables and reports write them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number of things: 1 run, 2 runs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
