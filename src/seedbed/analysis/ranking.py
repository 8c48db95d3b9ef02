"""The order of a study's variants from best to worst, which report, JSON document and predictions share."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from seedbed.analysis.rows import medians_present
from seedbed.metrics.names import Direction


def selection_metric(metric: str, known: Collection[str]) -> str:
    """The metric that variants are selected by: the study's own, on validation instead of on the test part.

    Parameters
    ----------
    metric
        The study's.
    known
        The metrics that its runs have. Where nothing was held out for validation, the study's metric it is.
    """
    on_validation = metric.replace("test.", "val.", 1) if metric.startswith("test.") else metric
    return on_validation if on_validation in known else metric


def ranked(variants: Sequence[str], values: np.ndarray, direction: Direction) -> list[str]:
    """Variants by their median over seeds, the best first; those without a value come last.

    Parameters
    ----------
    values
        (variants, seeds): the worst infinity where a run diverged, NaN where there is none.

    Returns
    -------
    Of equal medians, the variant with fewer diverged runs comes first, then the one named first.
    """
    middle = medians_present(values) if direction == "min" else -medians_present(values)
    order = np.lexsort([np.count_nonzero(np.isinf(values), axis=1), middle])  # NaN last
    return [variants[index] for index in order]
