"""What Python users start from, and the only place that knows everything: load a study, run it, open a result.

Results load at once and studies when they are asked for: reading what was stored needs none of what checks and trains.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seedbed.api.result import Result, open

if TYPE_CHECKING:
    from seedbed.api.comparing import compare
    from seedbed.api.judging import judge
    from seedbed.api.study import Study, load, resume, run

__all__ = ["Result", "Study", "compare", "judge", "load", "open", "resume", "run"]

HOMES = {"compare": "comparing", "judge": "judging"}


def __getattr__(name: str) -> Any:
    if name in __all__:
        home = HOMES.get(name, "study")
        return getattr(import_module(f"seedbed.api.{home}"), name)
    raise AttributeError(f"module 'seedbed.api' has no attribute {name!r}")
