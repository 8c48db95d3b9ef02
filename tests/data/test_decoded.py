"""The cache of decoded data: used where it can be, done without where it cannot."""

import numpy as np
import pytest

from seedbed.data.decoded import decoded

ARRAYS = {"images": np.arange(12, dtype=np.uint8).reshape(3, 4), "count": np.array(3)}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    return tmp_path / "seedbed"


def decode(calls):
    """A decoder that counts how often it is called."""

    def count():
        calls.append(1)
        return ARRAYS

    return count


def same(found):
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_decoded_once_for_each_key(cache):
    calls = []
    for key in ("a", "a", "b", "a"):
        same(decoded(key, decode(calls)))
    assert len(calls) == 2
    assert sorted(path.name for path in (cache / "decoded").iterdir()) == ["a.npz", "b.npz"]


@pytest.mark.parametrize("content", [b"", b"damaged", "cut", "flipped", "object"])
def test_a_damaged_file_is_made_anew(cache, content):
    same(decoded("a", decode([])))
    path = cache / "decoded" / "a.npz"
    whole = path.read_bytes()
    if content == "object":
        np.savez(path, images=np.array([{}], dtype=object))
    else:
        place = whole.index(ARRAYS["images"].tobytes())
        flipped = whole[:place] + b"\xff" + whole[place + 1 :]
        path.write_bytes({"cut": whole[: len(whole) // 2], "flipped": flipped}.get(content, content))
    calls = []
    same(decoded("a", decode(calls)))
    assert calls == [1]
    assert path.read_bytes() == whole


def test_without_a_place_to_write_it_does_without(cache):
    cache.write_text("a file where the directory should be")
    calls = []
    for _ in range(2):
        same(decoded("a", decode(calls)))
    assert len(calls) == 2
