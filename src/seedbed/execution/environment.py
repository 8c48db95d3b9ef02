"""What a study ran on: versions, processor, threads and the command to run it again."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from seedbed.machine import usable_cores

PACKAGES = (
    "seedbed",
    "numpy",
    "scipy",
    "numba",
    "array-api-compat",
    "pyarrow",
    "pydantic",
    "matplotlib",
    "safetensors",
    "torch",
    "scikit-learn",
)
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def describe() -> dict[str, Any]:
    """The environment as plain data: versions (null where absent), platform, processor, threads, command."""
    return {
        "python": platform.python_version(),
        "versions": {name: package_version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "processor": processor(),
        "cores": usable_cores(),
        "threads": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
        "command": command(),
    }


def changes(told: Mapping[str, Any]) -> list[str]:
    """What is different here from what `describe` told somewhere, as far as results depend on it, in words."""
    now = describe()
    before = {
        "Python": told.get("python"),
        "the processor": told.get("processor"),
        **told.get("versions", {}),
    }
    after = {"Python": now["python"], "the processor": now["processor"], **now["versions"]}
    return [
        f"{name} was {before[name] or 'absent'}, is {after.get(name) or 'absent'}"
        for name in before
        if before[name] != after.get(name)
    ]


def package_version(name: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@cache
def processor() -> str:
    """The processor's name as its maker gives it, where the system tells."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def command() -> str | None:
    """The command line of this process, if it is ours; None under a notebook or someone's script."""
    program = Path(sys.argv[0])
    ours = program.stem == "seedbed" or program.parts[-2:] == ("seedbed", "__main__.py")
    # A word that is not text in the encoding of the system is nearly always UTF-8, as recorded files are.
    words = (os.fsencode(word).decode(errors="backslashreplace") for word in sys.argv[1:])
    return shlex.join(["seedbed", *words]) if ours else None
