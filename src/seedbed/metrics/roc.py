"""The area under the ROC curve: the chance that a sample of a class scores above one of no such class, ties half."""

from __future__ import annotations

import numpy as np


def area(scores: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """(runs,) float64: the area of each class against the rest, averaged over classes (Fawcett, 2006, section 9).

    Parameters
    ----------
    scores
        (runs, m, classes) float64.
    positive
        (runs, m, classes) bool: which samples are of the class.

    Returns
    -------
    nan for a run where a class has no sample, or all.
    """
    areas = [
        [_area(of_class, of_which) for of_class, of_which in zip(run.T, which.T, strict=True)]
        for run, which in zip(scores, positive, strict=True)
    ]
    return np.array(areas, dtype=np.float64).reshape(len(scores), -1).mean(axis=1)


def _area(scores: np.ndarray, positive: np.ndarray) -> float:
    """Of one class: by the ranks of its samples, where a rank is the mean of those of all scores that tie."""
    ordered, own = np.sort(scores), scores[positive]
    others = len(scores) - len(own)
    if not len(own) or not others:
        return np.nan
    ranks = (np.searchsorted(ordered, own, "left") + np.searchsorted(ordered, own, "right") + 1) / 2
    return float((ranks.sum() - len(own) * (len(own) + 1) / 2) / (len(own) * others))
