"""Findings: what the records of runs and the results of a study show to be wrong, and what to do about it.

A kind of finding is one function of `checks/`, one row of `CHECKS` and one section of docs/findings.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

from seedbed.analysis.checks import curves, networks, study
from seedbed.analysis.checks.base import Check, Finding, Results, RunCheck, StudyCheck
from seedbed.analysis.evidence import Evidence

# What more training, or faster, does not mend.
IDLE = ("constant_output", "dead_units", "saturated_units", "exploding_gradients")
# Codes: SB1 how training went, SB2 what became of the networks, SB3 the data, SB4 the study as a whole.
CHECKS: dict[str, Check] = {
    "diverged": RunCheck(
        "SB101",
        curves.diverged,
        "diverged: the loss became infinite or not a number. Lower training.lr, set training.clip_norm or "
        "scale the data.",
    ),
    "never_moved": RunCheck(
        "SB102",
        curves.never_moved,
        "ended with the parameters they began with: nothing was learnt. Raise training.lr, or change "
        "model.init if the gradient is zero from the start.",
        at_odds=("diverged", *IDLE),
    ),
    "still_falling": RunCheck(
        "SB103",
        curves.still_falling,
        "ended with their training loss still falling: they are not converged. Increase training.epochs or "
        "training.lr before comparing them.",
        at_odds=("diverged", "overfit", "plateaued", "gap_growing", *IDLE),
    ),
    "overfit": RunCheck(
        "SB104",
        curves.overfit,
        "overfitted: the validation loss rose by over 10 % from its best while the training loss fell. "
        "Set training.keep_best, stop with training.stop = { patience = ... }, or regularise.",
    ),
    "plateaued": RunCheck(
        "SB105",
        curves.plateaued,
        "plateaued early: neither training nor validation loss improved by 1 % after the first fifth of training. "
        "Fewer epochs give the same; for a lower loss change training.lr, its schedule or the model.",
        at_odds=("diverged", *IDLE),
    ),
    "gap_growing": RunCheck(
        "SB106",
        curves.gap_growing,
        "fit the training part ever better and validation hardly: its loss stood nearly still over the second half "
        "of training while the training loss fell away from it. Regularise, get more data, or train for fewer epochs.",
    ),
    "rate_too_low": RunCheck(
        "SB107",
        curves.rate_too_low,
        "crept: the training loss fell slowly and as fast at the end as at the beginning. Raise training.lr about "
        "tenfold.",
        at_odds=("diverged", "overfit", "gap_growing", *IDLE),
    ),
    "constant_output": RunCheck(
        "SB201",
        networks.constant_output,
        "give the same output for all training samples looked at (at most 1,000, drawn at random). Lower training.lr, "
        "change model.init or model.activation, or scale the data.",
    ),
    "dead_units": RunCheck("SB202", networks.dead_units, networks.about_dead_units),
    "saturated_units": RunCheck("SB203", networks.saturated_units, networks.about_saturated_units),
    "exploding_gradients": RunCheck(
        "SB204", networks.exploding_gradients, networks.about_exploding_gradients
    ),
    "vanishing_gradients": RunCheck(
        "SB205", networks.vanishing_gradients, networks.about_vanishing_gradients
    ),
    "leak": StudyCheck("SB301", study.leak),
    "no_better_than_constant": StudyCheck("SB401", study.no_better_than_constant),
    "disagreeing_seeds": StudyCheck("SB402", study.disagreeing_seeds),
    "rate_at_edge": StudyCheck("SB403", study.rate_at_edge),
    "pairing_bought_nothing": StudyCheck("SB404", study.pairing_bought_nothing),
}


def find(records: Iterable[Evidence]) -> list[Finding]:
    """Findings in the records of runs, by variant, in the order of the records, and kind."""
    return summed((record, kinds_in(record)) for record in records)


def kinds_in(record: Evidence) -> list[str]:
    """The kinds of findings that the record of a run shows."""
    return [kind for kind, check in _run_checks() if check.applies(record)]


def summed(noted: Iterable[tuple[Evidence, Collection[str]]]) -> list[Finding]:
    """Findings by variant and kind, of records of runs and the kinds that each shows; their losses play no part."""
    of: Counter[str] = Counter()
    wrong: dict[tuple[str, str], list[Evidence]] = {}
    for record, kinds in noted:
        of[record.variant] += 1
        for kind in kinds:
            wrong.setdefault((record.variant, kind), []).append(record)
    counts = {key: len(records) for key, records in wrong.items()}
    return counted(of, counts, lambda variant, kind: wrong[variant, kind])


def counted(
    of: Mapping[str, int],
    wrong: Mapping[tuple[str, str], int],
    records: Callable[[str, str], list[Evidence]],
) -> list[Finding]:
    """Findings by variant, in the order given, and kind.

    Parameters
    ----------
    of
        How many runs of each variant have a record.
    wrong
        Variant and kind -> how many of its runs show it.
    records
        Gives those of a variant that show a kind, which few kinds tell about.
    """
    return [
        check.finding(kind, variant, wrong[variant, kind], runs, partial(records, variant, kind))
        for variant, runs in of.items()
        for kind, check in _run_checks()
        if (variant, kind) in wrong
    ]


def _run_checks() -> list[tuple[str, RunCheck]]:
    return [(kind, check) for kind, check in CHECKS.items() if isinstance(check, RunCheck)]


def find_in(results: Results) -> list[Finding]:
    """Findings in the stored results of a study, by kind."""
    checks = [(kind, check) for kind, check in CHECKS.items() if isinstance(check, StudyCheck)]
    return [finding for kind, check in checks for finding in check.found(kind, results)]


def as_stored(event: Mapping[str, Any]) -> dict[str, Any]:
    """A finding as a study's journal has it; one of an older version, without a code, gets that of its kind."""
    finding = {key: event.get(key) for key in ("variant", "kind", "code", "runs", "message")}
    if not finding["code"] and finding["kind"] in CHECKS:
        finding["code"] = CHECKS[finding["kind"]].code
    return finding
