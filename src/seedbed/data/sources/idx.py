"""Reads MNIST and Fashion-MNIST from their IDX files."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np

from seedbed.data import bounded
from seedbed.data.base import DataError, Samples
from seedbed.data.public import Dataset, Distribution
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import MnistData

CLASSES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip


def _forms(
    directory: str, mirrors: tuple[str, ...], files: dict[str, tuple[int, str]]
) -> tuple[tuple[Distribution, ...], ...]:
    """The files by their official names, each with its size and checksum."""
    return tuple(
        (Distribution(f"{directory}/{name}", size, sha256, tuple(mirror + name for mirror in mirrors)),)
        for name, (size, sha256) in files.items()
    )


MNIST = Dataset(
    "mnist",
    _forms(
        "mnist",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            "train-labels-idx1-ubyte.gz": (
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            "t10k-images-idx3-ubyte.gz": (
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        },
    ),
    "CC BY-SA 3.0 (as commonly stated); LeCun, Cortes, Burges",
)
FASHION_MNIST = Dataset(
    "fashion_mnist",
    _forms(
        "fashion",
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        {
            "train-images-idx3-ubyte.gz": (
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            "train-labels-idx1-ubyte.gz": (
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            "t10k-images-idx3-ubyte.gz": (
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            "t10k-labels-idx1-ubyte.gz": (
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        },
    ),
    "MIT, (c) 2017 Zalando SE",
)


def load(request: Request[MnistData]) -> Samples:
    """All images and labels, the official test part last.

    Returns
    -------
    Inputs (N, 1, 28, 28) uint8, which runs see in [0, 1].
    """
    files = {path.name: path for path, _ in request.files.values()}
    parts = [_part(files, prefix) for prefix in ("train", "t10k")]
    images, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
    return Samples(
        inputs=images[:, None],
        targets=labels.astype(np.int64),
        classes=CLASSES[request.settings.source],
        official_test=len(parts[1][1]),
        unit=(0.0, 1 / 255),
    )


def _part(files: dict[str, Path], prefix: str) -> tuple[np.ndarray, np.ndarray]:
    images = read(files[f"{prefix}-images-idx3-ubyte.gz"], axes=3)
    path = files[f"{prefix}-labels-idx1-ubyte.gz"]
    labels = read(path, axes=1)
    if len(images) != len(labels):
        raise DataError(f"{path} has {len(labels):,} labels for {len(images):,} images")
    return images, labels


def read(path: Path, axes: int) -> np.ndarray:
    """The bytes of one gzipped IDX file as a uint8 array of so many axes, none of them empty.

    The format: two zero bytes, the type (8 is unsigned bytes), the number of axes, each axis' length as four
    big-endian bytes, then the values.
    """
    with bounded.opened(path) as file, bounded.reading(f"{path} is not a whole gzip file; get it again"):
        content = bounded.read(gzip.GzipFile(fileobj=file), f"{path} unpacks to")
    start = 4 + 4 * axes
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    values = math.prod(shape)
    if content[:4] != bytes([0, 0, 8, axes]) or not values or len(content) != start + values:
        raise DataError(f"{path} is not an IDX file of bytes; get it again")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
