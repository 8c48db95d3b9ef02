"""The JSON Schema of a study file, made from the models that read it; editors complete and check with it.

Written for draft 7, which editors of TOML know best.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from seedbed.analysis.forms import FORMS
from seedbed.metrics.names import CLASSIFICATION, COSTS, OF_A_RUN, PARTS, RECALL, REGRESSION
from seedbed.recipe import AnyData, AnyModel, Recipe, Training
from seedbed.study.file import NAME, STUDY_KEYS, StudyFile
from seedbed.study.known_keys import known_keys
from seedbed.trainables.command_options import CommandOptions
from seedbed.trainables.function_options import FunctionOptions
from seedbed.trainables.judged.settings import ResultsSettings
from seedbed.trainables.outside.configuration import SETTINGS
from seedbed.trainables.recipe import TABLES
from seedbed.values import FrozenModel

Schema = dict[str, Any]
OTHERS = {
    "function": "A Python function that makes the runs, in place of a recipe.",
    "command": "A program that makes the runs, in place of a recipe.",
    "results": "Results that exist already, in place of a recipe.",
}
DESCRIBED = {
    **TABLES,
    **OTHERS,
    SETTINGS: "What a function or command is given; any names, tables within it, too.",
}
ANY_NAME = rf"^({SETTINGS}|model\.arguments)\."  # settings of any name, of functions, commands and modules
METRICS_OF_CLAIMS = ("metric", *(name for name, form in FORMS.items() if form.holds == "metric"))
LIMITS = {
    "exclusiveMinimum": "above",
    "minimum": "at least",
    "exclusiveMaximum": "below",
    "maximum": "at most",
}


class Others(FrozenModel):
    """The tables by which a study file says that something else than a recipe makes its runs."""

    function: FunctionOptions
    command: CommandOptions
    results: ResultsSettings


class WholeFile(StudyFile, Others):
    """A study file of any kind."""

    data: AnyData
    model: AnyModel
    training: Training
    settings: dict[str, Any]


class _Generator(GenerateJsonSchema):
    """Pydantic's schema without null, which TOML does not have."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        """The schema of a value that is there."""
        return self.generate_inner(schema["schema"])


def schema() -> Schema:
    """The schema of a study file; tables are under "$defs", named after their models."""
    whole = _simplified(WholeFile.model_json_schema(schema_generator=_Generator))
    _add_what_types_cannot_say(whole)
    _add_settings(whole)
    _offer_keys_of_all_kinds(whole)
    _tell_kinds_of_studies_apart(whole)
    top = whole["properties"]
    for key, description in DESCRIBED.items():
        top[key]["description"] = description
    first = ("name", "description", "directory", *DESCRIBED)  # as people write them
    whole["properties"] = {key: top[key] for key in (*first, *(key for key in top if key not in first))}
    described = "A study of Seedbed: what to train, what to vary in it, how many seeds, which claims to test."
    return {"$schema": "http://json-schema.org/draft-07/schema#", **whole, "description": described}


# --- finding one's way in it -----------------------------------------------------------------------------


def tables_of(node: Schema, whole: Schema) -> list[Schema]:
    """The tables that a schema allows, also as entries of a list: one for each kind."""
    if "$ref" in node:
        return [whole["$defs"][node["$ref"].rpartition("/")[2]]]
    inner = [*node.get("anyOf", ()), *(case["then"] for case in node.get("allOf", ()) if "then" in case)]
    items = node.get("items")
    inner += [items] if isinstance(items, dict) else []
    return [table for one in inner for table in tables_of(one, whole)]


def tags(table: Schema) -> tuple[str, list[str]] | None:
    """The key that says of which kind a table is, and what it says; None where there is one kind only."""
    for key in ("source", "kind"):
        tag = table.get("properties", {}).get(key)
        if tag is not None:
            return key, tag["enum"] if "enum" in tag else [tag["const"]]
    return None


# --- making it -------------------------------------------------------------------------------------------


def _simplified(node: Any) -> Any:
    """Without titles, null defaults and what is for OpenAPI, the same of every version of pydantic, for draft 7."""
    if isinstance(node, list):
        return [_simplified(part) for part in node]
    if not isinstance(node, dict):
        return node
    if "discriminator" in node:
        described = {"description": node["description"]} if "description" in node else {}
        default = {"default": _default(node["default"])} if "default" in node else {}
        return _by_kind([one["$ref"] for one in node["oneOf"]], **node["discriminator"]) | described | default
    result: Schema = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):
            result[key] = {name: _simplified(part) for name, part in value.items()}
        elif key == "default":
            result |= {} if value is None else {"default": _default(value)}
        elif key == "description":
            result[key] = re.sub(r"\s+", " ", value.partition("\n\n")[0])
        elif key == "allOf":  # of one schema, beside other keywords, as older versions of pydantic write it
            result |= _simplified(value[0])
        elif key in LIMITS:
            result[key] = int(value) if value == int(value) else value
        elif (
            key == "additionalProperties" and value is True
        ):  # what goes without saying older versions do not say
            continue
        elif key != "title" and not (key == "enum" and "const" in node):
            result["items" if key == "prefixItems" else key] = _simplified(value)
    return result


def _by_kind(refs: list[str], mapping: Mapping[str, str], propertyName: str) -> Schema:
    """A table of several kinds: which one it is decides what else it may have.

    In cases, since of a "oneOf" editors can say only that none of all kinds fits.
    """
    kinds = {ref: [kind for kind, other in mapping.items() if other == ref] for ref in refs}
    cases = [
        {
            "if": {"properties": {propertyName: {"enum": names}}, "required": [propertyName]},
            "then": {"$ref": ref},
        }
        for ref, names in kinds.items()
    ]
    tag = {
        "enum": [kind for names in kinds.values() for kind in names],
        "description": "Which of these it is.",
    }
    return {"type": "object", "properties": {propertyName: tag}, "required": [propertyName], "allOf": cases}


def _default(value: Any) -> Any:
    """A table that is there by default, without the defaults in it."""
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key in ("kind", "source")}
    return value


def _add_what_types_cannot_say(whole: Schema) -> None:
    """What validators check and a schema can say, too."""
    defs, top = whole["$defs"], whole["properties"]
    top["name"]["pattern"] = f"^{NAME.pattern}$"
    neither, both = {"required": ["epochs"]}, {"required": ["epochs", "steps"]}
    for key in ("class_weight", "clip_norm"):  # with which a variant unsets what base has
        table = defs["Training"]["properties"]
        described = {"description": table[key].pop("description")}
        branches = table[key].pop("anyOf", None) or [table[key]]
        table[key] = {"anyOf": [*branches, {"const": "none", "type": "string"}]} | described
    defs["Training"] |= {"if": {"required": ["steps"]}, "then": {"not": both}, "else": neither}
    defs["Hypothesis"]["anyOf"] = [{"required": [name]} for name in FORMS]
    defs["Hypothesis"]["allOf"] = [
        {
            "if": {"required": [name]},
            "then": {
                "required": sorted(form.needs),
                "propertyNames": {"enum": ["claim", "made_by", name, *sorted((*form.needs, *form.may))]},
            },
        }
        for name, form in FORMS.items()
    ]
    compared = [name for name in OF_A_RUN if name not in COSTS]
    defs["Metric"] = _metric(OF_A_RUN, "")
    defs["ComparedMetric"], defs["MetricAtEpoch"] = _metric(compared, ""), _metric(compared, r"(@\d+)?")
    for kind in ("ComparedMetric", "MetricAtEpoch"):  # which others may call as they like
        defs[f"Any{kind}"] = {"type": "string", "anyOf": [{"$ref": f"#/$defs/{kind}"}, {"minLength": 1}]}
    for table, keys, kind in (
        ("StudySettings", ("metric",), "AnyComparedMetric"),
        ("Hypothesis", METRICS_OF_CLAIMS, "AnyMetricAtEpoch"),
    ):
        for key in keys:
            described = {"description": defs[table]["properties"][key].pop("description")}
            defs[table]["properties"][key] = {"allOf": [{"$ref": f"#/$defs/{kind}"}]} | described


def _tell_kinds_of_studies_apart(whole: Schema) -> None:
    """What a study of a recipe must have, and its metrics; a study of anything else has no recipe."""
    published = {"properties": {"published": {"propertyNames": {"$ref": "#/$defs/Metric"}}}}
    claim = {"properties": {key: {"$ref": "#/$defs/MetricAtEpoch"} for key in METRICS_OF_CLAIMS}}
    metrics = {
        **published["properties"],
        "variant": {"items": published},
        "study": {"properties": {"metric": {"$ref": "#/$defs/ComparedMetric"}}},
        "hypothesis": {"items": claim},
    }
    whole["required"] = ["name"]
    whole["if"] = {"anyOf": [{"required": [table]} for table in OTHERS]}
    whole["then"] = {"not": {"anyOf": [{"required": [table]} for table in TABLES]}}
    whole["else"] = {"required": [*TABLES], "properties": metrics}


def _offer_keys_of_all_kinds(whole: Schema) -> None:
    """What kinds may have, also beside the cases: editors complete from there only."""
    for table in (whole, *whole["$defs"].values()):
        for node in table.get("properties", {}).values():
            refs = [case["then"]["$ref"] for case in node.get("allOf", ()) if "then" in case]
            for key in dict.fromkeys(key for ref in refs for key in _target(ref, whole)["properties"]):
                owners = [ref for ref in refs if key in _target(ref, whole)["properties"]]
                schemas = [f"{ref}/properties/{key}" for ref in owners]
                node["properties"].setdefault(key, _any_of(schemas, whole))


def _metric(of_a_run: Iterable[str], ending: str) -> Schema:
    names = list(dict.fromkeys((*REGRESSION, *CLASSIFICATION)))
    full = [f"{part}.{name}" for part in PARTS for name in names]
    recall = f"{re.escape(RECALL)}.+"
    pattern = f"^(({'|'.join(PARTS)})\\.({'|'.join(names)}|{recall}){ending}|{'|'.join(of_a_run)})$"
    return {"type": "string", "anyOf": [{"enum": [*full, *of_a_run]}, {"pattern": pattern}]}


def _add_settings(whole: Schema) -> None:
    """The tables whose keys are settings of the recipe, dotted or as tables of tables."""
    value = {key: _schema_at(key, whole) for key in (*known_keys(Recipe), *known_keys(Others), *STUDY_KEYS)}
    recipe = {key: one for key, one in value.items() if key not in STUDY_KEYS}
    lists = {key: {"type": "array", "minItems": 1, "items": one} for key, one in recipe.items()}
    defs, top = whole["$defs"], whole["properties"]
    defs["Settings"], defs["Choices"], defs["QuickSettings"] = map(_nested, (recipe, lists, value))
    for kind in ("Settings", "Choices", "QuickSettings"):
        defs[kind]["properties"][SETTINGS] = {"type": "object"}
        defs[kind]["patternProperties"] = {
            ANY_NAME: {"type": "array", "minItems": 1} if kind == "Choices" else {}
        }
    for key, kind in (("ablate", "Choices"), ("grid", "Choices"), ("quick", "QuickSettings")):
        top[key] = {"$ref": f"#/$defs/{kind}", "description": top[key]["description"]}
    changed = defs["NamedVariant"]["properties"]
    changed["set"] = {"$ref": "#/$defs/Settings", "description": changed["set"]["description"]}


def _schema_at(key: str, whole: Schema) -> Schema:
    """What a dotted key may be, by reference: of any kind of table that has it."""
    *path, last = key.split(".")
    if not path:
        return {"$ref": f"#/properties/{last}"}
    schemas = [f"#/$defs/{name}/properties/{last}" for name in _owners(path, last, whole)]
    return _any_of(schemas, whole)


def _owners(path: list[str], last: str, whole: Schema) -> Iterator[str]:
    """The names under "$defs" of the tables at a path that have a key."""
    tables = [whole]
    for part in path:
        nodes = [table["properties"][part] for table in tables if part in table["properties"]]
        tables = [table for node in nodes for table in tables_of(node, whole)]
    for name, table in whole["$defs"].items():
        if last in table.get("properties", {}) and any(table is one for one in tables):
            yield name


def _any_of(refs: list[str], whole: Schema) -> Schema:
    """What any of some references leads to, each of those that differ once."""
    different = {str(_target(ref, whole)): ref for ref in reversed(refs)}
    branches = [{"$ref": ref} for ref in reversed(different.values())]
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _target(ref: str, whole: Schema) -> Any:
    node: Any = whole
    for part in ref.removeprefix("#/").split("/"):
        node = node[part]
    return node


def _nested(settings: Mapping[str, Schema]) -> Schema:
    """A table with dotted keys, and the same with the part before the first dot as a table."""
    properties = dict(settings)
    for table in dict.fromkeys(key.partition(".")[0] for key in settings):
        inner = {key.partition(".")[2]: one for key, one in settings.items() if key.startswith(f"{table}.")}
        partial = {"type": "object", "properties": inner, "additionalProperties": False}
        properties[table] = {"anyOf": [properties[table], partial]} if table in properties else partial
    return {"type": "object", "properties": properties, "additionalProperties": False}
