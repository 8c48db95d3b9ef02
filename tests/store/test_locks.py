"""One writer at a time, with locks and without."""

from __future__ import annotations

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seedbed.store import locks, reader
from seedbed.store.schema import StoreError
from seedbed.store.writer import Store

HASH = "0123456789abcdef"
KINDS = ("locks", "no locks", "Windows")


@pytest.fixture(params=KINDS, autouse=True)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file system with locks, one without, and a system without."""
    if request.param == "no locks":

        def flock(*_: Any) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(locks.fcntl, "flock", flock)
    if request.param == "Windows":
        monkeypatch.setattr(locks, "fcntl", None)
    return str(request.param)


def dead_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_second_writer_is_refused_with_the_process_and_host_of_the_first(tmp_path: Path, kind: str) -> None:
    first = Store.create(tmp_path, "s", HASH)
    assert reader.status(first.directory) == "running"
    with pytest.raises(
        StoreError, match=f"is being written by process {os.getpid()} on {socket.gethostname()}"
    ):
        Store.open(first.directory)
    assert (first.directory / locks.WRITER).exists() == (kind != "locks")
    first.journal({"event": "told"})  # the first one was not disturbed
    first.close()
    assert reader.status(first.directory) == "interrupted"
    with Store.open(first.directory) as second:
        assert reader.status(second.directory) == "running"
        with pytest.raises(StoreError, match="is being written"):
            Store.open(first.directory)
    assert [event["event"] for event in reader.events(first.directory)] == ["created", "told", "opened"]
    assert not (first.directory / locks.WRITER).exists()


def test_a_writer_that_died_is_taken_over(tmp_path: Path) -> None:
    Store.create(tmp_path, "s", HASH).close()
    (directory,) = (tmp_path / "s").iterdir()
    writer = {"pid": dead_process(), "host": socket.gethostname(), "since": "2026"}
    (directory / locks.WRITER).write_text(json.dumps(writer))
    assert reader.status(directory) == "interrupted"
    with Store.open(directory):
        assert reader.status(directory) == "running"


@pytest.mark.parametrize("content", ['{"pid": 1, "host": "elsewhere"}', "", "[" * 100_000, "3"])
def test_a_writer_that_may_live_is_left_alone(tmp_path: Path, kind: str, content: str) -> None:
    Store.create(tmp_path, "s", HASH).close()
    (directory,) = (tmp_path / "s").iterdir()
    (directory / locks.WRITER).write_text(content)
    assert reader.status(directory) == "running"
    if kind != "locks":
        with pytest.raises(StoreError, match=r"as .*writer\.json says; .*delete this file"):
            Store.open(directory)
        assert (directory / locks.WRITER).read_text() == content


def test_an_error_that_is_not_about_locks_is_not_taken_for_one(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "Windows":
        return

    def flock(*_: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(locks.fcntl, "flock", flock)
    with pytest.raises(StoreError, match="Input/output error"):
        Store.create(tmp_path, "s", HASH)
