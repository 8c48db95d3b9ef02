"""Scaling uses the training part only and leaves what is not asked for as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.data import DataError, Samples, scaling
from seedbed.recipe import Data

TRAIN = np.arange(0, 60, dtype=np.int32)


def table():
    random = np.random.default_rng(0)
    inputs = (random.normal(size=(100, 3)) * [1, 100, 1e-3] + [0, 1e4, 5]).astype(np.float32)
    return Samples(inputs, np.zeros((100, 1), np.float32), features=("a", "b", "c"))


def images(dtype=np.uint8):
    """Four channels of different range, the third of which never changes."""
    pixels = np.random.default_rng(0).integers(0, [[[50]], [[100]], [[1]], [[256]]], (100, 4, 3, 2))
    return Samples(
        pixels.astype(dtype) + dtype(7 * (dtype == np.float32)), np.zeros(100, np.int64), unit=(0.0, 1 / 255)
    )


def scaled(samples, **settings):
    center, scale = scaling.fit(Data(**settings), samples, TRAIN)
    assert center.dtype == scale.dtype == np.float32
    of_images = (samples.inputs.shape[1], 1, 1)
    assert (
        center.shape == scale.shape == (of_images if samples.inputs.ndim == 4 else samples.inputs.shape[1:])
    )
    return (samples.inputs.astype(np.float64) - center) * scale


def test_standard():
    found = scaled(table(), scale="standard")[TRAIN]
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=2e-4)  # 5 / 1e-3 * eps of float32
    np.testing.assert_allclose(found.std(axis=0), 1, rtol=1e-5)


def test_minmax():
    found = scaled(table(), scale="minmax")[TRAIN]
    np.testing.assert_allclose(found.min(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(found.max(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_other_parts_are_not_looked_at(kind):
    samples = table()
    poisoned = samples.inputs.copy()
    poisoned[60:] = np.nan
    other = Samples(poisoned, samples.targets, features=samples.features)
    for ours, theirs in zip(
        scaling.fit(Data(scale=kind), samples, TRAIN),
        scaling.fit(Data(scale=kind), other, TRAIN),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_nothing_to_do_is_none():
    assert scaling.fit(Data(), table(), TRAIN) == (None, None)


def test_the_unit_alone():
    samples = images()
    np.testing.assert_allclose(scaled(samples), samples.inputs / 255, rtol=1e-6)


@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_named_columns(kind):
    samples = table()
    some, every = scaled(samples, scale=kind, scale_columns=("b",)), scaled(samples, scale=kind)
    np.testing.assert_array_equal(some[:, 1], every[:, 1])
    np.testing.assert_array_equal(some[:, [0, 2]], samples.inputs[:, [0, 2]])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_images_are_scaled_by_channel(kind, dtype):
    samples = images(dtype)
    found = scaled(samples, scale=kind)[TRAIN]
    others = found[:, [0, 1, 3]]
    if kind == "standard":
        np.testing.assert_allclose(others.mean(axis=(0, 2, 3)), 0, atol=1e-6)
        np.testing.assert_allclose(others.std(axis=(0, 2, 3)), 1, rtol=1e-6)
    else:
        np.testing.assert_allclose(others.min(axis=(0, 2, 3)), 0, atol=1e-6)
        np.testing.assert_allclose(others.max(axis=(0, 2, 3)), 1, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("kind", ["standard", "minmax"])
def test_a_channel_that_never_changes_keeps_its_unit(kind, dtype):
    samples = images(dtype)
    np.testing.assert_allclose(scaled(samples, scale=kind)[:, 2], 0, atol=1e-7)
    _, scale = scaling.fit(Data(scale=kind), samples, TRAIN)
    assert scale[2] == np.float32(1 / 255)


@given(st.integers(1, 3), st.integers(1, 2100), st.integers(0, 2**32))
def test_bytes_and_the_same_numbers_give_the_same_scaling(channels, count, seed):
    """Bytes are counted a few images at a time; floats are not."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, random.integers(1, 257), (count, channels, 2, 1), dtype=np.uint8)
    part = np.flatnonzero(random.random(count) < 0.9)
    part = part if len(part) else np.arange(count)
    for kind in ("standard", "minmax"):
        of_bytes, of_floats = (
            scaling.fit(Data(scale=kind), Samples(inputs, np.zeros(count, np.int64)), part)
            for inputs in (pixels, pixels.astype(np.float32))
        )
        for ours, theirs in zip(of_bytes, of_floats, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"scale": "standard"}, "column 'b' is constant in the training part.*data.scale_columns"),
        ({"scale": "minmax"}, "column 'b' is constant"),
        ({"scale": "standard", "scale_columns": ("bb",)}, "there is no feature 'bb'; did you mean 'b'"),
        ({"scale": "none", "scale_columns": ("zz",)}, "there is no feature 'zz'"),
    ],
)
def test_refused(settings, says):
    samples = table()
    samples.inputs[TRAIN, 1] = 0.1  # constant there, not elsewhere
    with pytest.raises(DataError, match=says):
        scaling.fit(Data(**settings), samples, TRAIN)


def test_a_constant_column_that_is_not_scaled_is_fine():
    samples = table()
    samples.inputs[:, 1] = 0.1
    found = scaled(samples, scale="standard", scale_columns=("a", "c"))
    np.testing.assert_array_equal(found[:, 1], samples.inputs[:, 1])


def test_pixels_have_no_names():
    with pytest.raises(DataError, match="pixels have no names"):
        scaling.fit(Data(scale="standard", scale_columns=("a",)), images(), TRAIN)


@given(st.integers(1, 9), st.integers(-5, 5))
def test_statistics_are_float64(rows, power):
    """A spread that float32 sums would lose."""
    values = (1 + np.arange(rows * 1000, dtype=np.float64)[:, None] * 1e-5) * 10.0**power
    samples = Samples(values.astype(np.float32), values, features=("a",))
    center, scale = scaling.fit(Data(scale="standard"), samples, np.arange(len(values)))
    exact = samples.inputs.astype(np.float64)
    np.testing.assert_allclose(center, exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scale, 1 / exact.std(axis=0), rtol=1e-6)
