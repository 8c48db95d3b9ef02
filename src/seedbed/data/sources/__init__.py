"""Every source of samples by its name in a recipe. A new one is a file in this folder and a row here."""

from __future__ import annotations

from seedbed.data.sources import arrays, cifar, digits, folder, function, idx, npz, sgemm, table
from seedbed.data.sources.base import Source, own_file

SOURCES: dict[str, Source] = {
    "function": Source(function.load, draws=True, size=function.size),
    "table": Source(table.load, own_file),
    "sgemm": Source(sgemm.load, dataset=sgemm.DATASET, derived=sgemm.DERIVED),
    "digits": Source(digits.load, brightest=16),
    "mnist": Source(idx.load, dataset=idx.MNIST, brightest=255),
    "fashion_mnist": Source(idx.load, dataset=idx.FASHION_MNIST, brightest=255),
    "cifar10": Source(cifar.load, dataset=cifar.DATASET, brightest=255),
    "images": Source(folder.load, folder.content, brightest=255, resizes=True),
    "npz": Source(npz.load, own_file),
    "arrays": Source(arrays.load, own_file, target="y"),
}


def source(name: str) -> Source:
    """The source of that name.

    Raises
    ------
    NotImplementedError
        Where a recipe knows a source that has no row here.
    """
    if name not in SOURCES:
        raise NotImplementedError(f"nothing reads data.source = {name!r}: give it a row in SOURCES")
    return SOURCES[name]
