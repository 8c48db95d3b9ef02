"""What a recipe offers by name is handled by name: a member that nobody handles is an error, not a case of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

from seedbed import data, recipe
from seedbed.data import scaling, sources
from seedbed.data.base import Samples
from seedbed.data.sources.base import Request, Source
from seedbed.data.split import split
from seedbed.nn.base import Layout, Parameter
from seedbed.nn.initializers import initial
from seedbed.training import networks, rules
from seedbed.training.schedules import SHAPES, Plateau, lr_factor
from seedbed.training.stopping import Stopping


def members(union: Any, field: str) -> set[str]:
    """The names by which the tables of a discriminated union are told apart."""
    tables = get_args(get_args(union)[0])
    return {name for table in tables for name in get_args(table.model_fields[field].annotation)}


def offered(table: type[recipe.Table], field: str) -> set[str]:
    """The members of a field that is a choice between names."""
    return set(get_args(table.model_fields[field].annotation))


HANDLED = {
    "schedules": (members(recipe.AnySchedule, "kind"), SHAPES),
    "sources": (members(recipe.AnyData, "source"), sources.SOURCES),
    "scales": (offered(recipe.Data, "scale") - {"none"}, scaling.SCALES),
}


@pytest.mark.parametrize("what", HANDLED)
def test_all_that_is_offered_is_handled_and_nothing_else(what: str) -> None:
    names, handled = HANDLED[what]
    assert set(handled) == names


class Strange(recipe.Model):
    """A kind of network that nobody builds."""

    kind: str = "strange"


MLP = recipe.MlpModel(kind="mlp", hidden=(3,))
CNN = recipe.CnnModel(kind="cnn", blocks=(recipe.Block(filters=2),))
RESNET = recipe.ResnetModel(kind="resnet", depth=8)
TABLE = recipe.TableData(source="table", path="a.csv", target="y")
ROWS = Samples(np.arange(12, dtype=np.float32).reshape(6, 2), np.zeros((6, 1), np.float32), ("a", "b"))
WEIGHTS = Layout({"weight": Parameter((2, 3), "weight")})


def other(table: Any, **fields: Any) -> Any:
    """The table with members that no validation lets through."""
    return table.model_copy(update=fields)


def schedule(**fields: Any) -> Any:
    return other(recipe.StepSchedule(kind="step", every=2), **fields)


def parameters(role: Any, init: str = "default") -> np.ndarray:
    return initial(Layout({"weight": Parameter((2, 3), role)}), init, 0.01, 0, 0)


IMAGE = (1, 8, 8)
UNKNOWN: dict[str, Callable[[], Any]] = {
    "model": lambda: networks.build(Strange(), (4,), 1),  # type: ignore[arg-type]
    "norm": lambda: networks.build(other(MLP, norm="layer"), (4,), 1),
    "norm of images": lambda: networks.build(other(CNN, norm="layer"), IMAGE, 1),
    "activation": lambda: networks.build(
        other(CNN, blocks=(recipe.Block(filters=2, pool="max"),), activation="x"), IMAGE, 1
    ),
    "pool": lambda: networks.build(other(CNN, blocks=(other(CNN.blocks[0], pool="mid"),)), IMAGE, 1),
    "shortcut": lambda: networks.build(other(RESNET, shortcut="conv"), IMAGE, 1),
    "role": lambda: parameters("gain"),
    "init": lambda: parameters("weight", "lecun"),
    "role that decays": lambda: Layout({"a": Parameter((2,), "gain")}).decay_mask(),  # type: ignore[arg-type]
    "decay_on": lambda: WEIGHTS.decay_mask("biases"),  # type: ignore[arg-type]
    "schedule": lambda: lr_factor(schedule(kind="zigzag"), np.arange(3), 2, 6),
    "unit of a schedule": lambda: lr_factor(schedule(per="sample"), np.arange(3), 2, 6),
    "update rule": lambda: rules.build(recipe.Training.model_construct(optimizer="lion", nesterov=False)),  # type: ignore[arg-type]
    "direction": lambda: Stopping([recipe.Stop()], "up"),
    "scale": lambda: scaling.fit(other(TABLE, scale="robust"), ROWS, np.arange(6)),
    "fit_on": lambda: split(other(TABLE, fit_on="val"), np.zeros(20), study_seed=0, seed=0),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_an_unknown_member_is_an_error(what: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        UNKNOWN[what]()


def test_a_plateau_is_the_only_schedule_that_follows_the_losses() -> None:
    assert {name for name, shape in SHAPES.items() if name != "constant" and shape is SHAPES["constant"]} == {
        "plateau"
    }
    assert Plateau.of([recipe.PlateauSchedule(kind="plateau")]).patience[0] == 10


def test_what_a_loss_is_about_is_said_of_every_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    training = recipe.Training(loss="mse", epochs=1)
    one = recipe.Recipe(data=TABLE, model=MLP, training=training)
    assert (one.target, one.is_classification) == ("number", False)
    strange = one.model_copy(update={"training": training.model_copy(update={"loss": "hinge"})})
    for question in ("target", "is_classification"):
        with pytest.raises(KeyError, match="hinge"):
            getattr(strange, question)


class Satellite(recipe.Images):
    """A source of images that nobody has given a row."""

    source: str = "satellite"


class Ledger(recipe.Data):
    """A source of rows that nobody has given a row."""

    source: str = "ledger"


@pytest.mark.parametrize("settings", [Satellite(), Ledger()], ids=["images", "rows"])
def test_an_unknown_source_is_an_error_until_it_has_a_row(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load() -> Samples:
        return data.load(settings, classification=True, study_seed=0, seed=1)

    with pytest.raises(NotImplementedError, match=f"'{settings.source}'.*SOURCES"):
        load()
    asked = []

    def read(request: Request[recipe.Data]) -> Samples:
        asked.append(request)
        return ROWS

    monkeypatch.setitem(sources.SOURCES, settings.source, Source(read))
    assert load().inputs is ROWS.inputs
    assert (asked[0].settings, asked[0].files, asked[0].classification) == (settings, {}, True)
