"""Reads one image file, PNG or JPEG, of any size and mode, as bytes of pixels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from seedbed.data import bounded
from seedbed.data.base import DataError

if TYPE_CHECKING:
    from PIL import Image

BYTES = 4  # of a decoded pixel


def pixels(file: Path, shape: tuple[int, ...], resized: bool = True) -> np.ndarray:
    """One image as uint8 of shape (1 or 3, height, width), turned upright as its EXIF data say.

    Of pixels with 16 bits the higher 8 are kept; what is transparent is shown.

    Raises
    ------
    DataError
        Where it is damaged, animated, too large for the memory, or has another size and is not to be `resized`.
    """
    try:
        from PIL import Image
    except ImportError:
        raise DataError(
            "images are read by Pillow, which is not installed: pip install 'seedbed[images]'"
        ) from None
    channels, height, width = shape
    with bounded.opened(file) as opened, bounded.reading(f"{file} is not a whole image, fix or remove it"):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of sizes, which are checked here, and of damage beside the pixels
            upright = _upright(file, opened, "RGB" if channels == 3 else "L")
        if not resized and upright.size != (width, height):
            size = f"{upright.width} x {upright.height}"
            raise DataError(f"{file}: expected an image of {width} x {height} pixels, got {size}; resize it")
        scaled = np.asarray(upright.resize((width, height), Image.Resampling.BILINEAR))
    return scaled.reshape(height, width, channels).transpose(2, 0, 1)


def _upright(file: Path, opened: BinaryIO, mode: str) -> Image.Image:
    from PIL import Image, ImageOps

    with Image.open(opened, formats=("PNG", "JPEG")) as image:
        bounded.Room().refuse(
            image.width * image.height * BYTES, f"{file} of {image.width} x {image.height} pixels unpacks to"
        )
        frames = getattr(image, "n_frames", 1)
        if image.format == "PNG" and frames > 1:  # cameras put previews behind the picture of a JPEG
            raise DataError(f"{file} is animated, expected one image, got {frames}; save one of them")
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        upright = Image.fromarray((np.asarray(upright).astype(np.int64) >> 8).astype(np.uint8))
    return upright.convert(mode)
