"""Whether a page that was written before shows a study as it is now."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.results.result import Result

STATE = re.compile(r'<meta name="seedbed-state" content="([^"]*)">')
HEAD = 1000  # letters, in which it stands


def is_current(result: Result, path: Path) -> bool:
    """Whether a page shows results as they are now; also true of one of an older version, which does not say."""
    with path.open(encoding="utf-8", errors="replace") as file:
        found = STATE.search(file.read(HEAD))
    return found is None or found[1] == result.state
