"""Asks whether the code of a study may run, where somebody is there to answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from seedbed.cli.output import say

if TYPE_CHECKING:
    from seedbed.study.trust import TrustError

Outcome = TypeVar("Outcome")


def asking(work: Callable[[], Outcome]) -> Outcome:
    """Do what may need code that the user has not allowed; on a terminal with a question, and once more after a yes."""
    from seedbed.study.trust import TrustError, allow

    try:
        return work()
    except TrustError as error:
        if not _is_somebody_there() or not _is_allowed(error):
            raise
        allow(error.study, error.code)  # as it was shown: what has changed meanwhile is refused
    return work()


def _is_somebody_there() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _is_allowed(error: TrustError) -> bool:
    from seedbed.study.trust import described

    say(f"{error.study.origin} names code that you have not allowed, or that has changed since:", err=True)
    for line in described(error.study, error.code):
        say(f"  {line}", err=True)
    return click.confirm("Run it?", err=True)
