"""Random numbers: the published answers of Philox, the same bits in every library, no matter the order."""

from __future__ import annotations

import array_api_compat.numpy as xnp
import array_api_compat.torch as xtorch
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seedbed.draws import PURPOSES, generator, keys, philox, uniform_words

ONES = 0xFFFFFFFF
KNOWN_ANSWERS = [  # Random123 1.14, tests/kat_vectors: philox4x32 10
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
@pytest.mark.parametrize("convert", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_philox_gives_the_published_answers(counter: tuple, key: tuple, answer: tuple, convert: type) -> None:
    words = philox(tuple(convert([word]) for word in counter), tuple(convert([word]) for word in key))
    assert tuple(int(word[0]) for word in words) == answer


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**31), st.integers(0, 50))
def test_words_do_not_depend_on_what_else_is_drawn(batch: int, features: int, step: int, place: int) -> None:
    key = keys(0, [3, 4], "dropout")
    many = uniform_words(xnp, key, 9, 9, step, place)
    few = uniform_words(xnp, key[1:], batch, features, step, place)
    np.testing.assert_array_equal(few, many[1:, :batch, :features])


def test_numpy_and_torch_draw_the_same_words() -> None:
    key = keys(5, [0, 1, 2], "augment")
    words = uniform_words(xnp, key, 6, 7, 8, 9)
    np.testing.assert_array_equal(words, uniform_words(xtorch, torch.tensor(key), 6, 7, 8, 9).numpy())


@pytest.mark.parametrize("change", [{"step": 1}, {"place": 1}, {"seed": 1}, {"purpose": "augment"}])
def test_words_follow_from_everything_they_are_for(change: dict) -> None:
    def draw(seed: int = 0, purpose: str = "dropout", step: int = 0, place: int = 0) -> np.ndarray:
        return uniform_words(xnp, keys(0, [seed], purpose), 16, 16, step, place)

    assert np.mean(draw() == draw(**change)) < 0.01


def test_words_are_uniform() -> None:
    words = uniform_words(xnp, keys(0, [0], "dropout"), 500, 200, 0, 0) / 2**32
    assert abs(words.mean() - 0.5) < 5 * (12 * words.size) ** -0.5
    counts = np.histogram(words, 20, (0, 1))[0]
    assert np.all(abs(counts - 5000) < 5 * 5000**0.5)


def test_generators_differ_by_purpose_seed_and_counter_and_repeat_themselves() -> None:
    specs = [(0, 0, purpose, 0) for purpose in PURPOSES] + [
        (1, 0, "split", 0),
        (0, 1, "split", 0),
        (0, 0, "split", 1),
    ]
    draws = [tuple(generator(*spec).integers(0, 2**32, 4)) for spec in specs]
    assert len(set(draws)) == len(specs)
    assert draws == [tuple(generator(*spec).integers(0, 2**32, 4)) for spec in specs]
