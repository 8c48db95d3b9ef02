"""CIFAR-10's archives, made small: both versions, damaged ones, and pickles that would do harm."""

import hashlib
import io
import os
import pickle
import tarfile

import numpy as np
import pytest
from source_files import samples_of

from seedbed.data import DataError
from seedbed.data.sources import cifar

COUNT = 4  # images of a batch


def batch(number):
    """Images (COUNT, 3072) and labels of one batch."""
    random = np.random.default_rng(number)
    return random.integers(0, 256, (COUNT, 3072), dtype=np.uint8), random.integers(0, 10, COUNT)


def pickled(number):
    images, labels = batch(number)
    document = {
        "batch_label": f"batch {number}",
        "labels": labels.tolist(),
        "data": images,
        "filenames": [f"labels_{i}.png" for i in range(COUNT)],
    }
    return pickle.dumps(document, protocol=2)


def binary(number):
    images, labels = batch(number)
    return np.column_stack([labels.astype(np.uint8), images]).tobytes()


def archive(path, contents):
    """A tar of members by name; how it is compressed follows from the path."""
    with tarfile.open(path, f"w:{path.suffix[1:]}") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar-10/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def made(monkeypatch):
    """Pickled members by name, whose MD5 are taken for the author's; last in the archive what comes first."""

    def trust(contents):
        sums = {name: hashlib.md5(contents.get(name, b"")).hexdigest() for name in cifar.BATCHES}
        monkeypatch.setattr(cifar, "BATCHES", sums)
        return contents | {"readme.html": b"words", "batches.meta": b"more"}

    return trust


def members(make, end=""):
    return {f"{name}{end}": make(number) for number, name in reversed(list(enumerate(cifar.BATCHES)))}


@pytest.mark.parametrize("suffix", ["gz", "xz"])
def test_pickled_batches_are_read_in_their_order(tmp_path, made, suffix):
    found = cifar.read(archive(tmp_path / f"made.tar.{suffix}", made(members(pickled))))
    images, labels = zip(*(batch(number) for number in range(6)), strict=True)
    np.testing.assert_array_equal(found["images"].reshape(-1, 3072), np.concatenate(images))
    np.testing.assert_array_equal(found["labels"], np.concatenate(labels))
    assert found["images"].shape == (24, 3, 32, 32)
    assert found["official_test"] == COUNT


def test_the_binary_version_holds_the_same(tmp_path, made):
    both = [
        cifar.read(archive(tmp_path / "binary.tar.gz", members(binary, ".bin") | {"batches.meta.txt": b""})),
        cifar.read(archive(tmp_path / "pickled.tar.gz", made(members(pickled)))),
    ]
    for name in both[0]:
        np.testing.assert_array_equal(both[0][name], both[1][name])


def test_samples(tmp_path, made, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    path = archive(tmp_path / "made.tar.gz", made(members(pickled)))
    samples = samples_of("cifar10", path, sha256="a checksum")
    assert (samples.inputs.dtype, samples.targets.dtype) == (np.uint8, np.int64)
    assert (samples.official_test, samples.unit) == (COUNT, (0.0, 1 / 255))
    assert (samples.classes[3], len(samples.classes)) == ("cat", 10)
    path.unlink()  # from here on it is in the cache, and only under its checksum
    np.testing.assert_array_equal(samples_of("cifar10", path, sha256="a checksum").inputs, samples.inputs)
    with pytest.raises(DataError, match="cannot be read"):
        samples_of("cifar10", path, sha256="another")


class Harm:
    """What a pickle may do to whoever opens it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("trusted", [False, True])
def test_nothing_in_a_pickle_is_carried_out(tmp_path, made, trusted):
    proof = tmp_path / "proof"
    hostile = pickle.dumps({"labels": [1, 2], "data": Harm(str(proof))}, protocol=2)
    contents = members(pickled) | {"data_batch_1": hostile}
    path = archive(tmp_path / "made.tar.gz", made(contents) if trusted else contents)
    with pytest.raises(
        DataError, match="is not a batch of images" if trusted else "its MD5 is not the author's"
    ):
        cifar.read(path)
    assert not proof.exists()
    pickle.loads(hostile)
    assert proof.exists()  # it would have


def test_the_pixels_beside_a_harmful_instruction_are_all_that_is_read(tmp_path, made):
    images, labels = batch(0)
    proof = tmp_path / "proof"
    document = {"labels": labels.tolist(), "data": images, "more": Harm(str(proof))}
    contents = members(pickled) | {"data_batch_1": pickle.dumps(document, protocol=2)}
    found = cifar.read(archive(tmp_path / "made.tar.gz", made(contents)))
    np.testing.assert_array_equal(found["images"][:COUNT].reshape(COUNT, -1), images)
    assert not proof.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not a batch of images"),
        (b"plain", "is not a batch of images"),
        (pickle.dumps({"labels": [], "data": ""}, 2), "is not a batch of images with their labels"),
        (
            pickle.dumps({"labels": [1, 2], "data": "x" * 3072}, 2),
            "is not a batch of images with their labels",
        ),
        (pickle.dumps({"labels": [11], "data": "x" * 3072}, 2), "has a label above 9"),
        (pickled(0)[:-5000], "is not a batch of images"),
    ],
)
def test_a_pickle_of_something_else_is_named(tmp_path, made, content, says):
    path = archive(tmp_path / "made.tar.gz", made(members(pickled) | {"data_batch_2": content}))
    with pytest.raises(DataError, match=f"data_batch_2 of .*made.tar.gz {says}"):
        cifar.read(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [(binary(0)[:-1], "does not hold whole images"), (b"\x0a" + bytes(3072), "label above 9")],
)
def test_a_damaged_binary_batch_is_named(tmp_path, content, says):
    contents = members(binary, ".bin") | {"test_batch.bin": content}
    with pytest.raises(DataError, match=f"test_batch.bin of .* {says}"):
        cifar.read(archive(tmp_path / "made.tar.gz", contents))


def test_missing_batches_are_named(tmp_path):
    contents = members(binary, ".bin")
    del contents["data_batch_2.bin"], contents["test_batch.bin"]
    with pytest.raises(DataError, match=r"made.tar.gz lacks data_batch_2, test_batch; get it again"):
        cifar.read(archive(tmp_path / "made.tar.gz", contents))


@pytest.mark.parametrize("content", [b"", b"plain", "cut"])
@pytest.mark.parametrize("suffix", ["gz", "xz"])
def test_a_damaged_archive_is_named(tmp_path, content, suffix):
    path = archive(tmp_path / f"made.tar.{suffix}", members(binary, ".bin"))
    path.write_bytes(path.read_bytes()[:-3000] if content == "cut" else content)
    with pytest.raises(DataError, match=f"{path.name} is not a whole tar archive"):
        cifar.read(path)
