"""Claims on the curve of a metric: a jump at an epoch, and after how many epochs a level is reached."""

from __future__ import annotations

from seedbed.analysis.claims import Claim
from seedbed.analysis.comparing import Comparison, Gap, compared
from seedbed.analysis.deciding import REFUTED, ahead
from seedbed.analysis.judgements import Judgement, Part
from seedbed.analysis.runs import Runs
from seedbed.analysis.wording import gap_interval, how_far, is_nil, times
from seedbed.text import counted

SLOPE_OVER = 5  # epochs before a jump, as far as there are so many after the first

# --- a jump ---------------------------------------------------------------------------------------------


def slope_from(epoch: int) -> int:
    """The epoch from which on the slope before a jump is taken."""
    return max(1, epoch - SLOPE_OVER)


def jump_epochs(epoch: int) -> tuple[int, ...]:
    """The epochs at which a jump needs the metric."""
    return slope_from(epoch), epoch, epoch + 1


def jump(claim: Claim) -> list[Part]:
    """From an epoch to the next the metric gains more than its mean per epoch before; and more than a control's."""
    variant, epoch = claim.keys["variant"], claim.value
    start, last, after = (f"{claim.metric}@{at}" for at in jump_epochs(epoch))
    steps = epoch - slope_from(epoch)
    weights = {after: 1.0, last: -1.0 - 1.0 / steps, start: 1.0 / steps}
    slope = claim.contrast([(weight, (variant, at)) for at, weight in weights.items()])
    parts = [_gained(claim, slope, "its slope before")]
    for control in claim.opponents if claim.keys.get("than") else ():
        if claim.table.same_runs(variant, control):
            parts.append(claim.of_same_runs(variant, control, REFUTED))
            continue
        terms = [
            (sign * weight, (name, at))
            for name, sign in ((variant, 1.0), (control, -1.0))
            for at, weight in ((after, 1.0), (last, -1.0))
        ]
        parts.append(_gained(claim, claim.contrast(terms), f"“{control}”"))
    return parts


def _gained(claim: Claim, gap: Gap, against: str) -> Part:
    seen = compared(gap, claim.table.direction(claim.metric), claim.level)
    return Part(claim.keys["variant"], against, seen, ahead(gap, claim.sign, claim.margin))


def height(judgement: Judgement) -> str:
    """How far the metric is from where it would be without a jump."""
    seen, metric, epoch = judgement.seen, judgement.metric, judgement.value
    if not isinstance(epoch, int):
        raise TypeError(f"expected the epoch of the jump, got {epoch!r}")
    change = f"the change in {metric} of “{judgement.subject}” from epoch {epoch} to {epoch + 1}"
    than = f"that of {judgement.against}"
    if judgement.against.startswith("its"):
        than = f"its mean change per epoch from epoch {slope_from(epoch)} to {epoch}"
    if not seen.is_typical:
        return f"no such change in {metric} is typical: in over a fifth of the seeds a run failed"
    if is_nil(seen):
        return f"{change} is typically {than}"
    return f"{change} is typically {how_far(seen)} than {than}"


# --- epochs to a level ----------------------------------------------------------------------------------


def epochs_to(claim: Claim) -> list[Part]:
    """A variant reaches a level of the metric after fewer epochs than another; a run that never does has failed."""
    variant, (other,) = claim.keys["variant"], claim.opponents
    gap = claim.gap_of_runs(_epochs(claim, variant), _epochs(claim, other), "ratio")
    seen = compared(gap, "min", claim.level)
    if claim.table.same_runs(variant, other):
        return [claim.of_same_runs(variant, other, REFUTED)]
    return [Part(variant, other, seen, ahead(gap, -1))]


def epochs_level(level: float) -> tuple[int, ...]:
    """The epochs at which the metric has to be on the curve; it follows where the first is."""
    return (1,)


def _epochs(claim: Claim, variant: str) -> Runs:
    return Runs.of(claim.table.epochs_to(variant, claim.metric, claim.value))


def sooner(judgement: Judgement) -> str:
    """How many times fewer epochs it takes."""
    seen, level = judgement.seen, f"{judgement.metric} {judgement.value:g}"
    if not seen.is_typical:
        whose = judgement.subject if seen.fails_more >= 0 else judgement.against
        return f"over a fifth of the runs of “{whose}” never reach {level}"
    start = f"“{judgement.subject}” typically reaches {level} after"
    if is_nil(seen):
        return f"{start} as many epochs as “{judgement.against}”"
    return f"{start} {times(seen.estimate, 'more', 'fewer')} epochs than “{judgement.against}”"


def sooner_ends(seen: Comparison) -> str:
    """The interval of the ratio of epochs."""
    return gap_interval(seen, "more", "fewer")


def never_reached(judgement: Judgement) -> str:
    """In how many seeds it is sooner, and how many runs never reach the level."""
    seen = judgement.seen
    won = "" if is_nil(seen) or seen.sides else f", sooner in {seen.wins} of {counted(seen.n, 'seed')}"
    if not (seen.failed or seen.failed_other):
        return won
    failed = f"{counted(seen.failed, 'run')} of “{judgement.subject}” and {seen.failed_other} of “{judgement.against}”"
    return f"{won}; {failed} never reached it"
