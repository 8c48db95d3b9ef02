"""Keeps what took long to decode in the user's cache, so that it is decoded once."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.data import npzfile
from seedbed.data.base import DataError
from seedbed.files import write_whole


def decoded(key: str, decode: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays that `decode` gives, from the cache where they are in it, and put into it where they are not.

    A cache that cannot be read or written is done without.

    Parameters
    ----------
    key
        A file name for exactly these arrays, such as the checksum of what they are decoded from.
    """
    import pooch

    path = Path(pooch.os_cache("seedbed")) / "decoded" / f"{key}.npz"
    with suppress(DataError):  # absent or damaged
        return npzfile.arrays(path)
    arrays: dict[str, Any] = decode()
    with suppress(OSError):
        content = io.BytesIO()
        np.savez(content, **arrays)
        write_whole(path, content.getbuffer())
    return arrays
