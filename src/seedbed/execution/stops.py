"""Ctrl-C and requests to terminate while a study trains: the first saves and ends it, the second ends it at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any, Self

INTERRUPTED = 130  # the exit code of a process that Ctrl-C ended
SIGNALS = (signal.SIGINT, signal.SIGTERM)  # batch systems send the second
SAID = b"\nsaving what is being trained; once more ends at once, with what was saved last\n"
SHOW_CURSOR = b"\x1b[?25h"


class Stops:
    """Notes the signals that ask a study to end; a context, active only in the main thread, where signals arrive.

    Training is never torn apart: who trains asks `asked` where it can be saved. Every file of a study appears whole or
    not at all, so that ending at once does no damage either.

    Attributes
    ----------
    asked
        Whether the study is to end.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def ask(self) -> None:
        """Ask the study to end, as the first signal does; for a shard that fails beside others."""
        self.asked = True

    def __enter__(self) -> Self:
        if current_thread() is main_thread():
            handlers = {number: signal.getsignal(number) for number in SIGNALS}
            # Who ignores a signal, as `nohup` does, goes on ignoring it; None is a handler that Python does not know.
            self._before = {
                number: handler
                for number, handler in handlers.items()
                if handler not in (signal.SIG_IGN, None)
            }
            for number in self._before:
                signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.asked = self.asked, True
        with suppress(OSError):  # where nobody reads it
            if not again:
                os.write(2, SAID)
            elif os.isatty(2):
                os.write(2, SHOW_CURSOR)  # which a live display has hidden
        if again:
            os._exit(INTERRUPTED)


@contextmanager
def not_swallowed() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end, too, where one came and was swallowed: what C calls back cannot raise."""
    handler, came = signal.getsignal(signal.SIGINT), []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    if current_thread() is not main_thread() or handler is not signal.default_int_handler:
        yield
        return
    both = [number for number in SIGNALS if signal.getsignal(number) is handler]
    try:
        for number in both:
            signal.signal(number, note)
        yield
    finally:
        for number in both:
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt
