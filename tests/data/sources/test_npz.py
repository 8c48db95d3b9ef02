"""Images and classes in .npz files, in the forms that people keep them in."""

import numpy as np
import pytest
from source_files import samples_of

from seedbed import recipe
from seedbed.data import DataError, load, prepare

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (6, 3, 6, 5), dtype=np.uint8)
LABELS = np.array([7, 3, 3, 7, 7, 3])


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "made.npz", **arrays)
    return tmp_path / "made.npz"


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        (PIXELS, PIXELS),
        (PIXELS.transpose(0, 2, 3, 1), PIXELS),
        (PIXELS[:, 0], PIXELS[:, :1]),
        (PIXELS[:, :1], PIXELS[:, :1]),
        (PIXELS.astype(np.int64), PIXELS),
        ((PIXELS / 255).astype(np.float64), (PIXELS / 255).astype(np.float32)),
    ],
    ids=["channels first", "channels last", "grey", "one channel", "whole numbers", "floats"],
)
def test_images(tmp_path, images, expected):
    samples = samples_of("npz", saved(tmp_path, x=images, y=LABELS))
    np.testing.assert_array_equal(samples.inputs, expected)
    assert samples.inputs.dtype == expected.dtype
    assert samples.unit == ((0.0, 1 / 255) if expected.dtype == np.uint8 else (0.0, 1.0))
    assert samples.official_test == 0


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (LABELS, ("3", "7")),
        (LABELS[:, None], ("3", "7")),
        (LABELS.astype(np.uint8), ("3", "7")),
        (np.where(LABELS == 7, "yes", "no"), ("no", "yes")),
        (LABELS == 7, ("False", "True")),
    ],
)
def test_classes(tmp_path, classes, names):
    samples = samples_of("npz", saved(tmp_path, x=PIXELS, y=classes))
    assert samples.classes == names
    assert samples.targets.dtype == np.int64
    np.testing.assert_array_equal(samples.targets, [1, 0, 0, 1, 1, 0])


def test_a_test_part_of_its_own_comes_last(tmp_path):
    path = saved(tmp_path, x_test=PIXELS[:2], y_test=LABELS[:2], x_train=PIXELS[2:], y_train=LABELS[2:])
    settings = recipe.NpzData(source="npz", path=path.name, split=(0.5, 0.5))
    samples = load(settings, classification=True, study_seed=0, seed=0, base=tmp_path)
    np.testing.assert_array_equal(samples.inputs, np.concatenate([PIXELS[2:], PIXELS[:2]]))
    np.testing.assert_array_equal(samples.targets, [0, 1, 1, 0, 1, 0])
    parts = prepare(settings, samples, study_seed=0, seed=0).parts
    assert parts["test"].tolist() == [4, 5]
    assert len(samples.sha256[path.name]) == 64


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a": PIXELS}, "expected the arrays x and y, .* got a"),
        ({"x": PIXELS}, "expected the arrays x and y, .* got x"),
        ({"x": PIXELS, "y": LABELS[:5]}, r"x has shape \(6, 3, 6, 5\), and its targets \(5,\)"),
        ({"x": PIXELS, "y": np.eye(6)}, r"x has shape \(6, 3, 6, 5\), and its targets \(6, 6\)"),
        ({"x": PIXELS, "y": LABELS / 2}, "expected classes as integers or strings, got float64"),
        ({"x": PIXELS, "y": LABELS * 0}, "expected at least two classes, got 1"),
        (
            {"x": PIXELS.reshape(6, -1), "y": LABELS},
            r'expected images of shape .* got \(90,\).*source = "arrays"',
        ),
        ({"x": PIXELS + np.float32(np.nan), "y": LABELS}, "finite numbers, got float32"),
        ({"x": PIXELS.astype(np.int16) + 1, "y": LABELS}, "whole numbers in 0..255 .* got int16"),
        ({"x": PIXELS * 1j, "y": LABELS}, "finite numbers, got complex128"),
        ({"x": PIXELS.astype(object), "y": LABELS}, "not a .npz file of plain arrays: Object arrays"),
        (
            {"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:, :, :3], "y_test": LABELS},
            "expected images of one shape",
        ),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, arrays, says):
    with pytest.raises(DataError, match=says) as caught:
        samples_of("npz", saved(tmp_path, **arrays))
    assert "made.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"plain", "npy", "cut"])
def test_a_file_of_another_kind_is_named(tmp_path, content):
    path = saved(tmp_path, x=PIXELS, y=LABELS)
    if content == "npy":
        with path.open("wb") as file:
            np.save(file, PIXELS)
    else:
        path.write_bytes(path.read_bytes()[:-40] if content == "cut" else content)
    with pytest.raises(DataError, match=r"made\.npz is not a \.npz file of plain arrays"):
        samples_of("npz", path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"data\.path: there is no file .*absent\.npz"):
        load(
            recipe.NpzData(source="npz", path="absent.npz"),
            classification=True,
            study_seed=0,
            seed=0,
            base=tmp_path,
        )
