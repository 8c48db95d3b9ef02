"""The keys of a study file: each says what it means, for the reference and the editors that read the schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic.fields import FieldInfo

from seedbed.recipe import FrozenModel, Recipe
from seedbed.study.file import StudyFile
from seedbed.study.known_keys import tables_at


def fields(model: type[FrozenModel], seen: set[type[FrozenModel]]) -> Iterator[tuple[str, FieldInfo]]:
    """Every field of a model and of the models in it, with a name for messages."""
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}", field
        for inner in tables_at([name], model):
            if inner is not model:
                yield from fields(inner, seen)  # type: ignore[arg-type]


KEYS = {
    name: field
    for model in (StudyFile, Recipe)
    for name, field in fields(model, set())
    if not name.startswith("Recipe.") and name.rpartition(".")[2] not in ("kind", "source")
}


@pytest.mark.parametrize("name", KEYS)
def test_every_key_says_what_it_means_in_a_sentence_or_two(name: str) -> None:
    description = KEYS[name].description
    assert description
    assert 10 < len(description) < 260
    assert description[-1] == "."


def test_keys_are_found() -> None:
    assert {
        "Training.lr",
        "Block.kernel",
        "PlateauSchedule.patience",
        "Hypothesis.than",
        "Stop.target",
    } <= set(KEYS)
