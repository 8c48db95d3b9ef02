"""Faults that strike a process at a chosen moment: at an operation on files, after some time, in some stage."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

Action = Literal["SIGKILL", "SIGINT", "SIGTERM", "ENOSPC", "EIO", "none"]
STAGES = {  # the first that some function of the process belongs to, by the beginning of file:function
    "report/": "reporting",
    "cli/output": "reporting",
    "store/joining": "joining",
    "store/": "writing",
    "files": "writing",
    "trainables/recipe_work.py:warm_up": "compiling",
    "training/evaluation": "evaluating",
    "training/outcome": "evaluating",
    "training/artefacts": "evaluating",
    "training/loop": "training",
    "training/": "planning",
    "engines/": "planning",
    "analysis/": "judging",
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
        After how long, at the earliest.
    stage
        In which stage.
    lasting
        Whether every later operation is struck, too: a full disk stays full. Files can still be removed.
    """

    action: Action
    root: Path
    note: Path
    operation: int | None = None
    seconds: float = 0.0
    stage: str | None = None
    lasting: bool = False

    def __call__(self) -> None:
        """Lay it in wait in this process."""
        if self.operation is None:
            sys.setswitchinterval(LOOK_EVERY)
            threading.Thread(target=self._wait, daemon=True).start()
        else:
            _Operations(self).count_all()

    def _wait(self) -> None:
        time.sleep(self.seconds)
        while (stage := _stage_of_main()) != (self.stage or stage):
            time.sleep(LOOK_EVERY)
        self.strike(stage, "")

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
    folder = f"{os.sep}seedbed{os.sep}"
    stack = traceback.extract_stack(frame)
    names = [f"{f.filename.rpartition(folder)[2]}:{f.name}" for f in stack if folder in f.filename]
    for beginning, stage in STAGES.items():
        if any(name.startswith(beginning) for name in names):
            return stage
    return "starting"


def _stage_of_main() -> str:
    return stage_of(sys._current_frames().get(threading.main_thread().ident or 0))
