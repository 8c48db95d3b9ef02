"""What is kept is found whole, or not at all."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.simd import kept

CONTENT = {"a.nbi": b"index", "below/b.nbc": bytes(range(256)), "below/empty": b""}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first of the places, and the only one."""
    monkeypatch.setattr(kept, "places", lambda: iter([tmp_path / "place"]))
    return tmp_path / "place"


def add(name: str = "kernels", **more: bytes) -> None:
    with kept.added(name) as directory:
        assert directory
        for file, content in {**CONTENT, **more}.items():
            path = directory / file
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        kept.seal(directory)


def test_what_was_added_is_found_and_nothing_else_is_left(place: Path) -> None:
    assert kept.find("kernels") is None
    add()
    assert kept.find("kernels") == place / "kernels"
    assert kept.find("others") is None
    assert kept.damaged("kernels") is None
    assert [path.name for path in place.iterdir()] == ["kernels"]


@given(
    file=st.sampled_from([*CONTENT, kept.SEAL]),
    keep=st.integers(0, 255),
    then=st.binary(max_size=3),
)
def test_damage_of_any_kind_is_seen_and_repaired(file: str, keep: int, then: bytes) -> None:
    with tempfile.TemporaryDirectory() as root, pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "places", lambda: iter([Path(root)]))
        add()
        path = Path(root) / "kernels" / file
        before = path.read_bytes()
        path.write_bytes(after := before[:keep] + then)
        assert (kept.find("kernels") is None) == (after != before)
        assert (kept.damaged("kernels") is not None) == (after != before)
        add()
        assert kept.find("kernels")
        assert [one.name for one in Path(root).iterdir()] == ["kernels"]


@pytest.mark.parametrize(
    "damage", ["a file is gone", "a file more", "no directory", "a directory for a file"]
)
def test_what_lacks_or_has_files_is_not_whole(place: Path, damage: str) -> None:
    add()
    directory = place / "kernels"
    if damage == "a file more":
        (directory / "more").write_bytes(b"")
    else:
        (directory / "a.nbi").unlink()
    if damage == "a directory for a file":
        (directory / "a.nbi").mkdir()
    if damage == "no directory":
        directory.rename(place / "gone")
        directory.write_bytes(b"")
    assert kept.find("kernels") is None
    add()
    assert kept.find("kernels")


def test_a_name_moved_to_another_file_is_seen(place: Path) -> None:
    add(x=b"yz")
    (place / "kernels" / "x").rename(place / "kernels" / "xy")
    (place / "kernels" / "xy").write_bytes(b"z")
    assert kept.find("kernels") is None


def test_what_fails_is_not_kept(place: Path) -> None:
    def fail(error: type[BaseException]) -> None:
        with kept.added("kernels") as directory:
            assert directory
            kept.seal(directory)
            raise error

    for error in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error):
            fail(error)
        assert list(place.iterdir()) == []
    with kept.added("kernels") as directory:
        assert directory  # and it is not sealed
    assert list(place.iterdir()) == []


def test_who_comes_second_leaves_what_is_whole(place: Path) -> None:
    with kept.added("kernels") as second:
        add(first=b"1")
        assert second
        kept.seal(second)
    assert kept.find("kernels")
    assert (place / "kernels" / "first").exists()
    assert [path.name for path in place.iterdir()] == ["kernels"]


def test_many_at_once_leave_one_that_is_whole(place: Path) -> None:
    threads = [threading.Thread(target=add, kwargs={"who": bytes([who])}) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.find("kernels")
    assert [path.name for path in place.iterdir()] == ["kernels"]


def test_nothing_is_kept_where_nothing_can_be_written(place: Path) -> None:
    place.write_text("a file")
    with kept.added("kernels") as directory:
        assert directory is None
    assert kept.find("kernels") is None


def test_a_full_disk_keeps_nothing_and_does_no_harm(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        add()
    assert list(place.iterdir()) == []


def test_the_places_go_from_what_was_asked_for_to_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "asked"))
    asked, cache, temporary = kept.places()
    assert (asked, cache) == (tmp_path / "asked", tmp_path / "cache" / "seedbed")
    assert temporary.parent == tmp_path
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    assert list(kept.places()) == [cache, temporary]
    for blocked in (asked, cache.parent):
        blocked.write_text("a file")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(asked))
    add()
    assert kept.find("kernels") == temporary / "kernels"


@pytest.mark.skipif("os.name != 'posix'")
def test_what_others_can_write_to_is_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    *_, temporary = kept.places()
    assert temporary.stat().st_mode & 0o777 == 0o700
    temporary.chmod(0o777)
    assert temporary not in kept.places()
    temporary.rmdir()
    (tmp_path / "theirs").mkdir()
    temporary.symlink_to(tmp_path / "theirs")
    assert temporary not in kept.places()
