"""Holds back Ctrl-C while something must not be left half done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType


@contextmanager
def held_back() -> Iterator[None]:
    """Let an interrupt (or a request to terminate) wait until the block is done; it is raised right after.

    For blocks that take no time to speak of. Python raises interrupts in the main thread alone, so elsewhere there is
    nothing to hold back.
    """
    if current_thread() is not main_thread():
        yield
        return
    with _held_back(signal.SIGINT), _held_back(signal.SIGTERM):
        yield


@contextmanager
def _held_back(number: signal.Signals) -> Iterator[None]:
    handler = signal.getsignal(number)
    if not callable(handler):  # it is ignored, or ends the process at once
        yield
        return
    came: list[FrameType | None] = []
    signal.signal(number, lambda _, frame: came.append(frame))
    try:
        yield
    finally:
        signal.signal(number, handler)
        if came:
            handler(number, came[-1])
