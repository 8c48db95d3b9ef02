"""What readers of results rely on in the JSON files of a study, which anybody may have written or changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from seedbed.analysis.forms import variants_of
from seedbed.store.schema import COLUMNS, KEYS, StoreError, table_file
from seedbed.study.hypotheses import Hypothesis
from seedbed.values import Float, NonNegativeInt, PositiveInt

if TYPE_CHECKING:
    import pyarrow as pa

NEEDED = {"runs": ("status",)}  # columns of tables, beside variant and seed
MOST_SEEDS = 10**7  # for each of which there is a place in every array


class _Stored(BaseModel):
    """Base of what is checked: keys of other versions are left alone, nothing is converted."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class _Variant(_Stored):
    name: str
    settings: dict[str, Any] | None = None
    recipe: dict[str, Any] | None = None
    published: dict[str, Float] | None = None
    evaluation: dict[str, dict[str, Any] | None] | None = None
    runs: NonNegativeInt | None = None


class _Until(_Stored):
    looks: Annotated[list[PositiveInt], Field(min_length=1)]


class _Data(_Stored):
    baseline: dict[str, Float | None] = {}
    parts: dict[str, NonNegativeInt] = {}
    repeated: dict[str, NonNegativeInt] = {}
    classes: dict[str, Any] | None = None
    notes: list[str] | None = None

    @model_validator(mode="after")
    def _parts_agree(self) -> _Data:
        if unknown := set(self.repeated) - set(self.parts):
            raise ValueError(f"there is no part {min(unknown)!r} that could have repeated rows")
        return self


class _Resolved(_Stored):
    study: str
    description: str | None = None
    base_label: str | None = None
    metric: str
    direction: Literal["min", "max"]
    scale: Literal["difference", "ratio"] | None = None
    matters: Float | None = None
    fails_above: Float | None = None
    fails_below: Float | None = None
    metrics: dict[str, Literal["min", "max"]] = {}
    seeds: Annotated[NonNegativeInt, Field(le=MOST_SEEDS)] | list[NonNegativeInt]
    paired: bool = True
    pairing_note: str | None = None
    seed_labels: list[str] | None = None
    levels: dict[str, list[NonNegativeInt]] = {}
    variants: Annotated[list[_Variant], Field(min_length=1)]
    hypotheses: list[dict[str, Any]] = []
    classes: list[str] | None = None
    features: list[str] | None = None
    until: _Until | None = None
    data: _Data | None = None

    @model_validator(mode="after")
    def _names_agree(self) -> _Resolved:
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("two variants have one name")
        for claim in self.hypotheses:
            Hypothesis.model_validate({key: claim[key] for key in claim if not _is_default(key, claim[key])})
            if unknown := set(variants_of(claim)) - set(names):
                raise ValueError(f"a claim is about {min(unknown)!r}, which is not a variant")
        return self


def _is_default(key: str, value: object) -> bool:
    """Whether a key of a claim says nothing: stored claims have all keys, of which files may have but some."""
    field = Hypothesis.model_fields.get(key)
    return field is not None and value == field.default


class _Seconds(_Stored):
    total: Float | None = None
    train: Float | None = None


class _Node(_Stored):
    node: str
    engine: str | None = None
    device: str | None = None
    cpu: str | None = None
    runs: NonNegativeInt


class _Environment(_Stored):
    nodes: list[_Node] | None = None
    engine: str | None = None
    device: str | None = None
    command: str | None = None
    started: str | None = None
    seconds: _Seconds | None = None


EXPECTED: dict[str, type[_Stored]] = {"resolved.json": _Resolved, "environment.json": _Environment}


def checked(document: dict[str, Any], path: Path) -> dict[str, Any]:
    """What one of these files holds, as it is, where readers can rely on it.

    Raises
    ------
    StoreError
        Naming the first key that is missing or holds something else.
    """
    try:
        EXPECTED[path.name].model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(
            f"{path} is damaged ({f'{where}: ' if where else ''}{first['msg']}); restore it, "
            "or run the study again"
        ) from None
    return document


def checked_table(table: pa.Table, name: str, directory: Path) -> pa.Table:
    """A table as it is, where its columns are of the types that readers rely on; without rows they may be of any.

    Raises
    ------
    StoreError
        Naming the first column that is missing or holds something else.
    """
    import pyarrow as pa

    fits = {
        "string": (pa.types.is_string, pa.types.is_large_string),
        "int64": (pa.types.is_integer,),
        "float64": (pa.types.is_floating, pa.types.is_integer, pa.types.is_null, pa.types.is_fixed_size_list),
        "binary": (pa.types.is_binary,),
    }

    def refuse(reason: str) -> NoReturn:
        raise StoreError(
            f"{directory / table_file(name)} is damaged ({reason}); restore it, or run the study again"
        )

    for column in (*KEYS, *NEEDED.get(name, ())):
        if column not in table.schema.names:
            refuse(f"it has no column {column}")
    for column, kind in COLUMNS.get(name, KEYS).items() if len(table) else ():
        if column in table.schema.names:
            found = table.schema.field(column).type
            held = found.value_type if pa.types.is_dictionary(found) else found
            if not any(fit(held) for fit in fits[kind]):
                refuse(f"its column {column} holds {found}")
    return table
