"""MNIST's file format, on made files."""

import gzip

import numpy as np
import pytest
from source_files import samples_of

from seedbed.data import DataError
from seedbed.data.sources import idx

PREFIXES = {"train": 6, "t10k": 4}


def packed(array, kind=8):
    shape = b"".join(length.to_bytes(4, "big") for length in array.shape)
    return gzip.compress(bytes([0, 0, kind, array.ndim]) + shape + array.tobytes())


@pytest.fixture
def files(tmp_path):
    """The four files, small: 6 training and 4 test images of 3 x 2 pixels."""
    random = np.random.default_rng(0)
    made = {}
    for prefix, count in PREFIXES.items():
        for name, array in (
            (f"{prefix}-images-idx3-ubyte.gz", random.integers(0, 256, (count, 3, 2), dtype=np.uint8)),
            (f"{prefix}-labels-idx1-ubyte.gz", np.arange(count, dtype=np.uint8)),
        ):
            made[name] = tmp_path / name
            made[name].write_bytes(packed(array))
    return made


def test_images_have_a_channel_and_the_official_test_part_is_last(files):
    samples = samples_of("mnist", *files.values())
    assert samples.inputs.shape == (10, 1, 3, 2)
    assert samples.inputs.dtype == np.uint8
    assert samples.official_test == 4
    assert samples.unit == (0.0, 1 / 255)
    assert samples.features == ()
    assert samples.classes == tuple("0123456789")
    assert samples.targets.dtype == np.int64
    np.testing.assert_array_equal(samples.targets, [0, 1, 2, 3, 4, 5, 0, 1, 2, 3])
    first = gzip.decompress(files["train-images-idx3-ubyte.gz"].read_bytes())[16:22]
    np.testing.assert_array_equal(samples.inputs[0].ravel(), list(first))


def test_fashion_has_names(files):
    assert samples_of("fashion_mnist", *files.values()).classes[9] == "Ankle boot"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a whole gzip file|not an IDX file"),
        (b"plain", "not a whole gzip file"),
        (packed(np.zeros((2, 3), np.uint8))[:-9], "not a whole gzip file"),
        (gzip.compress(b""), "not an IDX file"),
        (gzip.compress(b"\0\0\x08"), "not an IDX file"),
        (gzip.compress(b"\0\0\x08\x03\0\0"), "not an IDX file"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"), "not an IDX file"),
        (packed(np.zeros(4, np.float32), kind=13), "not an IDX file"),
        (packed(np.zeros((2, 3), np.uint8)), "not an IDX file"),
        (packed(np.zeros(0, np.uint8)), "not an IDX file"),
    ],
    ids=[
        *("empty", "plain", "cut short", "of nothing", "short magic", "short shape", "short data", "floats"),
        *("two axes", "no values"),
    ],
)
def test_damaged_file_is_named(tmp_path, content, says):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{path.name} is ({says})"):
        idx.read(path, axes=1)


def test_labels_that_do_not_fit_are_refused(files):
    files["t10k-labels-idx1-ubyte.gz"].write_bytes(packed(np.zeros(3, np.uint8)))
    with pytest.raises(DataError, match="has 3 labels for 4 images"):
        samples_of("mnist", *files.values())
