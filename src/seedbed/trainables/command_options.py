"""The table [command], and what the placeholders of its texts stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from seedbed.trainables.outside.configuration import SETTINGS
from seedbed.trainables.outside.options import Options
from seedbed.trainables.placeholders import filled, flat

SEED, DIRECTORY, STUDY = "seed", "directory", "study"
OWN = (SEED, DIRECTORY, STUDY, SETTINGS)  # names that are no settings


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError("expected text without a zero byte")
    return value


def _variable(name: str) -> str:
    if not name or "=" in name:
        raise ValueError(f'expected the name of an environment variable, got "{name}"')
    return _text(name)


Text = Annotated[str, AfterValidator(_text)]
Variable = Annotated[str, AfterValidator(_variable)]


class CommandOptions(Options):
    """The table [command]."""

    run: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="The program and its arguments, a list of texts; no shell reads them. {name} stands for a setting, "
        "{seed} for the run's seed, {directory} for a directory of the run's own, {study} for that of the study, "
        "{settings} for all settings as JSON; {{ and }} for braces. A list that a whole argument stands for becomes "
        'an argument for each value. The program "python" is the interpreter that runs Seedbed.'
    )
    metrics: Literal["last line", "lines"] = Field(
        default="last line",
        description='Which metrics count: those of the last line that is a JSON object ("last line"), or of every such '
        'line, each an epoch, with curves, live progress and stopping rules ("lines"). Other lines are no matter.',
    )
    metrics_file: Text | None = Field(
        default=None,
        description="A file that the program writes its metrics to instead of printing them, such as "
        '"{directory}/metrics.json"; relative to the working directory.',
    )
    env: dict[Variable, Text] = Field(
        default_factory=dict,
        description="Environment variables beside those that Seedbed has itself; their values may have placeholders.",
    )
    directory: Text = Field(
        default="{study}",
        description='The working directory, relative to the study\'s; "{directory}" gives every run its own.',
    )

    @property
    def words(self) -> Iterator[tuple[str, str]]:
        """Every text that may have placeholders, with its key."""
        yield from (("run", word) for word in self.run[1:])
        yield from ((f"env.{name}", value) for name, value in self.env.items())
        yield "directory", self.directory
        if self.metrics_file is not None:
            yield "metrics_file", self.metrics_file


def values_of(settings: Mapping[str, Any], **own: Any) -> dict[str, Any]:
    """What placeholders stand for.

    Parameters
    ----------
    own
        Values of the names that are no settings.
    """
    return {**flat(settings), SETTINGS: settings, **own}


def directory_of(options: CommandOptions, values: Mapping[str, Any], study: Path) -> Path:
    """The working directory."""
    return study / filled(options.directory, values)
