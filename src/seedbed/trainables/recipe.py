"""The built-in recipe as a trainable: which settings it has, which metrics, and how a study of it is made ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from seedbed.metrics.names import Direction, Scale, direction, scale, usual_metric
from seedbed.recipe import Recipe
from seedbed.study.code import Code
from seedbed.study.contents import Contents
from seedbed.study.crossing import SOURCES
from seedbed.study.known_keys import known_keys
from seedbed.study.problems import Problem, problems_of
from seedbed.study.trainable import Trainable
from seedbed.trainables.recipe_code import arguments_in, code_of
from seedbed.trainables.recipe_metrics import metric_problem

if TYPE_CHECKING:
    from seedbed.trainables.recipe_work import RecipeWork

TABLES = {
    "data": "Where samples come from, how they are split and scaled.",
    "model": "The network.",
    "training": "Loss, update rule, batches and when to stop.",
}
KEYS = tuple(known_keys(Recipe))  # of all kinds of data, model and schedule


class RecipeTrainable(Trainable[Recipe]):
    """Trains Seedbed's own networks and PyTorch modules as a recipe says; its metrics are those of `seedbed.metrics`.

    Parameters
    ----------
    document
        Of the study: it says which arguments its module has.
    """

    tables = TABLES
    exclusive: Mapping[str, str] = {
        "training.epochs": "training.steps",
        "training.steps": "training.epochs",
    }
    paths = ("data.path",)
    sources = SOURCES
    readies_runs = True

    def __init__(self, document: Mapping[str, Any] = MappingProxyType({})) -> None:
        self.keys = (*KEYS, *arguments_in(document))

    def code(self, study: Contents) -> Code | None:
        """The classes of its modules, which are imported already where a study is made ready."""
        return code_of((variant.configuration for variant in study.variants), study.directory)

    def configure(self, tables: Mapping[str, Any]) -> tuple[Recipe | None, list[Problem]]:
        """The recipe that tables give, or None and all that is wrong with them."""
        try:
            return Recipe.model_validate(tables), []
        except ValidationError as error:
            return None, problems_of(error, Recipe, tables)

    def usual_metric(self, configurations: Sequence[Recipe]) -> str:
        """What variants are compared by unless the study says: of a part that all of them have."""
        shared = set.intersection(*(set(recipe.parts) for recipe in configurations))
        return usual_metric(configurations[0].is_classification, shared)

    def direction(self, metric: str) -> Direction:
        """Whether less or more of a metric is better."""
        return direction(metric)

    def scale(self, metric: str) -> Scale:
        """Whether variants are compared by differences of a metric or by ratios."""
        return scale(metric)

    def metric_problem(
        self, metric: str, configuration: Recipe | None, at_epoch: bool = True, compared: bool = False
    ) -> Problem | None:
        """Why a run of a recipe has no such metric, or is not compared by it."""
        return metric_problem(metric, configuration, at_epoch, compared)

    def prepare(self, study: Contents, data_dir: Path | None = None) -> RecipeWork:
        """Load the data of every run and cut the runs into groups; see `recipe_work`."""
        from seedbed.trainables.recipe_work import RecipeWork  # engines load only where something is to run

        return RecipeWork.of(study, data_dir)
