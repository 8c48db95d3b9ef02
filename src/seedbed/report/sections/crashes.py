"""The section on runs of other people's code that crashed or diverged: why, and what they printed last."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seedbed.report.blocks import Block, Filled
from seedbed.results.crashes import Crash, by_reason, printed
from seedbed.results.result import Result
from seedbed.text import counted

MOST_REASONS = 40
MOST_SHOWN = 3  # runs of a reason whose output is shown
MOST_NAMED = 12
LONGEST = 4000  # characters of an output or a traceback
COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # and the moving of cursors, as terminals take them


def blocks(result: Result) -> Iterator[Block]:
    """Each reason, the runs that ended by it, and the output of the first."""
    reasons = list(by_reason(result).items())
    shown = {reason: crashes[:MOST_SHOWN] for reason, crashes in reasons[:MOST_REASONS]}
    outputs = printed(result, [one for crashes in shown.values() for one in crashes])
    groups = [
        {
            "reason": reason,
            "runs": _named(crashes),
            "shown": [_shown(one, *outputs.get(one, ("", ""))) for one in shown[reason]],
        }
        for reason, crashes in reasons[:MOST_REASONS]
    ]
    if groups:
        left = len(reasons) - MOST_REASONS
        more = f"and {counted(left, 'more reason')}: see runs.parquet" if left > 0 else ""
        yield Filled("crashes.html", {"groups": groups, "more": more})


def _named(crashes: Sequence[Crash]) -> str:
    """The runs, the first ones by name."""
    status, more = crashes[0].status, len(crashes) - MOST_NAMED
    listed = "; ".join(map(str, crashes[:MOST_NAMED])) + (f"; and {more:,} more" if more > 0 else "")
    return f"{counted(len(crashes), 'run')} {status}: {listed}"


def _shown(crash: Crash, output: str, traceback: str) -> dict[str, str]:
    return {"run": str(crash), "output": _plain(output), "traceback": _plain(traceback)}


def _plain(text: str) -> str:
    """The end of what was printed, as a terminal would show it: without colours, and of a line that was written again
    and again, as progress bars are, only what was written last."""
    lines = COLOURS.sub("", text).expandtabs(4).split("\n")
    whole = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines).strip("\n")
    return whole if len(whole) <= LONGEST else f"[...]{whole[-LONGEST:]}"
