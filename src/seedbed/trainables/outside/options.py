"""How other people's code is run: limits, threads, how many at once, when a run ends early."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from seedbed.text import UNITS
from seedbed.values import Float, FrozenModel, NonNegativeFloat, PositiveFloat, PositiveInt

SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([kmgtpe]?)(i?)b?", re.IGNORECASE)


def _bytes(value: object) -> object:
    """A size in bytes, also of text such as "2 GB" and, by the power of 1024, "512 MiB"."""
    if not isinstance(value, str):
        return value
    if not (parts := SIZE.fullmatch(value.strip())):
        raise ValueError(f'expected a size such as "2 GB" or "512 MB", got "{value}"')
    number, unit, binary = parts.groups()
    power = [name[:-1].lower() for name in UNITS].index(unit.lower())
    return int(float(number) * (1024 if binary else 1000) ** power)


class StopRules(FrozenModel):
    """When a run ends before it would by itself; the first condition met is recorded as its stop reason."""

    patience: PositiveInt | None = Field(
        default=None, description="Epochs in a row without an improvement of the study's metric."
    )
    min_delta: NonNegativeFloat = Field(
        default=0.0, description="What counts as an improvement for patience."
    )
    target: Float | None = Field(default=None, description="The study's metric has reached this value.")

    def __bool__(self) -> bool:
        """Whether any run may end by it."""
        return self.patience is not None or self.target is not None


class Options(FrozenModel):
    """What the tables [function] and [command] have in common."""

    timeout: PositiveFloat | None = Field(
        default=None, description="Seconds after which a run is ended as crashed; no limit unless given."
    )
    memory: Annotated[
        PositiveInt | None, BeforeValidator(_bytes, json_schema_input_type=PositiveInt | str)
    ] = Field(
        default=None,
        description='What a run may hold of memory, with all that it starts: bytes, or text such as "2 GB"; over it '
        "the run is ended as crashed. No limit unless given.",
    )
    threads: PositiveInt | None = Field(
        default=None,
        description="Threads of a run, told to its libraries by OMP_NUM_THREADS and the like; unless given one or, "
        "with at_once, its share of the processor's cores.",
    )
    at_once: PositiveInt | None = Field(
        default=None,
        description="How many runs are trained side by side; unless given one for each of the processor's cores, or "
        "fewer where they have several threads or would not fit into memory.",
    )
    stop: StopRules = Field(
        default=StopRules(),
        description="When a run that tells of its epochs ends early; the first condition met counts.",
    )
