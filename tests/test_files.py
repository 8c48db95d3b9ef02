"""Whole files, plain JSON and file names."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed import files
from seedbed.files import read_regular, regular_file, slug, to_json, write_whole


@given(st.text(st.characters(exclude_categories=())))
def test_json_of_any_text_can_be_written_and_read_back(text: str) -> None:
    for ascii in (False, True):
        written = to_json({"text": text}, ascii=ascii).encode()
        assert json.loads(written)["text"].encode("utf-16", "surrogatepass") == text.encode(
            "utf-16", "surrogatepass"
        )
        assert written.isascii() or not ascii


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(PLAIN)
def test_a_large_document_is_the_same_on_fewer_lines(document: object) -> None:
    with pytest.MonkeyPatch.context() as patched:
        usual = to_json(document, indent=2)
        patched.setattr(files, "LARGE", 0)
        large = to_json(document, indent=2)
    assert json.loads(large) == json.loads(usual) == document
    assert large.count("\n") <= usual.count("\n")


def test_each_variant_of_a_large_document_has_a_line() -> None:
    variants = [{"name": f"v{n}", "settings": {"lr": [n]}} for n in range(50_000)]
    lines = to_json({"variants": variants, "seeds": 3}, indent=2).splitlines()
    assert lines[:3] == ["{", '  "variants": [', '    {"name": "v0", "settings": {"lr": [0]}},']
    assert lines[-3:] == ["  ],", '  "seeds": 3', "}"]


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


def test_a_regular_file_and_a_link_to_one_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link"):
        assert read_regular(tmp_path / name, 5) == b"12345"
        with regular_file(tmp_path / name) as file:
            assert file.read() == b"12345"


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names")
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pipe", "expected a file, got a named pipe"),
        ("socket", "expected a file, got a socket"),
        ("/dev/zero", "expected a file, got a device"),
        ("directory", "expected a file, got a directory"),
        ("absent", "No such file or directory"),
        ("loop", "Too many levels of symbolic links"),
        ("a\0b", "no file can have such a name"),
        ("\ud800", "no file can have such a name"),
        ("large", "has 11 B, and at most 10 B are read here"),
    ],
)
def test_what_is_no_file_to_read_is_refused_without_waiting(tmp_path: Path, kind: str, said: str) -> None:
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "large":
        path.write_bytes(bytes(11))
    with socket.socket(socket.AF_UNIX) as listener:
        if kind == "socket":
            listener.bind(os.path.relpath(path))  # its address may be a hundred characters long
        for read in (read_regular, regular_file):
            with pytest.raises(OSError, match=re.escape(said)) as refused:
                read(path, 10)
            assert refused.value.strerror == said
            assert refused.value.filename == str(path)


@pytest.mark.skipif(os.name != "posix", reason="pipes with names")
def test_a_file_that_is_swapped_for_a_pipe_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    found = (tmp_path / "file").stat()
    monkeypatch.setattr(Path, "stat", lambda path: found)
    with pytest.raises(OSError, match="a named pipe") as refused:
        regular_file(tmp_path / "pipe")
    assert refused.value.errno == errno.EINVAL


def test_a_file_that_grows_while_it_is_read_keeps_within_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty, grown = tmp_path / "empty", tmp_path / "grown"
    empty.write_bytes(b"")
    grown.write_bytes(bytes(11))
    found = empty.stat()
    monkeypatch.setattr(os, "fstat", lambda handle: found)
    monkeypatch.setattr(Path, "stat", lambda path: found)
    with pytest.raises(OSError, match="at most 10 B"):
        read_regular(grown, 10)
