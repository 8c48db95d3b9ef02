"""How many seeds are likely to decide on the smallest effect that matters, given the spread that stored runs show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from seedbed.analysis.deciding import UNDECIDED
from seedbed.analysis.forms import FORMS
from seedbed.analysis.judgements import Judgement
from seedbed.analysis.pairs import Pairs
from seedbed.analysis.planning import Likely, Spread, likely_seeds
from seedbed.analysis.runs import gap_of

if TYPE_CHECKING:
    from seedbed.results.stored import Stored
    from seedbed.study.model import Study


@dataclass(frozen=True)
class Planned:
    """The seeds that are likely to tell one variant from another; None where nothing is known of their spread."""

    variant: str
    against: str
    likely: Likely | None

    def document(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "variant": self.variant,
            "against": self.against,
            **(asdict(self.likely) if self.likely else {}),
        }


def planned(study: Study, pilot: Stored | None, spread: float | None) -> list[Planned]:
    """For every pair of variants that the claims of a study compare or, without claims, for each variant and base.

    Parameters
    ----------
    pilot
        An execution of the same study, whose runs show the spread.
    spread
        A stated one instead: the standard deviation of paired gaps, of logs where the metric is one of ratios.
    """
    if study.matters is None:
        return []
    base = study.variants[0].name
    pairs = list(dict.fromkeys(_compared(study))) or [(one.name, base, 1) for one in study.variants[1:]]
    tests = max(1, len(study.hypotheses) or len(pairs))
    effect = gap_of(study.matters, study.scale or study.trainable.scale(study.metric))
    found = []
    for first, second, ends in pairs:
        own = Spread.stated(spread) if spread else _spread(pilot, first, second) if pilot else None
        found.append(Planned(first, second, likely_seeds(effect, own, tests, ends) if own else None))
    return found


def with_likely(judgement: Judgement, stored: Stored, tests: int) -> Judgement:
    """An undecided judgement with the seeds that are likely to decide it, where the study says which effect matters."""
    matters, is_paired = stored.matters, FORMS[judgement.form].holds in ("variant", "variants")
    of_scale = judgement.seen.scale == stored.scale(stored.metric)
    known = {judgement.subject, judgement.against} <= set(stored.variants)
    if judgement.verdict != UNDECIDED or matters is None or judgement.metric != stored.metric:
        return judgement
    if not (is_paired and of_scale and known) or judgement.same_runs:
        return judgement
    own = _spread(stored, judgement.subject, judgement.against)
    effect = gap_of(matters, stored.scale(stored.metric))
    ends = 2 if FORMS[judgement.form].holds == "variants" else 1
    return replace(judgement, likely=likely_seeds(effect, own, tests, ends) if own else None)


def _compared(study: Study) -> Iterator[tuple[str, str, int]]:
    """The variants that claims on the study's metric compare, and the ends between which a gap is to lie."""
    for hypothesis in study.hypotheses:
        keys = hypothesis.model_dump(exclude_none=True)
        value = keys[hypothesis.form]
        if keys.get("metric", study.metric) != study.metric:
            continue
        if FORMS[hypothesis.form].holds == "variant" and keys.get("than"):
            yield from ((value, other, 1) for other in keys["than"])
        elif FORMS[hypothesis.form].holds == "variants" and len(value) == 2:
            yield value[0], value[1], 2


def _spread(stored: Stored, first: str, second: str) -> Spread | None:
    """That of the paired gaps of two variants on the study's metric; None of crossed seeds and without pairs."""
    if not {first, second} <= set(stored.variants) or stored.levels:
        return None
    gap = stored.gap(first, second)
    return Spread.of(gap.gaps) if isinstance(gap, Pairs) else None
