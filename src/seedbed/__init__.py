"""Seedbed finds out which training choices matter: every variant under every seed, with verdicts.

>>> import seedbed
>>> result = seedbed.load("trig/norm-init").run(seeds=5)
>>> result.table
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.api import Result, Study, compare, judge, load, resume, run
    from seedbed.api import open as open

__all__ = [
    "Result",
    "Study",
    "__version__",
    "compare",
    "judge",
    "load",
    "resume",
    "run",
]  # not open: a star import would hide Python's own

_PUBLIC = ("Result", "Study", "compare", "judge", "load", "open", "resume", "run")


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing the package loads nothing heavy."""
    if name == "__version__":
        from seedbed.execution.environment import package_version

        return package_version("seedbed") or "unknown (not installed)"
    if name in _PUBLIC:
        return getattr(import_module("seedbed.api"), name)
    raise AttributeError(f"module 'seedbed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, *_PUBLIC])
