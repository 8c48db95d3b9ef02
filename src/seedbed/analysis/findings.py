"""Findings: what the record of a run itself shows to be wrong, and what to do about it.

A kind of finding is one function of `checks/`, one row of `CHECKS` and one section of docs/findings.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seedbed.analysis.checks import curves, networks
from seedbed.analysis.checks.base import Check, Finding, RunCheck
from seedbed.analysis.evidence import Evidence

# Codes: SB1 how training went, SB2 what became of the networks.
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
        at_odds=("diverged", "constant_output", "dead_units"),
    ),
    "still_falling": RunCheck(
        "SB103",
        curves.still_falling,
        "ended with their training loss still falling: they are not converged. Increase training.epochs or "
        "training.lr before comparing them.",
        at_odds=("diverged", "overfit", "constant_output", "dead_units"),
    ),
    "overfit": RunCheck(
        "SB104",
        curves.overfit,
        "overfitted: the validation loss rose by over 10 % from its best while the training loss fell. "
        "Set training.keep_best, stop with training.stop = { patience = ... }, or regularise.",
    ),
    "constant_output": RunCheck(
        "SB201",
        networks.constant_output,
        "give the same output for all training samples looked at (at most 1,000, drawn at random). Lower training.lr, "
        "change model.init or model.activation, or scale the data.",
    ),
    "dead_units": RunCheck("SB202", networks.dead_units, networks.about_dead_units),
}


def find(records: Iterable[Evidence]) -> list[Finding]:
    """Findings in the records of runs, by variant, in the order of the records, and kind."""
    by_variant: dict[str, list[Evidence]] = {}
    for record in records:
        # One that was interrupted shows nothing of what training would have come to.
        if record.status == "interrupted":
            continue
        by_variant.setdefault(record.variant, []).append(record)
    checks = [(kind, check) for kind, check in CHECKS.items() if isinstance(check, RunCheck)]
    found = (
        check.found(kind, variant, runs) for variant, runs in by_variant.items() for kind, check in checks
    )
    return [finding for finding in found if finding]


def as_stored(event: Mapping[str, Any]) -> dict[str, Any]:
    """A finding as a study's journal has it; one of an older version, without a code, gets that of its kind."""
    finding = {key: event.get(key) for key in ("variant", "kind", "code", "runs", "message")}
    if not finding["code"] and finding["kind"] in CHECKS:
        finding["code"] = CHECKS[finding["kind"]].code
    return finding
