"""What may stand where a file is expected, and little memory for what is read of it."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from seedbed import machine


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        before = Path.cwd()
        os.chdir(path.parent)  # an address has room for 107 characters
        try:
            made.bind(path.name)
        finally:
            os.chdir(before)


ODD: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "socket": _socket,
    "folder": Path.mkdir,
    "dangling link": lambda path: path.symlink_to(path.with_name("nowhere")),
    "circle of links": lambda path: path.symlink_to(path.name),
}


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Ends what never would."""

    def end(number: int, frame: FrameType | None) -> None:
        pytest.fail(f"still going after {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def little_memory(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """So many bytes are free, as far as one can tell."""
    monkeypatch.setattr(machine, "_free", lambda: free)
