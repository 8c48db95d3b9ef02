"""Which runs of other people's code crashed or diverged, why, and what they printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.results.by_run import codes
from seedbed.results.statuses import BROKEN
from seedbed.text import counted, short

if TYPE_CHECKING:
    from seedbed.results.stored import Stored

KIND = "output"  # of the artefact; only such runs have one
MOST_REASONS = 5  # that are named in a sentence


@dataclass(frozen=True)
class Crash:
    """A run that ended otherwise than it should have."""

    variant: str
    seed: int
    status: str
    reason: str

    def __str__(self) -> str:
        return f"{short(self.variant)}, seed {self.seed}"


def by_reason(result: Stored) -> dict[str, list[Crash]]:
    """Runs that crashed or diverged, by reason, the most frequent one first; empty of trainables of our own."""
    if KIND not in result.kinds:
        return {}
    import pyarrow as pa

    runs = result.runs.select(["variant", "seed", "status", "stop_reason"])
    found: dict[str, list[Crash]] = {}
    for row in runs.filter(pa.array(codes(runs["status"], BROKEN) >= 0)).to_pylist():
        reason = row["stop_reason"] or row["status"]
        found.setdefault(reason, []).append(Crash(row["variant"], row["seed"], row["status"], reason))
    return dict(sorted(found.items(), key=lambda one: -len(one[1])))


def in_words(result: Stored) -> str:
    """How many runs crashed or diverged, and why, in a sentence; empty where none did."""
    reasons = by_reason(result)
    statuses = [one.status for crashes in reasons.values() for one in crashes]
    if not statuses:
        return ""
    counts = [(status, statuses.count(status)) for status in ("crashed", "diverged") if status in statuses]
    told = " and ".join(f"{counted(count, 'run')} {status}" for status, count in counts)
    named = [_named(reason, crashes) for reason, crashes in list(reasons.items())[:MOST_REASONS]]
    more = (
        [f"and {counted(len(reasons) - MOST_REASONS, 'more reason')}"] if len(reasons) > MOST_REASONS else []
    )
    return f"{told}: {'; '.join([*named, *more])}; the report shows what they printed"


def _named(reason: str, crashes: Sequence[Crash]) -> str:
    where = f"{crashes[0]}" if len(crashes) == 1 else f"{counted(len(crashes), 'run')}, first {crashes[0]}"
    return f"{reason} ({where})"


def printed(result: Stored, crashes: Sequence[Crash]) -> Mapping[Crash, tuple[str, str]]:
    """What some runs printed, and their tracebacks; nothing of runs that have neither."""
    if not crashes:
        return {}
    wanted = {(one.variant, one.seed): one for one in crashes}
    names = list({one.variant for one in crashes})
    found = {}
    for row in result.output_of(names).to_pylist():
        if one := wanted.get((row["variant"], row["seed"])):
            found[one] = (row["output"] or "", row["traceback"] or "")
    return found
