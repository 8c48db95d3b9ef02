"""The JSON Schema: up to date, true of every study that ships, and against what Seedbed refuses."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from study_files import document, toml

from seedbed.api import Study
from seedbed.files import to_json
from seedbed.recipe import Recipe
from seedbed.reference import schema_file
from seedbed.reference.keys import sections
from seedbed.reference.schema import Others, schema
from seedbed.study import labs
from seedbed.study.known_keys import known_keys
from seedbed.study.problems import StudyError

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parent.parent.parent
VALIDATOR = jsonschema.Draft7Validator(schema())


def wrong(tables: dict[str, Any]) -> list[str]:
    """Where the schema finds something wrong, as dotted keys."""
    return [".".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(tables)]


def test_it_is_a_schema_and_the_shipped_file_is_up_to_date() -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    shipped = schema_file().read_text(encoding="utf-8")
    assert shipped == to_json(schema(), indent=2) + "\n", "run: seedbed reference --schema > FILE"


@pytest.mark.parametrize("name", labs.names())
def test_every_lab_is_valid(name: str) -> None:
    assert wrong(tomllib.loads(labs.path(name).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("kind", ["recipe", "function", "command", "module", "results"])
def test_what_new_writes_is_valid(kind: str) -> None:
    text = files("seedbed.cli.starts").joinpath(f"{kind}.toml").read_text(encoding="utf-8")
    assert wrong(tomllib.loads(text)) == []


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("examples/*/study.toml")), ids=lambda path: path.parent.name
)
def test_the_examples_are_valid(path: Path) -> None:
    assert wrong(tomllib.loads(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", ["README.md", "docs/reference.md", "docs/your-own-training.md"])
def test_the_studies_of_the_pages_are_valid(path: str) -> None:
    page = (ROOT / path).read_text(encoding="utf-8")
    studies = re.findall(r"```toml\n(name.*?)```", page, flags=re.DOTALL)
    assert studies
    for text in studies:
        assert wrong(tomllib.loads(text)) == []


def keys() -> list[tuple[str, str, str]]:
    """Every key of every table: the table, a kind that has it, the key."""
    found = []
    for section in sections(schema()):
        kinds = list(section.kinds) or [""]
        for key in section.keys:
            found.append((section.name, key.kinds[0] if key.kinds else kinds[0], key.name))
    return found


@pytest.mark.parametrize(("table", "kind", "key"), keys())
def test_only_keys_that_a_table_has_are_known_there(table: str, kind: str, key: str) -> None:
    tables = document()
    node: Any = tables
    several = {"variant", "hypothesis", "blocks"}
    for part in table.split(".") if table else []:
        inner: dict[str, Any] = {} if part in several or not isinstance(node.get(part), dict) else node[part]
        node[part] = [inner] if part in several else inner
        node = inner
    if kind:
        node.clear()
        node["source" if table == "data" else "kind"] = kind
    node[key] = node.get(key, "?")
    assert not unknown(tables, key)
    node[f"{key}_x"] = node[key]
    assert unknown(tables, f"{key}_x")


def unknown(tables: dict[str, Any], key: str) -> bool:
    """Whether the schema says of a key that it is not known."""
    errors = list(VALIDATOR.iter_errors(tables))
    errors += [inner for error in errors for inner in error.context or ()]
    told = (f"{key!r} was unexpected", f"{key!r} is not one of", f"{key!r} were unexpected")
    return any(words in error.message for error in errors for words in told)


CLAIM = {"claim": "so", "better": "base", "than": "norm = none"}
VALID = {
    "plain": {},
    "no study table": {"study": None},
    "all as a batch": {"training.batch_size": "all"},
    "folds": {"data.split": {"folds": 5}},
    "counts": {"data.split": [30, 10, 10]},
    "steps": {"training.epochs": None, "training.steps": 3},
    "ablate dotted": {"ablate": {"training.lr": [0.1, 1], "training.schedule": [{"kind": "cosine"}]}},
    "ablate nested": {"ablate": {"training": {"lr": [0.1]}, "model": {"norm": ["none"]}}},
    "ablate of a whole table": {"ablate": {"model": [{"kind": "linear"}]}},
    "none of an optional key": {"ablate": {"training.clip_norm": ["none", 1]}},
    "grid": {"grid": {"data.powers": [1, 2], "training.schedule.warmup": [1]}, "training.schedule": {"kind": "cosine"}},
    "a whole model": {"variant": [{"name": "x", "set": {"model": {"kind": "linear"}}}]},
    "set nested": {"variant": [{"name": "x", "set": {"model": {"norm": "none"}, "training.lr": 1}}]},
    "quick": {"quick": {"study.seeds": 2, "training": {"epochs": 1}}},
    "a claim": {"ablate": {"model.norm": ["none"]}, "hypothesis": [CLAIM]},
    "several opponents": {"ablate": {"model.norm": ["none"]}, "hypothesis": [{**CLAIM, "than": ["norm = none"]}]},
    "an epoch": {"hypothesis": [{"claim": "so", "variant": "base", "metric": "val.mse@2", "below": 1}]},
    "published": {"published": {"val.mse": 1, "seconds": 3}},
}  # fmt: skip


@pytest.mark.parametrize("name", VALID)
def test_what_seedbed_takes_is_valid(name: str) -> None:
    tables = document(VALID[name])
    Study.parse(toml(tables))
    assert wrong(tables) == []


WRONG = {
    "unknown key": ({"training.learning_rate": 0.1}, "training"),
    "unknown table": ({"modle": {}}, ""),
    "key of another kind": ({"data.path": "x.csv"}, "data"),
    "a number for a word": ({"model.norm": 1}, "model.norm"),
    "text for a number": ({"training.lr": "fast"}, "training.lr"),
    "no rate": ({"training.lr": 0.0}, "training.lr"),
    "unknown choice": ({"training.optimizer": "adma"}, "training.optimizer"),
    "both epochs and steps": ({"training.steps": 3}, "training"),
    "neither epochs nor steps": ({"training.epochs": None}, "training"),
    "no name": ({"name": None}, ""),
    "an unsafe name": ({"name": "../x"}, "name"),
    "unknown metric": ({"study.metric": "val.msee"}, "study.metric"),
    "an epoch where variants are compared": ({"study.metric": "val.mse@1"}, "study.metric"),
    "a cost where variants are compared": ({"study.metric": "seconds"}, "study.metric"),
    "unknown setting": ({"ablate": {"training.lrr": [1.0]}}, "ablate"),
    "no list": ({"ablate": {"training.lr": 1.0}}, "ablate.training.lr"),
    "an empty list": ({"ablate": {"training.lr": []}}, "ablate.training.lr"),
    "a wrong value to try": ({"ablate": {"training.lr": ["x"]}}, "ablate.training.lr.0"),
    "unknown setting of a variant": ({"variant": [{"name": "x", "set": {"lr": 1.0}}]}, "variant.0.set"),
    "unknown quick setting": ({"quick": {"study.sead": 1}}, "quick"),
    "two forms": ({"hypothesis": [{**CLAIM, "above": 1.0}]}, "hypothesis.0"),
    "half a form": ({"hypothesis": [{"claim": "so", "better": "base"}]}, "hypothesis.0"),
    "published of an unknown metric": ({"published": {"val.msee": 1.0}}, "published"),
}


COMMAND = {
    "name": "x",
    "command": {"run": ["a", "{lr}"]},
    "settings": {"lr": 1},
    "study": {"metric": "anything"},
}
VALID_OTHERS = {
    "plain": {},
    "a size": {"command": {**COMMAND["command"], "memory": "2 GB"}},
    "rules": {"command": {**COMMAND["command"], "metrics": "lines", "stop": {"patience": 3}}},
    "any setting": {"ablate": {"settings.lr": [2]}, "quick": {"settings.lr": 3, "study.seeds": 1}},
    "nested settings": {
        "grid": {"settings": {"lr": [2]}},
        "variant": [{"name": "x", "set": {"settings.lr": 9}}],
    },
    "the command": {"ablate": {"command.run": [["b", "{lr}"]]}},
    "any metric": {"hypothesis": [{"claim": "so", "variant": "base", "metric": "mine@3", "below": 1}]},
}
WRONG_OTHERS = {
    "unknown key": ({"command": {"run": ["a", "{lr}"], "shell": True}}, "command"),
    "text for a list": ({"command": {"run": "a {lr}"}}, "command.run"),
    "a recipe beside it": ({"model": {"kind": "linear"}}, ""),
    "no list to try": ({"ablate": {"settings.lr": 2}}, "ablate.settings.lr"),
    "an empty metric": ({"study": {"metric": ""}}, "study.metric"),
    "half a function": ({"command": None, "function": {}}, "function"),
}


@pytest.mark.parametrize("name", VALID_OTHERS)
def test_what_is_no_recipe_is_valid_where_seedbed_takes_it(name: str) -> None:
    tables = {**COMMAND, **VALID_OTHERS[name]}
    Study.from_dict({**tables, "study": {**COMMAND["study"], "direction": "max"}})
    assert wrong(tables) == []


@pytest.mark.parametrize("name", WRONG_OTHERS)
def test_what_is_no_recipe_is_invalid_where_seedbed_refuses_it(name: str) -> None:
    changes, place = WRONG_OTHERS[name]
    tables = {key: table for key, table in {**COMMAND, **changes}.items() if table is not None}
    with pytest.raises(StudyError):
        Study.from_dict({**tables, "study": {"direction": "max", **tables["study"]}})
    assert place in wrong(tables)


@pytest.mark.parametrize("name", WRONG)
def test_what_seedbed_refuses_is_invalid_in_the_right_place(name: str) -> None:
    changes, place = WRONG[name]
    tables = document(changes)
    with pytest.raises(StudyError):
        Study.parse(toml(tables))
    assert place in wrong(tables)


@pytest.mark.parametrize("table", ["ablate", "quick"])
def test_every_setting_is_known_where_settings_are(table: str) -> None:
    kind = {"ablate": "Choices", "quick": "QuickSettings"}[table]
    assert {*known_keys(Recipe), *known_keys(Others)} <= set(schema()["$defs"][kind]["properties"])


def test_every_reference_in_it_leads_somewhere() -> None:
    whole = schema()

    def check(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(ref := node.get("$ref"), str):
                place = whole
                for part in ref.removeprefix("#/").split("/"):
                    place = place[part]
            for part in node.values():
                check(part)
        elif isinstance(node, list):
            for part in node:
                check(part)

    check(whole)


def test_it_is_part_of_the_package() -> None:
    import seedbed

    assert schema_file().is_relative_to(Path(seedbed.__file__).parent)
    assert json.loads(schema_file().read_text(encoding="utf-8"))["type"] == "object"
