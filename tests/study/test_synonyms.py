"""Other tools' names: each leads to a key or choice that exists, written as it may be."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from seedbed.metrics.names import METRICS
from seedbed.recipe import Recipe
from seedbed.reference.schema import schema
from seedbed.study.file import STUDY_KEYS, StudyFile
from seedbed.study.known_keys import known_keys, tables_at
from seedbed.study.suggestions import instead_of, instead_of_setting, nearest
from seedbed.study.synonyms import CHOICES, KEYS, NO_KEY, keys_called, plain, why_no_key, written

KNOWN = [*known_keys(Recipe), *STUDY_KEYS, *StudyFile.model_fields]
WORDS = [(key, word) for key, (_, words) in KEYS.items() for word in words.split()]


def enums(node: Any) -> Iterator[str]:
    """Every word that a schema lists as a choice."""
    if isinstance(node, dict):
        yield from (one for one in [*node.get("enum", []), node.get("const")] if isinstance(one, str))
        for part in node.values():
            yield from enums(part)
    elif isinstance(node, list):
        for part in node:
            yield from enums(part)


def test_all_lead_to_keys_and_choices_that_exist() -> None:
    assert set(KEYS) <= set(KNOWN)
    assert set(CHOICES) <= {*enums(schema()), *METRICS}


@pytest.mark.parametrize("key", [key for key in KEYS if "." in key])
def test_what_to_write_is_valid_where_it_is_to_stand(key: str) -> None:
    line, _ = KEYS[key]
    table = key.partition(".")[0]
    ((name, value),) = tomllib.loads(line).items()
    assert key.startswith(f"{table}.{name}")
    fields = [
        model.model_fields[name]
        for model in tables_at([table], StudyFile if table == "study" else Recipe)
        if name in model.model_fields
    ]
    assert fields
    for field in fields:
        with_limits = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        try:
            TypeAdapter(with_limits).validate_python(value)
            return
        except ValidationError:
            continue
    pytest.fail(f"{line} is valid nowhere")


@pytest.mark.parametrize("key", [key for key in KEYS if "." not in key])
def test_what_to_write_at_the_top_is_toml(key: str) -> None:
    assert list(tomllib.loads(KEYS[key][0])) == [key]
    assert written(key) == f"write {KEYS[key][0]}"


@pytest.mark.parametrize(("key", "word"), WORDS)
def test_another_name_is_no_key_of_its_own_table(key: str, word: str) -> None:
    assert f"{key.rpartition('.')[0]}.{word}".strip(".") not in KNOWN or key.endswith(f".{word}")


@pytest.mark.parametrize(("key", "word"), [pair for pair in WORDS if "." in pair[0]])
def test_a_setting_under_another_name_brings_up_the_key(key: str, word: str) -> None:
    table = key.partition(".")[0]
    if f"{table}.{word}" in KNOWN:  # a key there, and a foreign name elsewhere
        return
    told = instead_of_setting(f"{table}.{word}", KNOWN)
    assert any(f'"{one}"' in told for one in (key, *keys_called(word))), told


@pytest.mark.parametrize(
    ("ours", "word"), [(ours, word) for ours, words in CHOICES.items() for word in words.split()]
)
def test_a_choice_under_another_name_brings_up_ours(ours: str, word: str) -> None:
    assert nearest(word, ["nothing like it", ours]) == ours


def test_what_has_no_key_says_why() -> None:
    for why, words in NO_KEY.items():
        for word in words.split():
            assert why_no_key(word) == why
            assert not any(name.rpartition(".")[2] == word for name in KNOWN)


@given(st.sampled_from([word for _, word in WORDS]), st.sampled_from("_- "))
def test_it_does_not_matter_how_words_are_joined(word: str, joint: str) -> None:
    assert keys_called(word.replace("_", joint)) == keys_called(word)
    assert keys_called("".join(part.capitalize() for part in word.split("_"))) == keys_called(word)
    assert plain(plain(word)) == plain(word)


def test_of_very_many_names_the_first_are_listed() -> None:
    """Of a thousand classes, say."""
    assert instead_of("zzz", "abc") == "known: a, b, c"
    told = instead_of("?", [f"class {i}" for i in range(1000)])
    assert told.endswith("class 29, ... (1,000 in all)")
    assert len(told) < 400
