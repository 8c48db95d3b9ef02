"""What a question of the page is: situations, the rates counted in them, and what these should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.truth.counting import Cell, Rate, Rates

MOST_ERROR = 1.18  # times what is stated: 5.9 % where that is 5 %
SURE = 0.99  # of the interval that has to lie outside a goal, since a page has hundreds of rates
LEAST_COVERAGE, MOST_COVERAGE, LEAST_POWER = 0.94, 0.97, 0.9


@dataclass(frozen=True)
class Goal:
    """Where a rate should lie.

    Attributes
    ----------
    least, most
        Where the goal is met; outside, it is missed where even the 99 % interval of the rate is outside.
    safe
        On which side it may lie without harm: errors rarer than stated, intervals that cover more often.
    """

    least: float
    most: float
    safe: str

    def verdict(self, rate: Rate) -> str:
        """Empty where the goal is met; else "missed", "unclear" or "cautious"."""
        if self.least <= rate.share <= self.most:
            return ""
        over = rate.share > self.most
        if over == (self.safe == "above"):
            return "cautious"
        low, high = rate.interval(SURE)
        return "missed" if (low > self.most if over else high < self.least) else "unclear"


Wanted = Callable[[Rates], Goal]  # given all rates of a situation


def errors(stated: float) -> Wanted:
    """Wrong verdicts, stated to be so frequent at most."""
    return lambda rates: Goal(0.0, stated * MOST_ERROR, "below")


def coverage() -> Wanted:
    """Intervals that hold the truth."""
    return lambda rates: Goal(LEAST_COVERAGE, MOST_COVERAGE, "above")


def as_often_as(reference: str) -> Wanted:
    """Differences that are found within a tenth of the rate at which a reference finds them."""
    return lambda rates: Goal(LEAST_POWER * rates[reference].share, 1.0, "above")


@dataclass(frozen=True)
class Table:
    """One table of the page: a rate of its cells, by row and column.

    Attributes
    ----------
    rate
        Its name in what studies give.
    title
        What it is the rate of.
    goal
        Where it should lie; None for what is only reported.
    """

    rate: str
    title: str
    goal: Wanted | None


@dataclass(frozen=True)
class Question:
    """A section of the page.

    Attributes
    ----------
    title, text
        What is asked; what is simulated and what the truth is there.
    before
        What came out before there was this page.
    corner
        The heading of the rows.
    tables
        The rates that are shown.
    cells
        The situations.
    """

    title: str
    text: str
    before: str
    corner: str
    tables: tuple[Table, ...]
    cells: Callable[[], list[Cell]]
