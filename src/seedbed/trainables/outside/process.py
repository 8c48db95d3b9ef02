"""A process that runs other people's code: with limits, its output kept, and ended with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import BinaryIO, Self

from seedbed.text import byte_size
from seedbed.trainables.outside.guard import GUARD
from seedbed.trainables.outside.memory import EVERY, exceeds, limit
from seedbed.trainables.outside.tail import Tail

TICK = 0.05  # seconds after which whoever waits for a line is asked whether to go on waiting
PIECE = 1 << 16  # bytes that are read at once
LONGEST_LINE = 1_000_000  # bytes; a longer one is left out
END = b"\n"  # after the last line; no line has it
WAITING = 100  # lines that wait to be taken, before the process has to
LAST_WORDS = 2.0  # seconds for what an ended process has printed to be read
THREADS = (  # environment variables by which libraries choose how many threads they use
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "JULIA_NUM_THREADS",
)
MEANINGS = {  # of signals by their names, in words that need no manual
    "SIGSEGV": "segmentation fault",
    "SIGBUS": "bus error",
    "SIGABRT": "aborted",
    "SIGFPE": "floating-point exception",
    "SIGILL": "illegal instruction",
    "SIGKILL": "killed from outside, as systems do that have no memory left",
    "SIGTERM": "terminated",
    "SIGINT": "interrupted",
    "SIGXCPU": "too much processor time",
}


def threads_of(threads: int, chosen: bool = False) -> dict[str, str]:
    """Environment variables by which a process uses so many threads.

    Parameters
    ----------
    chosen
        Whether somebody asked for this number; unless so, what the environment has already goes first.
    """
    return {name: str(threads) for name in THREADS if chosen or name not in os.environ}


class Process:
    """A running command in a session of its own, which ends with this process at the latest; a context.

    Parameters
    ----------
    command
        The program and its arguments; no shell reads them.
    directory
        Where it runs.
    environment
        Variables that are set for it beside those of this process.
    memory
        Bytes that it and what it starts may hold; no limit where None.
    takes_lines
        Whether it is written to; else its standard input is empty.
    keeps_lines
        Whether its standard output belongs to `output`, too.

    Attributes
    ----------
    output
        The end of what it printed.
    ended
        How it ended, in a few words; "" where it ended well, None while it runs.

    Raises
    ------
    OSError
        Where it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        memory: int | None = None,
        takes_lines: bool = False,
        keeps_lines: bool = True,
    ) -> None:
        self.output = Tail()
        self.ended: str | None = None
        self._memory, self._looked = memory, time.monotonic()
        self._lines: Queue[bytes] = Queue(WAITING)
        self._dropped = Event()  # nobody takes lines any more
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE if takes_lines else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # on Windows without effect
        )
        GUARD.add(self.pid)
        if self._memory is not None:
            limit(self.pid, self._memory)
        assert self._process.stdout
        assert self._process.stderr
        self._readers = [
            Thread(target=self._read_lines, args=(self._process.stdout, keeps_lines), daemon=True),
            Thread(target=self._read_output, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Its number, also that of its process group."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end("stopped")

    # --- talking ------------------------------------------------------------------------------------------

    def write(self, line: bytes) -> None:
        """Write to its standard input; nothing happens where it has ended."""
        assert self._process.stdin
        view = memoryview(line)
        with suppress(OSError):
            while view:
                view = view[self._process.stdin.write(view) or 0 :]

    def lines(self, seconds: float | None = None) -> Iterator[bytes | None]:
        """Lines of its standard output as they come, without their ends, until it has ended.

        None comes between them every `TICK` seconds, so that whoever waits can stop. It is ended once `seconds` are
        over or it holds too much memory. May be left and begun again.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while self.ended is None:
            line = self._next_line()
            if deadline is not None and time.monotonic() > deadline:
                self.end(f"timed out after {seconds:g} s")
            elif self._memory and self._holds_too_much(self._memory):
                self.end(out_of_memory(self._memory))
            elif line in (None, END) and self._has_exited(TICK if line == END else 0):
                self.end()
            if line != END and (line is not None or self.ended is None):
                yield line
        while not self._lines.empty():
            if (line := self._lines.get()) != END:
                yield line

    def _next_line(self) -> bytes | None:
        try:
            return self._lines.get(timeout=TICK)
        except Empty:
            return None

    def _has_exited(self, wait: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(wait)
        return self._process.returncode is not None

    # --- ending -------------------------------------------------------------------------------------------

    def end(self, how: str | None = None) -> None:
        """End it and all that it has started, and read what they printed last.

        Parameters
        ----------
        how
            What `ended` is to say; None where it ended by itself, and the system knows.
        """
        if self.ended is not None:
            return
        self._kill()
        code = self._process.wait()
        GUARD.remove(self.pid)
        until = time.monotonic() + LAST_WORDS
        if how is None:  # its last lines are wanted, too
            self._readers[0].join(LAST_WORDS)
        self._dropped.set()
        for reader in self._readers:
            reader.join(max(0.0, until - time.monotonic()))
        if self._process.stdin:
            with suppress(OSError):
                self._process.stdin.close()
        self.ended = _meaning(code) if how is None else how

    def _kill(self) -> None:
        """End the whole group; also where the first of it has ended, since others may not have."""
        if hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        elif self._process.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(self.pid)], capture_output=True, check=False)
        with suppress(OSError):
            self._process.kill()

    def _holds_too_much(self, size: int) -> bool:
        now = time.monotonic()
        if now - self._looked < EVERY:
            return False
        self._looked = now
        return exceeds(self.pid, size)

    # --- reading, in threads of their own -----------------------------------------------------------------

    def _read_output(self, pipe: BinaryIO) -> None:
        with pipe:
            while piece := _piece(pipe):
                self.output.add(piece)

    def _read_lines(self, pipe: BinaryIO, keeps: bool) -> None:
        rest, is_too_long = b"", False
        with pipe:
            while piece := _piece(pipe):
                if keeps:
                    self.output.add(piece)
                *whole, rest = (rest + piece).split(b"\n")
                if whole and is_too_long:
                    whole, is_too_long = whole[1:], False
                if len(rest) > LONGEST_LINE:
                    rest, is_too_long = b"", True
                for line in whole:
                    self._hand_over(line)
        if rest and not is_too_long:
            self._hand_over(rest)
        self._hand_over(END)

    def _hand_over(self, line: bytes) -> None:
        while not self._dropped.is_set():
            with suppress(Full):
                self._lines.put(line.removesuffix(b"\r"), timeout=TICK)
                return


def out_of_memory(limit: int) -> str:
    """That a process held more than it may."""
    return f"out of memory: over the limit of {byte_size(limit)}"


def _piece(pipe: BinaryIO) -> bytes:
    try:
        return pipe.read(PIECE) or b""
    except (OSError, ValueError):  # closed meanwhile
        return b""


def _meaning(code: int) -> str:
    """What an exit code says; below 0 it is that of a signal."""
    if code == 0:
        return ""
    if code > 0:
        return f"exited with code {code}" if code < 256 else f"exited with code {code:#010x}"  # Windows' own
    try:
        words = MEANINGS.get(name := signal.Signals(-code).name, name)
    except ValueError:
        return f"killed by signal {-code}"
    return f"killed by signal {-code} ({words})"
