"""What is read or unpacked keeps within the memory that is free, also while it is unpacked."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from odd_files import little_memory

from seedbed.data import DataError, bounded
from seedbed.data.sources import idx
from seedbed.data.tables import tablefile

FREE = 3 * 2**20
MUCH = b"0" * 2**23  # more than may be read, and packed into a few bytes


def _zip(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", content)
    return packed.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, "zstd", asbytes=True),
    ".zip": _zip,
}


class Endless(io.RawIOBase):
    """A stream without an end, which counts what was taken of it."""

    taken = 0

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self.taken += len(buffer)
        return len(buffer)


@pytest.mark.parametrize("kind", PACK)
def test_a_table_that_unpacks_to_too_much_is_refused_with_the_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / f"t.csv{kind}"
    path.write_bytes(PACK[kind](b"a,y\n" + MUCH))
    assert path.stat().st_size < len(MUCH) / 10
    little_memory(monkeypatch, FREE)
    with pytest.raises(
        DataError, match=rf"t\.csv\{kind} unpacks to more than .* 3\.15 MB of memory are free"
    ):
        tablefile.read(path)


def test_no_more_is_unpacked_than_may_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    little_memory(monkeypatch, FREE)
    stream = Endless()
    with pytest.raises(DataError, match="it has more than"):
        bounded.read(stream, "it has")
    assert stream.taken <= FREE // bounded.SHARE + bounded.PIECE


def test_what_fits_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    little_memory(monkeypatch, 3 * len(MUCH))
    assert bounded.read(io.BytesIO(MUCH), "it has") == MUCH
    monkeypatch.setattr("seedbed.machine._free", lambda: None)
    assert bounded.read(io.BytesIO(MUCH), "it has") == MUCH


def test_memory_that_runs_out_while_reading_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Greedy:
        def read(self, size: int, /) -> bytes:
            raise MemoryError

    with pytest.raises(DataError, match="it has more than 0 B, and no memory is left"):
        bounded.read(Greedy(), "it has")


def test_a_large_file_is_refused_with_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_bytes(MUCH)
    little_memory(monkeypatch, FREE)
    with pytest.raises(DataError, match=r"t\.csv holds more than .* 3\.15 MB of memory are free"):
        tablefile.read(tmp_path / "t.csv")


def test_idx_files_keep_within_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "i.gz").write_bytes(gzip.compress(MUCH))
    little_memory(monkeypatch, FREE)
    with pytest.raises(DataError, match=r"i\.gz unpacks to more than"):
        idx.read(tmp_path / "i.gz", axes=3)


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b[:6] + b"\xff" * 9 + b[15:], lambda b: b""]
)
def test_a_damaged_archive_is_named(tmp_path: Path, kind: str, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"t.csv{kind}"
    path.write_bytes(damage(PACK[kind](b"a,y\n" + bytes(range(48, 58)) * 100)))
    with pytest.raises(DataError, match=rf"t\.csv\{kind}"):
        tablefile.read(path)
