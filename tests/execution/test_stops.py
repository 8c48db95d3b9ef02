"""Signals while a study trains: the first asks it to end, the second ends the process, and others are left alone."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

import pytest

from seedbed.execution.stops import INTERRUPTED, Stops, not_swallowed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_only_asks(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    with Stops() as stops:
        assert not stops.asked
        signal.raise_signal(number)
        assert stops.asked
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert "once more ends at once" in capfd.readouterr().err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process of its own")
def test_the_second_ends_the_process() -> None:
    child = os.fork()
    if child == 0:
        with Stops():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == INTERRUPTED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_is_ignored_stays_so(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with Stops() as stops:
            signal.raise_signal(number)
        assert not stops.asked
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_another_thread_leaves_signals_alone() -> None:
    handler, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with Stops():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [handler]


def test_an_interrupt_that_was_swallowed_is_raised_at_the_end() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    done = []

    def swallowing() -> None:
        with not_swallowed():
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        swallowing()
    assert done == [1]
    with not_swallowed():
        pass
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
