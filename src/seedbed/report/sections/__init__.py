"""The sections of the report: a row of `SECTIONS` each, in the order of the page.

To add one, write a function that makes its blocks, and give it a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from seedbed.report.blocks import Block
from seedbed.report.sections import (
    configuration,
    confusion,
    crashes,
    curves,
    environment,
    findings,
    fit,
    mistakes,
    predicted,
    spread,
    variants,
    verdicts,
    weights,
)
from seedbed.results.artefacts import artefacts
from seedbed.results.result import Result


@dataclass(frozen=True)
class Section:
    """One section.

    Attributes
    ----------
    id
        Its anchor on the page.
    title
        Its heading.
    blocks
        What it holds; without any it is left out.
    artefact
        The kind of artefact it is about, see `results.artefacts`: where the study stored none of that kind,
        the section is left out and `blocks` is not called. None for what every study has.
    """

    id: str
    title: str
    blocks: Callable[[Result], Iterable[Block]]
    artefact: str | None = None


SECTIONS = (
    Section("verdicts", "Verdicts", verdicts.blocks),
    Section("variants", "Variants", variants.blocks),
    Section("crashes", "Runs that crashed or diverged", crashes.blocks, "output"),
    Section("spread", "Where the spread comes from", spread.blocks),
    Section("curves", "Curves", curves.blocks, "curves"),
    Section("fit", "Fit against truth", fit.blocks, "predictions"),
    Section("predicted", "Predicted against true", predicted.blocks, "predictions"),
    Section("confusion", "Confusion and recall", confusion.blocks, "confusion"),
    Section("mistakes", "Most confident mistakes", mistakes.blocks, "mistakes"),
    Section("weights", "First-layer weights", weights.blocks, "models"),
    Section("findings", "Findings", findings.blocks),
    Section("configuration", "Configuration", configuration.blocks),
    Section("environment", "Environment", environment.blocks),
)


def present(result: Result) -> Iterator[tuple[Section, list[Block]]]:
    """The sections that a study has something for, in order, with their blocks."""
    kinds = artefacts(result)
    for section in SECTIONS:
        if section.artefact is None or section.artefact in kinds:
            blocks = list(section.blocks(result))
            if blocks:
                yield section, blocks
