"""Images in a folder for each class: PNG or JPEG, of any size, brought to one size."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from seedbed.data.base import DataError, Samples
from seedbed.data.checksums import checksum
from seedbed.data.public import Files
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import FolderData

KINDS = (".png", ".jpg", ".jpeg")


def files(path: Path) -> dict[str, list[Path]]:
    """The image files of every class, both in order of name; hidden folders and other files are left out.

    Raises
    ------
    DataError
        Where there are fewer than two classes, or one has no image.
    """
    if not path.is_dir():
        raise DataError(f"data.path: there is no folder {path}")
    folders = sorted(inner for inner in path.iterdir() if inner.is_dir() and not inner.name.startswith("."))
    by_class = {folder.name: images(folder) for folder in folders}
    if len(by_class) < 2:
        raise DataError(
            f"{path}: expected a folder of images for each of at least two classes, got "
            f"{'one folder' if by_class else 'no folder'}"
        )
    for name, inside in by_class.items():
        if not inside:
            raise DataError(
                f"{path / name} holds no image ({', '.join(KINDS)}); add some, or remove the folder"
            )
    return by_class


def images(folder: Path) -> list[Path]:
    """The image files of one folder, in order of name."""
    return sorted(
        file for file in folder.iterdir() if file.suffix.lower() in KINDS and not file.name.startswith(".")
    )


def content(settings: FolderData, base: Path) -> Files:
    """The folder, with the sha256 of the list of all its image files, each with its own sha256."""
    path = base / settings.path
    lines = [
        f"{checksum(file)}  {file.relative_to(path).as_posix()}\n"
        for inside in files(path).values()
        for file in inside
    ]
    return {settings.path: (path, hashlib.sha256("".join(lines).encode()).hexdigest())}


def load(request: Request[FolderData]) -> Samples:
    """All images, class after class.

    Returns
    -------
    Inputs (N, 3, size, size) uint8, which runs see in [0, 1]; a picture that is not square is stretched.
    """
    by_class, size = files(request.path), request.settings.size
    inputs = np.empty((sum(map(len, by_class.values())), 3, size, size), np.uint8)
    for i, file in enumerate(file for names in by_class.values() for file in names):
        inputs[i] = pixels(file, (3, size, size))
    return Samples(
        inputs=inputs,
        targets=np.repeat(np.arange(len(by_class)), [len(names) for names in by_class.values()]),
        classes=tuple(by_class),
        unit=(0.0, 1 / 255),
    )


def pixels(file: Path, shape: tuple[int, ...], resized: bool = True) -> np.ndarray:
    """One image as uint8 of shape (1 or 3, height, width), turned upright as its EXIF data say.

    Raises
    ------
    DataError
        Where it is damaged, or has another size and is not to be `resized`.
    """
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise DataError(
            "images are read by Pillow, which is not installed: pip install 'seedbed[images]'"
        ) from None
    channels, height, width = shape
    try:
        with Image.open(file, formats=("PNG", "JPEG")) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB" if channels == 3 else "L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{file} is not a whole image ({error}); fix or remove it") from None
    if not resized and upright.size != (width, height):
        size = f"{upright.width} x {upright.height}"
        raise DataError(f"{file}: expected an image of {width} x {height} pixels, got {size}; resize it")
    scaled = np.asarray(upright.resize((width, height), Image.Resampling.BILINEAR))
    return scaled.reshape(height, width, channels).transpose(2, 0, 1)
