"""Files of arrays whose headers promise anything, and those that other programs write."""

from __future__ import annotations

import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from odd_files import little_memory
from source_files import samples_of

from seedbed.data import DataError
from seedbed.data.npzfile import arrays


def npy(shape: tuple[int, ...] | str, kind: str = "<f8", body: bytes = b"", version: int = 1) -> bytes:
    """The bytes of one array's file, true or not."""
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + body


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return path


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (npy((10**15, 2)), r"the shape \(1000000000000000, 2\) of float64, but holds 0 B"),
        (npy((2**62, 2**62)), r""),
        (npy((-4, 2)), r"the shape \(-4, 2\)"),
        (npy((4,), "<U1000000000"), ""),
        (npy((10**12,), "<U0"), ""),
        (npy((4,), body=bytes(40)), "but holds 40 B"),
        (npy((4,), "|O", b"cos\nsystem\n(S'true'\ntR."), "Object arrays are not read"),
        (npy((4,), "[('a', '<f8')]", bytes(32)), ""),
        (npy((1,), body=bytes(8), version=3), ""),
        (npy("(" * 5000), ""),
        (npy("(" * 20000, version=2), ""),
        (npy("9" * 5000 + ","), ""),
        (b"\x93NUMPY\x09\x09", ""),
        (b"plain", ""),
        (b"", ""),
    ],
    ids=range(15),
)
def test_a_header_that_cannot_be_right_is_refused_before_anything_is_allocated(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = archive(tmp_path / "a.npz", x=content)
    with pytest.raises(DataError, match=rf"a\.npz is not a \.npz file of plain arrays: .*({says})"):
        arrays(path)


def test_arrays_that_are_too_large_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "a.npz", x=npy((2**20,), body=bytes(2**23)))
    assert path.stat().st_size < 2**15
    little_memory(monkeypatch, 2**20)
    with pytest.raises(DataError, match=r"a\.npz unpacks to 8\.39 MB, and 1\.05 MB of memory are free"):
        arrays(path)


@given(
    values=hnp.arrays(
        st.sampled_from(["<f8", ">f4", "<i4", ">i8", "|u1", "|b1", "<U3", ">U2"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
        elements={"allow_nan": False},
    ),
    fortran=st.booleans(),
    packed=st.booleans(),
)
def test_whatever_numpy_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray, fortran: bool, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("made") / "a.npz"
    kept = np.asarray(values, order="F") if fortran else values
    (np.savez_compressed if packed else np.savez)(path, x=kept)
    read = arrays(path)["x"]
    assert (read.shape, read.dtype) == (values.shape, values.dtype)
    np.testing.assert_array_equal(read, values)


def test_a_header_of_python_2_is_read_without_a_warning(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", x=npy("(4L,2L)", body=bytes(64)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert arrays(path)["x"].shape == (4, 2)


def test_what_is_no_array_is_left_alone(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", x=npy((1,), body=bytes(8)))
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("README", "what these are")
    assert list(arrays(path)) == ["x"]


X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (np.zeros((0, 10**15)), np.zeros(0), r"got x of shape \(0, 1000000000000000\), which is empty"),
        (np.zeros((4, 0)), Y, "which is empty"),
        (X, np.array([0, 1, np.nan, 1]), "classes as integers or strings, got float64"),
        (X, np.array([0, 1, np.inf, 1]), "classes as integers or strings, got float64"),
        (X, np.array([0, 1, 1e300, 1]), "classes as integers or strings, got float64"),
        (X, np.float64(2), "expected one target per sample"),
        (np.float64(3), np.float64(2), "expected one target per sample"),
        (X, Y[:3], "expected one target per sample"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, x: np.ndarray, y: np.ndarray, says: str) -> None:
    np.savez(tmp_path / "a.npz", x=x, y=y)
    with pytest.raises(DataError, match=rf"a\.npz: .*{says}"):
        samples_of("arrays", tmp_path / "a.npz")


@pytest.mark.filterwarnings("error")
def test_pixels_beyond_32_bits_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.full((4, 3, 3), 1e300), y=Y)
    with pytest.raises(DataError, match=r"a\.npz: expected pixels .* got float64"):
        samples_of("npz", tmp_path / "a.npz")
