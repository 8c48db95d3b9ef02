"""What functions and commands have in common as trainables: open settings, metrics that only runs tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic

from pydantic import ValidationError, create_model

from seedbed.study.known_keys import known_keys
from seedbed.study.problems import Problem, problems_of
from seedbed.study.trainable import Trainable
from seedbed.trainables.outside.configuration import (
    SETTINGS,
    OutsideConfiguration,
    OwnOptions,
    keys_of,
    setting_problems,
)
from seedbed.values import FrozenModel


class OutsideTrainable(Trainable[OutsideConfiguration[OwnOptions]], Generic[OwnOptions]):
    """Runs other people's code; made for one document, whose settings are the ones that there are.

    Attributes
    ----------
    table, options
        The table that says how it is run, and its model.
    """

    table: str
    options: type[OwnOptions]
    open_metrics = True

    def __init__(self, tables: Mapping[str, Any]) -> None:
        # In a table of its own, so that what is wrong is found under its whole key.
        whole: Any = {self.table: (self.options, ...)}
        self._file: type[FrozenModel] = create_model("StudyFile", __base__=FrozenModel, **whole)
        self.keys = (*known_keys(self._file), *keys_of(tables.get(SETTINGS, {})))

    def configure(
        self, tables: Mapping[str, Any]
    ) -> tuple[OutsideConfiguration[OwnOptions] | None, list[Problem]]:
        """The settings of a variant checked; see `Trainable.configure`."""
        settings, own = tables.get(SETTINGS, {}), {self.table: tables.get(self.table, {})}
        problems = list(setting_problems(settings))
        try:
            options = getattr(self._file.model_validate(own), self.table)
        except ValidationError as error:
            return None, [*problems, *problems_of(error, self._file, own)]
        return (
            (None, problems) if problems else (OutsideConfiguration(self.table, options, dict(settings)), [])
        )
