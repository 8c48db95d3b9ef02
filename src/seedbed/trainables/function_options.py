"""The table [function] of a study: what is called, and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from seedbed.trainables.outside.options import Options


def _names_function(call: str) -> str:
    module, colon, name = call.partition(":")
    if not (colon and all(part.isidentifier() for part in [*module.split("."), *name.split(".")])):
        raise ValueError(f'expected MODULE:FUNCTION, such as "train:run", got "{call}"')
    return call


class FunctionOptions(Options):
    """The table [function]."""

    call: Annotated[str, AfterValidator(_names_function)] = Field(
        description="What is called, as MODULE:FUNCTION; the module is a file beside the study, or installed."
    )
