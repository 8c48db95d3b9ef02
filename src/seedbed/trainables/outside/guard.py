"""Ends process groups whose study has ended without ending them itself, as when it was killed.

One small process per study's process, which tells it of groups by lines (`+GROUP`, `-GROUP`) and holds the other end
of its standard input: that ends with the study's process, however this ends. Only where there are process groups.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import BinaryIO

IS_POSSIBLE = hasattr(os, "killpg")


class Guard:
    """The guard of this process; it is started with the first group, and ends with this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, group: int) -> None:
        """End this group as soon as this process has ended."""
        self._say(b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """It has ended."""
        self._say(b"-%d\n" % group)

    def _say(self, line: bytes) -> None:
        if not IS_POSSIBLE:
            return
        with (
            self._lock,
            suppress(OSError),
        ):  # where somebody ended it nothing is guarded, and all else goes on
            self._process = self._process or _started()
            assert self._process.stdin
            self._process.stdin.write(line)


def _started() -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE, stdout=nothing, stderr=nothing, bufsize=0, start_new_session=True,
    )  # fmt: skip


def watch(lines: BinaryIO) -> None:
    """Take in groups until the lines end, then end those that are left."""
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[:1] == b"+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(OSError):
            os.killpg(group, signal.SIGKILL)


GUARD = Guard()

if __name__ == "__main__":
    watch(sys.stdin.buffer)
