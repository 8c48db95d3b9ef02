"""What a single value of a study file or recipe may be, and the base of all their tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

# TOML already tells 1 from 1.0 from "1": nothing is converted but a whole number where a float is wanted.
Int = Annotated[int, Strict()]
Float = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Bool = Annotated[bool, Strict()]
PositiveInt = Annotated[Int, Field(gt=0)]
NonNegativeInt = Annotated[Int, Field(ge=0)]
PositiveFloat = Annotated[Float, Field(gt=0)]
NonNegativeFloat = Annotated[Float, Field(ge=0)]
Fraction = Annotated[Float, Field(ge=0, lt=1)]
Per = Literal["epoch", "step"]


class FrozenModel(BaseModel):
    """Base of every table of a study file: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
