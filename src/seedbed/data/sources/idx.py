"""Reads MNIST and Fashion-MNIST from their IDX files."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from seedbed.data.base import DataError, Samples

CLASSES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
        "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip


def load(source: str, files: dict[str, Path]) -> Samples:
    """All images and labels, the official test part last.

    Parameters
    ----------
    source
        "mnist" or "fashion_mnist".
    files
        The four files by their official names (train-images-idx3-ubyte.gz and so on).

    Returns
    -------
    Inputs (N, 1, 28, 28) uint8, which runs see in [0, 1].
    """
    parts = [_part(files, prefix) for prefix in ("train", "t10k")]
    images, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
    return Samples(
        inputs=images[:, None],
        targets=labels.astype(np.int64),
        classes=CLASSES[source],
        official_test=len(parts[1][1]),
        unit=(0.0, 1 / 255),
    )


def _part(files: dict[str, Path], prefix: str) -> tuple[np.ndarray, np.ndarray]:
    images = read(files[f"{prefix}-images-idx3-ubyte.gz"])
    path = files[f"{prefix}-labels-idx1-ubyte.gz"]
    labels = read(path)
    if len(images) != len(labels):
        raise DataError(f"{path} has {len(labels):,} labels for {len(images):,} images")
    return images, labels


def read(path: Path) -> np.ndarray:
    """The bytes of one gzipped IDX file as a uint8 array.

    The format: two zero bytes, the type (8 is unsigned bytes), the number of axes, each axis' length as four
    big-endian bytes, then the values.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(f"{path} is not a whole gzip file; get it again") from None
    start = 4 + 4 * int.from_bytes(content[3:4], "big")
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    if content[:3] != b"\0\0\x08" or len(content) != start + math.prod(shape):
        raise DataError(f"{path} is not an IDX file of bytes; get it again")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
