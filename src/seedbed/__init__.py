"""Seedbed finds out which training choices matter: every variant under every seed, with verdicts.

>>> import seedbed
>>> result = seedbed.load("trig/norm-init").run(seeds=5)
>>> result.table
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.api import load
    from seedbed.api import open as open
    from seedbed.results import Result
    from seedbed.runner import run
    from seedbed.study import Study

__all__ = ["Result", "Study", "__version__", "load", "run"]  # not open: a star import would hide Python's own

_HOMES = {
    "Study": "seedbed.study",
    "Result": "seedbed.results",
    "load": "seedbed.api",
    "open": "seedbed.api",
    "run": "seedbed.runner",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: importing the package loads nothing heavy."""
    if name == "__version__":
        from seedbed.environment import package_version

        return package_version("seedbed") or "unknown (not installed)"
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'seedbed' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, *_HOMES])
