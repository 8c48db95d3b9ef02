"""Metrics as other people's code gives them, checked and made plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RESERVED = ("variant", "seed", "group", "status", "stop_reason", "steps", "epochs", "seconds", "parameters")


MOST, LONGEST_NAME = 1000, 100  # metrics of a run, and characters of a name


class WrongMetrics(ValueError):
    """What was given in place of metrics; the message says what was expected and what was there."""


def numbers_of(given: object) -> dict[str, float]:
    """A table of metrics as names and plain numbers; NumPy's and PyTorch's single numbers count as such.

    Raises
    ------
    WrongMetrics
    """
    if not isinstance(given, Mapping):
        raise WrongMetrics(f"expected a dict of metrics, got {_shown(given)}")
    if len(given) > MOST:
        raise WrongMetrics(f"expected at most {MOST:,} metrics, got {len(given):,}")
    return {_name(name): _number(name, value) for name, value in given.items()}


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise WrongMetrics(f"expected text as the name of a metric, got {_shown(name)}")
    if len(name) > LONGEST_NAME:
        raise WrongMetrics(
            f'the name of a metric has at most {LONGEST_NAME} characters, got "{name[:40]}..."'
        )
    if name in RESERVED or name.startswith("setting:"):
        raise WrongMetrics(
            f'a metric cannot be called "{name}", which stands for something else; use another name'
        )
    return name


def _number(name: str, value: Any) -> float:
    if not isinstance(value, str | bytes):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
        except Exception:  # what any other class may do
            pass
    raise WrongMetrics(f'expected metric "{name}" to be a number, got {_shown(value)}')


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # of a class of anybody's
        text = "something"
    kind = "" if value is None else f" ({type(value).__name__})"
    return f"{text if len(text) <= 60 else f'{text[:57]}...'}{kind}"
