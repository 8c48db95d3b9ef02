"""What the stored results of a study show: its data, its metric, its rates and how its seeds agree."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from seedbed.analysis.checks.base import Results, Seen
from seedbed.analysis.data_facts import leak_in_words
from seedbed.analysis.intervals import median
from seedbed.analysis.modes import apart, two_modes
from seedbed.analysis.wording import number
from seedbed.files import leaves
from seedbed.text import counted

NO_BETTER = 0.02  # no better than a constant: ahead by less than this share of what could be gained on it
RATES = ("lr", "learning_rate")  # what settings that are learning rates are called
FEWEST_RATES = 3
# Rate at the edge: better than the next rate under more than this share of at least so many seeds.
WINS, FEWEST_SEEDS = 0.75, 3
FEWEST_PAIRED = 20  # seeds, below which nobody can say that pairing bought nothing
WORTH, AT_MOST = 1.1, 2.0  # and what its worth and the upper end of that stay below, for the median variant


def leak(results: Results) -> Iterator[Seen]:
    """Held-out rows that are in the training part as well."""
    if told := leak_in_words(results.data):
        yield Seen(
            f"{told}. Drop duplicates before splitting: what is learnt by heart counts as right answers here."
        )


def no_better_than_constant(results: Results) -> Iterator[Seen]:
    """Variants on the base's data whose median is no better than answering always the same."""
    metric = results.metric
    constant = results.data.get("baseline", {}).get(metric)
    if constant is None:
        return
    sign = 1 if results.direction(metric) == "max" else -1
    best = results.bounds(metric)[sign > 0]
    least = constant + sign * NO_BETTER * (abs(best - constant) if np.isfinite(best) else abs(constant))
    what = "the most frequent class" if "majority" in results.data else "the training mean"
    for variant in results.variants:
        values = results.values(variant, metric)
        values = values[~np.isnan(values)]
        on_same_data = not any(key.startswith("data.") for key in results.settings(variant))
        middle = median(values) if len(values) else np.nan
        if not (
            on_same_data and np.isfinite(middle)
        ):  # where half of its runs diverged, that is said already
            continue
        wrong = int((sign * values <= sign * least).sum())
        if 2 * wrong > len(values):
            yield Seen(
                f"{wrong} of {len(values)} runs are hardly better than a constant ({metric} has a median of "
                f"{number(middle)}, and answering always {what} gives {number(constant)}), if at "
                "all. Train for more epochs, change training.lr, scale the data, or see what the inputs tell.",
                variant,
                wrong,
            )


def disagreeing_seeds(results: Results) -> Iterator[Seen]:
    """Variants whose runs ended in two places, with nothing in between."""
    metric, scale = results.metric, results.scale(results.metric)
    of_all = np.array([results.values(variant, metric) for variant in results.variants])
    for row in apart(of_all, scale).tolist():
        variant, values = results.variants[row], of_all[row]
        if not (modes := two_modes(values, scale)):
            continue
        few, many = sorted(modes, key=len)
        counted_by = "under seeds" if results.paired else "in runs"
        here, there = (
            f"near {number(float(np.median(values[mode])))} {counted_by} {results.seeds_named(mode.tolist())}"
            for mode in (few, many)
        )
        yield Seen(
            f"{len(few)} of {len(few) + len(many)} runs ended apart from the others ({metric} {here} and {there}), "
            "with nothing in between. Compare the two kinds of runs before trusting a mean: the initial draw, the "
            "split or the order of batches tells them apart.",
            variant,
            len(few),
        )


def rate_at_edge(results: Results) -> Iterator[Seen]:
    """Learning rates of which the best is the largest or the smallest tried."""
    for key, rates in _rate_families(results):
        values = {rate: _goodness(results, variant) for rate, variant in rates.items()}
        ordered = sorted(rates)
        middle = {rate: _median(values[rate]) for rate in ordered}
        best = max(ordered, key=middle.__getitem__)
        if best not in (ordered[0], ordered[-1]) or not np.isfinite(middle[best]):
            continue
        at_top = best == ordered[-1]
        inner = ordered[-2] if at_top else ordered[1]
        mine, theirs = values[best], values[inner]
        pairs, wins = (_pairs if results.paired else _every_pair)(mine, theirs)
        if pairs >= FEWEST_SEEDS and wins > WINS * pairs:
            end, more = ("largest", "larger") if at_top else ("smallest", "smaller")
            yield Seen(
                f"is the best of the rates tried ({key} = {best:g} of {len(ordered)} rates) and has the {end} of them, "
                f"so a better one may lie beyond. Add {more} rates.",
                rates[best],
            )


def pairing_bought_nothing(results: Results) -> Iterator[Seen]:
    """Whether variants under the same seed are no more alike than under different ones."""
    worths = [
        one for one in results.pairing.values() if one.n >= FEWEST_PAIRED and np.isfinite(one.correlation)
    ]
    if not worths or any(one.helped for one in worths):
        return
    worth, at_most = (float(np.median([getattr(one, what) for one in worths])) for what in ("worth", "high"))
    if worth < WORTH and at_most < AT_MOST:
        yield Seen(
            f"Comparing variants seed by seed bought nothing: over {counted(len(worths), 'comparison')} with "
            f"{results.variants[0]!r} it was worth a median of {number(worth, 2)} times as many seeds. The verdicts "
            "hold; where they do not decide, only more seeds help."
        )


# --- rates ----------------------------------------------------------------------------------------------


def _rate_families(results: Results) -> Iterator[tuple[str, dict[float, str]]]:
    """Each dotted key of a rate, with rate -> variant for those that differ in nothing else, at least FEWEST_RATES."""
    families: dict[tuple[str, str], dict[float, str]] = {}
    for variant in results.variants:
        flat = dict(leaves(results.configuration(variant)))
        for key in [key for key in flat if key.rpartition(".")[2] in RATES]:
            rest = json.dumps({name: value for name, value in flat.items() if name != key}, sort_keys=True)
            if isinstance(rate := flat[key], int | float):
                families.setdefault((key, rest), {}).setdefault(float(rate), variant)
    yield from ((key, rates) for (key, _), rates in families.items() if len(rates) >= FEWEST_RATES)


def _pairs(mine: np.ndarray, theirs: np.ndarray) -> tuple[int, int]:
    """How many pairs of runs of a seed there are, and in how many the first is ahead."""
    both = ~(np.isnan(mine) | np.isnan(theirs))
    return int(both.sum()), int((mine > theirs)[both].sum())


def _every_pair(mine: np.ndarray, theirs: np.ndarray) -> tuple[int, int]:
    """The same of every run of one against every run of the other."""
    mine, theirs = mine[~np.isnan(mine)], np.sort(theirs[~np.isnan(theirs)])
    return len(mine) * len(theirs), int(np.searchsorted(theirs, mine).sum())


def _goodness(results: Results, variant: str) -> np.ndarray:
    """Values of the study's metric, of which more is better."""
    values = results.values(variant, results.metric)
    return values if results.direction(results.metric) == "max" else -values


def _median(values: np.ndarray) -> float:
    finished = values[~np.isnan(values)]
    return median(finished) if len(finished) else -np.inf
