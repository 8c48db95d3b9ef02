"""The example of a command: a script that knows nothing of Seedbed, and the few lines that put it under study."""

from __future__ import annotations

import difflib
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "command"


def difference() -> list[str]:
    before, after = ((EXAMPLE / name).read_text().splitlines() for name in ("before/digits.py", "digits.py"))
    return list(difflib.unified_diff(before, after, "before/digits.py", "digits.py", n=1, lineterm=""))


def test_at_most_ten_lines_put_a_script_under_study_and_the_docs_show_them() -> None:
    lines = difference()
    changed = [line for line in lines[2:] if line.startswith(("+", "-"))]
    assert 0 < len(changed) <= 10
    assert "\n".join(lines) in (ROOT / "docs" / "your-own-training.md").read_text(encoding="utf-8")
