"""The forms of a claim: each is one function that judges it, and one row of `FORMS`.

Study files, their JSON Schema, the reference, figures and reports take what they need to know of a form from its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedbed.analysis.forms import curves, factors, metrics, numbers, variants
from seedbed.analysis.forms.base import OF_VARIANTS, Form, failures_only, seeds_left_out

FORMS: dict[str, Form] = {
    # --- some variants against others ---
    "better": Form(
        "variant",
        "The variant that beats those in than.",
        variants.better,
        variants.gap,
        needs=("than",),
        may=("metric", "margin", "factor"),
    ),
    "not_better": Form(
        "variant",
        "The variant that does not beat those in than.",
        variants.not_better,
        variants.gap,
        needs=("than",),
        may=("metric", "margin", "factor"),
        margin="no more than",
        needs_margin=True,
    ),
    "better_than_any": Form(
        "variant",
        "The variant that beats at least one of those in than.",
        variants.better,
        variants.gap,
        needs=("than",),
        may=("metric", "margin", "factor"),
        any_part=True,
    ),
    "ordered": Form(
        "order",
        "Variants, the best first, each of which beats the next one.",
        variants.ordered,
        variants.gap,
        may=("metric", "margin", "factor"),
        parts="steps that from “{subject}” to “{against}”",
    ),
    "peak": Form(
        "variant",
        "The variant that beats both of its neighbours, which than names.",
        variants.better,
        variants.gap,
        needs=("than",),
        may=("metric", "margin", "factor"),
        opponents=2,
        parts="neighbours “{against}”",
    ),
    "between": Form(
        "range",
        "The least and the most by which variant beats the one in than: two factors of at least 1 where the metric is "
        "compared by ratios, else two differences.",
        variants.between,
        variants.gap,
        needs=("variant", "than"),
        may=("metric",),
        opponents=1,
    ),
    "similar": Form(
        "variants",
        "Two variants that differ by no more than within.",
        variants.similar,
        variants.gap,
        may=("metric", "within", "factor"),
        needs_margin=True,
    ),
    "interaction": Form(
        "factors",
        "Variants with neither of two changes, the first, the second, and both, which together do more than the sum of "
        "what each does alone.",
        factors.interaction,
        factors.beyond_the_sum,
        may=("metric", "margin", "factor"),
        beside=seeds_left_out,
    ),
    # --- one variant by itself ---
    "above": Form(
        "number",
        "The number that the median of metric lies above.",
        numbers.above,
        numbers.median,
        needs=("variant", "metric"),
        is_paired=False,
        beside=numbers.diverged,
        ends=numbers.median_ends,
    ),
    "below": Form(
        "number",
        "The number that the median of metric lies below.",
        numbers.below,
        numbers.median,
        needs=("variant", "metric"),
        is_paired=False,
        beside=numbers.diverged,
        ends=numbers.median_ends,
    ),
    "near": Form(
        "number",
        "The number from which the median of metric lies no farther than within, or than factor either way.",
        numbers.near,
        numbers.median,
        needs=("variant", "metric"),
        may=("within", "factor"),
        is_paired=False,
        needs_margin=True,
        beside=numbers.diverged,
        ends=numbers.median_ends,
    ),
    "agrees": Form(
        "number",
        "A published number that a run of variant could have given: it lies where 95 % of new runs are expected. "
        "Supported means compatible, and with few seeds much is.",
        numbers.agrees,
        numbers.may_give,
        needs=("variant", "metric"),
        is_paired=False,
        stands=True,
        beside=numbers.left_out,
        ends=numbers.no_ends,
    ),
    "converges": Form(
        "share",
        "The share of the runs of variant, above 0 and below 1, that at least do not fail.",
        numbers.converges,
        numbers.reliability,
        needs=("variant",),
        is_paired=False,
        beside=numbers.nothing,
        ends=numbers.share_ends,
    ),
    "jump": Form(
        "epoch",
        "The epoch, from 2 on, from which to the next metric improves by more than its mean per epoch over the (up to) "
        "5 epochs before; with than, a control, also by more than there.",
        curves.jump,
        curves.height,
        needs=("variant", "metric"),
        may=("than", "margin", "factor"),
        opponents=1,
        parts="tests that against {against}",
        curve=curves.jump_epochs,
        beside=seeds_left_out,
    ),
    "epochs_to": Form(
        "number",
        "The level of metric that variant reaches after fewer epochs than the one in than: at the first epoch on the "
        "curve, which holds the first 20 evaluations and then one every 5 %. A run that never reaches it has failed.",
        curves.epochs_to,
        curves.sooner,
        needs=("variant", "metric", "than"),
        opponents=1,
        curve=curves.epochs_level,
        beside=curves.never_reached,
        ends=curves.sooner_ends,
    ),
    "exceeds": Form(
        "metric",
        "Another metric of the variant, which metric lies above.",
        metrics.exceeds,
        metrics.gap,
        needs=("variant", "metric"),
        may=("margin", "factor"),
        beside=failures_only,
    ),
    "matches": Form(
        "metric",
        "Another metric of the variant, from which metric differs by no more than within.",
        metrics.matches,
        metrics.gap,
        needs=("variant", "metric"),
        may=("within", "factor"),
        needs_margin=True,
        beside=failures_only,
    ),
}


def form_of(keys: Mapping[str, Any]) -> str:
    """The form of a claim, given its keys."""
    return next(form for form in FORMS if keys.get(form) is not None)


def variants_of(keys: Mapping[str, Any]) -> list[str]:
    """The variants that a claim names."""
    of_forms = [name for name, form in FORMS.items() if form.holds in OF_VARIANTS]
    return list(_names(keys, "variant", *of_forms, "than"))


def metrics_of(keys: Mapping[str, Any]) -> list[str]:
    """The metrics that a claim names."""
    form = form_of(keys)
    return list(FORMS[form].metrics(keys, keys[form]))


def _names(keys: Mapping[str, Any], *wanted: str) -> Iterator[str]:
    for key in wanted:
        value = keys.get(key)
        yield from [value] if isinstance(value, str) else value or ()
