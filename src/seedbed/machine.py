"""What this machine has for this process: cores and free memory, within all limits that are set on it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

GROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """Cores this process may use, which a container or a batch system may have limited."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:  # a control group limits time, in microseconds of each period
        time, period = map(int, (GROUP / "cpu.max").read_text(encoding="ascii").split())
    except (OSError, ValueError):  # no such limit
        return there
    return max(1, min(there, -(-time // period)))


def available() -> int | None:
    """Bytes of memory free now, within the limits of a container or a shell; None where the system does not say."""
    sizes = [size for size in (_free(), _left_in_container(), _left_of_addresses()) if size is not None]
    return min(sizes, default=None)


def _free() -> int | None:
    with suppress(OSError, KeyError, ValueError):
        return _table(Path("/proc/meminfo"))["MemAvailable:"] * 1024
    try:  # no Linux: half of what is built in
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, OSError, ValueError):
        return None


def _left_in_container() -> int | None:
    """Within the limit of a control group; what it holds of files that nobody reads any more is free."""
    try:
        limit, used = (int((GROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
    except (OSError, ValueError):  # no such limit
        return None
    with suppress(OSError, KeyError, ValueError):
        used -= _table(GROUP / "memory.stat")["inactive_file"]
    return max(limit - used, 0)


def _left_of_addresses() -> int | None:
    """Within `ulimit -v`."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(limit - pages * os.sysconf("SC_PAGE_SIZE"), 0)
    except (ImportError, OSError, ValueError):  # no Unix, no Linux
        return None


def _table(path: Path) -> dict[str, int]:
    """Lines of a name and a number."""
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {name: int(number) for name, number, *_ in lines}
