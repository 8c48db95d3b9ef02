"""Whole files, plain JSON and file names."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.files import slug, to_json, write_whole


@given(st.text(st.characters(exclude_categories=())))
def test_json_of_any_text_can_be_written_and_read_back(text: str) -> None:
    for ascii in (False, True):
        written = to_json({"text": text}, ascii=ascii).encode()
        assert json.loads(written)["text"].encode("utf-16", "surrogatepass") == text.encode(
            "utf-16", "surrogatepass"
        )
        assert written.isascii() or not ascii


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.bin"
    write_whole(target, b"old")
    with pytest.raises(TypeError):
        write_whole(target, 3)
    assert target.read_bytes() == b"old"
    assert [path.name for path in target.parent.iterdir()] == ["file.bin"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a directory cannot be opened")
def test_a_file_and_its_name_reach_the_disk_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    target, synced, replaced = tmp_path / "a", os.fsync, Path.replace

    def fsync(handle: int) -> None:
        done.append("directory" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        synced(handle)

    def replace(path: Path, to: Path) -> Path:
        done.append("name")
        return replaced(path, to)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_whole(target, b"new")
    assert done == ["file", "name", "directory"]
    assert target.read_bytes() == b"new"


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_file_names_are_safe_and_tell_variants_apart(one: str, other: str) -> None:
    for name in (one, other):
        made = slug(name)
        assert made == made.lower()
        assert not made.startswith(".")
        assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        assert len(made) < 80
    assert (slug(one) == slug(other)) == (one == other)


def test_json_is_plain_and_strict() -> None:
    document = {
        "a": np.float32(0.5),
        "b": np.arange(2),
        "c": (float("inf"), np.nan),
        1: Path("x"),
        "d": {"é"},
    }
    assert json.loads(to_json(document)) == {"a": 0.5, "b": [0, 1], "c": [None, None], "1": "x", "d": ["é"]}
