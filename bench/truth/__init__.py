"""How often verdicts are wrong and intervals miss, in simulated studies: the page docs/truth.md."""

from __future__ import annotations

from dataclasses import dataclass

from bench.truth import boundary, failures, fresh, looks, numbers, page, power, several, typical, unpaired
from bench.truth.counting import Rates, counted
from bench.truth.questions import Question
from bench.truth.speed import speed

QUESTIONS = (
    typical.QUESTION,
    power.QUESTION,
    unpaired.QUESTION,
    several.OF_VARIANTS,
    several.OF_CLAIMS,
    boundary.QUESTION,
    looks.QUESTION,
    fresh.QUESTION,
    failures.QUESTION,
    numbers.QUESTION,
)
STUDIES = 600  # per situation: a rate of 5 % is then known to within 1.8 %


@dataclass(frozen=True)
class Truth:
    """All that was counted: the page, and the lines of what missed its goal."""

    text: str
    missed: list[str]


def truth(studies: int = STUDIES, questions: tuple[Question, ...] = QUESTIONS) -> Truth:
    """Simulate and judge so many studies per situation."""
    cells = [question.cells() for question in questions]
    rates = counted([cell for own in cells for cell in own], studies)
    sections, missed, unclear = [], [], 0
    for question, own in zip(questions, cells, strict=True):
        found: list[Rates] = [rates.pop(0) for _ in own]
        sections.append(page.section(question, own, found))
        missed += page.marked("missed", question, own, found)
        unclear += len(page.marked("unclear", question, own, found))
    return Truth(page.whole([*sections, f"## Speed\n\n{speed()}"], missed, unclear, studies), missed)
