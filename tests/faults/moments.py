"""Faults that strike a process at a chosen moment: at an operation on files, after some time, in some stage."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal

Action = Literal["SIGKILL", "SIGINT", "SIGTERM", "ENOSPC", "EIO", "none"]
STAGES = {  # the first that some function of the process belongs to, by the beginning of file:function
    "report/": "reporting",
    "cli/output": "reporting",
    "store/joining": "joining",
    "store/": "writing",
    "files": "writing",
    "trainables/recipe_work.py:warm_up": "compiling",
    "training/outcome": "evaluating",
    "training/artefacts": "evaluating",
    "training/loop": "training",
    "training/": "planning",
    "engines/": "planning",
    "results/": "judging",
    "data/": "loading data",
}
CHANGING = {"os.rename": "rename", "os.mkdir": "mkdir", "os.remove": "remove", "os.rmdir": "rmdir"}
FREEING = ("remove", "rmdir")  # what a full disk still does
LOOK_EVERY = 0.0005  # seconds


@dataclass(frozen=True)
class Fault:
    """What strikes a process, and when.

    Attributes
    ----------
    action
        A signal that the process is sent, or the error that the operation on a file raises; "none" only leaves notes.
    root
        Below which operations on files count; but those on figures do not, of which there are more than of all others.
    note
        The file that tells afterwards where the fault struck: a line with the stage and the operation.
    operation
        At which operation that changes files, counted from 1; None where time or stage say when.
    seconds
        After how long, where neither of the others says when.
    stage
        In which stage: at a call of a function that belongs to it.
    calls
        At which, counted from 1.
    lasting
        Whether every later operation is struck, too: a full disk stays full. Files can still be removed.
    """

    action: Action
    root: Path
    note: Path
    operation: int | None = None
    seconds: float = 0.0
    stage: str | None = None
    calls: int = 1
    lasting: bool = False

    def __call__(self) -> None:
        """Lay it in wait in this process."""
        if self.operation is not None:
            _Operations(self).count_all()
        elif self.stage:
            sys.setprofile(self._looking())
        else:
            sys.setswitchinterval(LOOK_EVERY)
            threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        time.sleep(self.seconds)
        self.strike(stage_of(sys._current_frames().get(threading.main_thread().ident or 0)), "")

    def _looking(self) -> Callable[[FrameType, str, Any], None]:
        """What is called at every call of a function."""
        stage, left = self.stage or "", [self.calls]

        def look(frame: FrameType, event: str, _: Any) -> None:
            if event == "call" and stage in _stages(frame.f_code) and stage_of(frame) == stage:
                left[0] -= 1
                if not left[0]:
                    sys.setprofile(None)
                    self.strike(stage, "")

        return look

    def strike(self, stage: str, operation: str) -> None:
        """Do what the fault does, and leave a note first."""
        with self.note.open("a") as note:
            note.write(f"{stage}: {operation}\n")
        if self.action in ("ENOSPC", "EIO"):
            number = getattr(errno, self.action)
            raise OSError(number, os.strerror(number), operation.partition(" ")[2] or None)
        if self.action != "none":
            os.kill(os.getpid(), getattr(signal, self.action))


class _Operations:
    """Counts operations on files, and strikes at the chosen one."""

    def __init__(self, fault: Fault) -> None:
        self.fault, self.count, self.root = fault, 0, str(fault.root)

    def count_all(self) -> None:
        """Be told of every operation of this process from now on."""
        sys.addaudithook(self._audit)
        whole = os.fsync

        def fsync(handle: Any) -> None:
            self._happens(
                "fsync",
                os.readlink(f"/proc/self/fd/{handle if isinstance(handle, int) else handle.fileno()}"),
            )
            whole(handle)

        os.fsync = fsync

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """What Python calls before each operation."""
        if event == "open" and isinstance(arguments[2], int):
            if arguments[2] & (os.O_WRONLY | os.O_RDWR):
                self._happens("open", arguments[0])
        elif event in CHANGING:
            self._happens(CHANGING[event], arguments[0])

    def _happens(self, operation: str, path: Any) -> None:
        place = os.fspath(path) if isinstance(path, str | os.PathLike) else ""
        if not place.startswith(self.root) or "/figures" in place:
            return
        self.count += 1
        wanted = self.fault.operation or 0
        later = self.fault.lasting and self.count > wanted and operation not in FREEING
        if self.count == wanted or later:
            self.fault.strike(stage_of(sys._getframe()), f"{operation} {place}")


def stage_of(frame: FrameType | None) -> str:
    """In which stage of a study a process is, by what the functions that it is in belong to."""
    found: set[str] = set()
    while frame:
        found |= _stages(frame.f_code)
        frame = frame.f_back
    return next((stage for stage in STAGES.values() if stage in found), "starting")


@cache
def _stages(code: CodeType) -> frozenset[str]:
    """The stages that a function belongs to; none, where it is a module while it is loaded."""
    if code.co_name == "<module>":
        return frozenset()
    folder = f"{os.sep}seedbed{os.sep}"
    name = f"{code.co_filename.rpartition(folder)[2]}:{code.co_name}" if folder in code.co_filename else ""
    return frozenset([stage for beginning, stage in STAGES.items() if name.startswith(beginning)][:1])
