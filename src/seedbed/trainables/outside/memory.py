"""The memory of other processes: what they hold, and the most that they may reserve."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
EVERY = 0.05 if PROC.is_dir() else 0.5  # seconds between two looks; without /proc each starts `ps`


def limit(process: int, size: int) -> None:
    """Have a process and what it starts fail to reserve more than `size` bytes each, where the system can do that.

    Linux counts all that a process may write and shares with nobody, which is little more than it uses; the limit on
    addresses would count the gigabytes that PyTorch maps and never touches.
    """
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):  # it has ended, or a lower limit is set already
            resource.prlimit(process, resource.RLIMIT_DATA, (size, size))


def exceeds(process: int, size: int) -> bool:
    """Whether a process and all that it has started hold more than `size` bytes; False where nobody can say."""
    if PROC.is_dir():
        family = _family(process)
        # Pages that several of them share count for each of them, and are divided only where that matters.
        return sum(map(_resident, family)) > size and sum(map(_proportional, family)) > size
    return _resident_of_group(process) > size


def _family(process: int) -> list[int]:
    """A process and all its children's children."""
    found = [process]
    for one in found:
        with suppress(OSError):
            for thread in (PROC / str(one) / "task").iterdir():
                found += map(int, (thread / "children").read_text(encoding="ascii").split())
    return found


def _resident(process: int) -> int:
    with suppress(OSError, IndexError):
        return int((PROC / str(process) / "statm").read_text(encoding="ascii").split()[1]) * PAGE
    return 0


def _proportional(process: int) -> int:
    """Bytes that it holds, of pages that several processes share its part of them."""
    with suppress(OSError):
        for line in (PROC / str(process) / "smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return _resident(process)


def _resident_of_group(group: int) -> int:
    """The sum over a process group, as `ps` says it; 0 where there is no such command."""
    try:
        said = subprocess.run(
            ["ps", "-A", "-o", "pgid=,rss="], capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    rows = (line.split() for line in said.stdout.splitlines())
    return sum(int(size) * 1024 for owner, size in rows if int(owner) == group)
