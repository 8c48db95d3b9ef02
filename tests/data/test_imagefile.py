"""Image files of every mode, damaged ones, and those that unpack to more than the memory holds."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from odd_files import little_memory, within
from PIL import Image
from source_files import samples_of

from seedbed import recipe
from seedbed.data import DataError, load
from seedbed.data.imagefile import pixels

COLOURED = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
SHAPE = (3, 4, 6)

pytestmark = pytest.mark.filterwarnings("error")


def encoded(values: np.ndarray, kind: str = "PNG", mode: str | None = None, **options: object) -> bytes:
    content, image = io.BytesIO(), Image.fromarray(values)
    (image.convert(mode) if mode else image).save(content, kind, **options)
    return content.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def blank(width: int, height: int) -> bytes:
    """A black PNG, packed about a thousandfold."""
    packer, row = zlib.compressobj(9), bytes(width * 3 + 1)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def written(tmp_path: Path, content: bytes) -> Path:
    (tmp_path / "x.png").write_bytes(content)
    return tmp_path / "x.png"


def read(tmp_path: Path, content: bytes, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return pixels(written(tmp_path, content), shape)


def test_of_16_bits_the_higher_8_are_kept(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint16).reshape(4, 6) * 2800
    for shape in ((1, 4, 6), SHAPE):
        np.testing.assert_array_equal(
            read(tmp_path, encoded(values), shape), np.broadcast_to(values >> 8, shape)
        )


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_modes_are_converted(tmp_path: Path, mode: str) -> None:
    expected = np.asarray(Image.fromarray(COLOURED).convert(mode).convert("RGB")).transpose(2, 0, 1)
    np.testing.assert_array_equal(read(tmp_path, encoded(COLOURED, mode=mode)), expected)


def test_cmyk_is_read_as_colours(tmp_path: Path) -> None:
    values = np.full((4, 6, 3), (200, 30, 90), np.uint8)
    given = read(tmp_path, encoded(values, "JPEG", "CMYK", quality=100, subsampling=0))
    assert np.abs(given.astype(int) - values.transpose(2, 0, 1)).max() <= 4


def test_bytes_behind_an_image_do_not_matter(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        read(tmp_path, encoded(COLOURED) + b"<script>" * 99), COLOURED.transpose(2, 0, 1)
    )


def test_animations_are_refused(tmp_path: Path) -> None:
    content, frames = io.BytesIO(), [Image.fromarray(COLOURED // part) for part in (1, 2, 3)]
    frames[0].save(content, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match=r"x\.png is animated, expected one image, got 3; save one"):
        read(tmp_path, content.getvalue())


JPEG = encoded(COLOURED, "JPEG", quality=100, subsampling=0)


@pytest.mark.parametrize(
    "content",
    [
        encoded(COLOURED, mode="P", transparency=bytes(range(200))),
        JPEG[:2]
        + b"\xff\xe1\x00\x1eExif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01\x03\0\x01\0\0\0\x06\0"
        + JPEG[2:],
        JPEG[:2] + b"\xff\xe2\x00\x16MPF\0II*\0\x08\0\0\0\x01\0\x01\xb0\x04\0" + JPEG[2:],
    ],
    ids=["palette with opacities", "cut EXIF", "cut list of pictures"],
)
def test_what_pillow_warns_of_beside_the_pixels_is_not_passed_on(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content).shape == SHAPE


def test_damaged_images_are_named(tmp_path: Path) -> None:
    whole = encoded(COLOURED)
    for content in (whole[:90], b"", b"text", whole[:60] + b"\0\0" + whole[62:]):
        with pytest.raises(DataError, match=r"x\.png is not a whole image, fix or remove it: ."):
            read(tmp_path, content)


def test_an_image_that_unpacks_to_too_much_is_refused_undecoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, blank(2000, 1000))
    assert path.stat().st_size < 20_000
    little_memory(monkeypatch, 10**7)
    with pytest.raises(DataError, match=r"2000 x 1000 pixels unpacks to 8 MB, and 10 MB of memory are free"):
        pixels(path, SHAPE)


def test_an_image_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 2, 0, 0, 0)
    with within(20), pytest.raises(DataError, match=r"x\.png is not a whole image"):
        read(
            tmp_path,
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        )


def photos(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / "photos" / name).mkdir(parents=True)
        (tmp_path / "photos" / name / "x.png").write_bytes(encoded(COLOURED))
    return tmp_path / "photos"


def test_images_that_take_too_much_together_are_refused_unread(tmp_path: Path) -> None:
    path = photos(tmp_path, "a", "b")
    (path / "a" / "x.png").write_bytes(b"no image")  # which nobody looks at
    with pytest.raises(DataError, match=r"photos: 2 images of 500,000 x 500,000 pixels take 1\.5 TB, and"):
        samples_of("images", path, size=500_000)


@pytest.mark.skipif(os.name != "posix", reason="names of files are text there")
def test_names_that_are_not_text(tmp_path: Path) -> None:
    path = photos(tmp_path, "a", "b")
    (path / "a" / os.fsdecode(b"\xff.png")).write_bytes(encoded(COLOURED))
    settings = recipe.FolderData(source="images", path="photos", size=4)
    assert len(load(settings, classification=True, study_seed=0, seed=0, base=tmp_path).targets) == 3
    (path / "a").rename(path / os.fsdecode(b"\xff"))
    with pytest.raises(
        DataError, match=r"photos: expected folders named after classes, got '\\udcff'; rename it"
    ):
        load(settings, classification=True, study_seed=0, seed=0, base=tmp_path)
