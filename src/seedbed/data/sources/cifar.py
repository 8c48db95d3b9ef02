"""Reads CIFAR-10 from its archives: pickled batches without unpickling anything, or the binary version."""

from __future__ import annotations

import hashlib
import pickletools
import tarfile
from pathlib import Path, PurePosixPath

import numpy as np

from seedbed.data import bounded
from seedbed.data.base import DataError, Samples
from seedbed.data.decoded import decoded
from seedbed.data.public import Dataset, Distribution
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import Cifar10Data

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
TEST = "test_batch"

# The members that hold images, with the MD5 that the dataset's author gives for the pickled ones; those of the
# binary version are called the same with .bin after it, and have none.
BATCHES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    TEST: "40351d587109b95175f43aff81a1287e",
}

DATASET = Dataset(
    "cifar10",
    (
        (
            Distribution(
                "cifar10/cifar-10-python.tar.gz",
                170_498_071,
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
            ),
            Distribution(
                "cifar10/cifar-10-batches-py.tar.xz",
                124_533_272,
                "6999b49d530590e52eb8c7110cd6e04e6f4e56675cfb72e81b0f4a499a22ccbe",
            ),
            Distribution(
                "cifar10/cifar-10-binary.tar.gz",
                170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
            ),
        ),
    ),
    "none stated; cite Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
)

Batch = tuple[np.ndarray, np.ndarray]  # images (N, 3072) uint8, labels (N,) uint8


def load(request: Request[Cifar10Data]) -> Samples:
    """All images and labels, the official test part last; kept decoded in the user's cache under their checksum.

    Returns
    -------
    Inputs (N, 3, 32, 32) uint8, which runs see in [0, 1].
    """
    ((path, sha256),) = request.files.values()
    arrays = decoded(f"cifar10-{sha256}", lambda: read(path))
    return Samples(
        inputs=arrays["images"],
        targets=arrays["labels"].astype(np.int64),
        classes=CLASSES,
        official_test=int(arrays["official_test"]),
        unit=(0.0, 1 / 255),
    )


def read(path: Path) -> dict[str, np.ndarray]:
    """Images (N, 3, 32, 32) and labels (N,), uint8, and how many of the last are the official test part.

    Parameters
    ----------
    path
        The archive: cifar-10-python.tar.gz or cifar-10-binary.tar.gz, or the same members in a .tar.xz.

    Raises
    ------
    DataError
        Where the archive is damaged, lacks a batch or holds another than the author's.
    """
    batches: dict[str, Batch] = {}
    unreadable = bounded.reading(f"{path} is not a whole tar archive, get it again")
    with bounded.opened(path) as opened, unreadable, tarfile.open(fileobj=opened) as archive:
        for member in archive:
            name = PurePosixPath(member.name).name
            file = archive.extractfile(member) if name.removesuffix(".bin") in BATCHES else None
            if file:
                origin = f"{name} of {path}"
                batches[name.removesuffix(".bin")] = _batch(name, bounded.read(file, f"{origin} has"), origin)
    missing = [name for name in BATCHES if name not in batches]
    if missing:
        raise DataError(f"{path} lacks {', '.join(missing)}; get it again")
    images, labels = (
        np.concatenate(parts) for parts in zip(*(batches[name] for name in BATCHES), strict=True)
    )
    return {
        "images": images.reshape(-1, *SHAPE),
        "labels": labels,
        "official_test": np.array(len(batches[TEST][1])),
    }


def _batch(name: str, content: bytes | bytearray, origin: str) -> Batch:
    if name.endswith(".bin"):
        images, labels = _binary(content, origin)
    else:
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != BATCHES[name]:
            raise DataError(f"{origin} is damaged or another file: its MD5 is not the author's; get it again")
        images, labels = _pickled(content, origin)
    if labels.max(initial=0) >= len(CLASSES):
        raise DataError(f"{origin} has a label above {len(CLASSES) - 1}; get it again")
    return images, labels


def _binary(content: bytes | bytearray, origin: str) -> Batch:
    """A byte for the label and 3,072 for the pixels, image after image."""
    if len(content) % (1 + PIXELS):
        raise DataError(f"{origin} does not hold whole images of {1 + PIXELS:,} bytes; get it again")
    rows = np.frombuffer(content, np.uint8).reshape(-1, 1 + PIXELS)
    return rows[:, 1:], rows[:, 0]


def _pickled(content: bytes | bytearray, origin: str) -> Batch:
    """The two things of interest in a pickled batch, picked from the listing of its instructions.

    None of them is carried out, so that nothing a pickle may ask for happens. The labels are the small numbers
    after the word "labels"; the pixels are the one text as long as all images together.
    """
    labels, pixels, key = bytearray(), "", ""
    try:
        for instruction, value, _ in pickletools.genops(content):
            if isinstance(value, str):
                key = value
                pixels = max(pixels, value, key=len)
            elif isinstance(value, int) and instruction.name == "BININT1" and key == "labels":
                labels.append(value)
    except ValueError as error:
        raise DataError(f"{origin} is not a batch of images: {error}") from None
    if not labels or len(pixels) != len(labels) * PIXELS:
        raise DataError(f"{origin} is not a batch of images with their labels")
    images = np.frombuffer(pixels.encode("latin-1", "replace"), np.uint8).reshape(-1, PIXELS)
    return images, np.frombuffer(bytes(labels), np.uint8)
