"""Whether values fall into two groups with nothing in between."""

from __future__ import annotations

import numpy as np

from seedbed.analysis.intervals import median
from seedbed.analysis.rows import by_length, medians
from seedbed.metrics.base import Scale

FEWEST = 10  # values, below which nothing is said
SMALLEST = 2  # a group has so many values, since one alone is an outlier
# The gap between the groups is so many standard deviations within them. Of 10 normal values fewer than 1 % have
# such a gap, of 20 or more fewer than 1 in 1,000 have the smaller one.
GAP, GAP_OF_MANY, MANY = 4.5, 3.0, 20
FACTOR = 2.0  # and so large: a factor between the groups, on the scale of ratios
ROUNDING = 1e-9
SHARE = 0.05  # or this share of the median's size, on that of differences


def apart(values: np.ndarray, scale: Scale = "difference") -> np.ndarray:
    """The rows of values (rows, n) in which some neighbours lie so far apart that there may be two groups: indices."""
    found = [np.zeros(0, dtype=int)]
    for rows, own in by_length(values, np.isfinite(values)):
        if own.shape[1] < FEWEST:
            continue
        ordered = np.sort(own, axis=1)
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # values that have no logarithm have no groups, either
            logs = np.log(ordered) if scale == "ratio" else ordered
            gaps = np.diff(logs, axis=1)[:, SMALLEST - 1 : own.shape[1] - SMALLEST]
        matters = np.log(FACTOR) if scale == "ratio" else SHARE * np.abs(medians(own))
        found.append(rows[gaps.max(axis=1) >= matters * (1 - ROUNDING)])
    return np.sort(np.concatenate(found))


def two_modes(values: np.ndarray, scale: Scale = "difference") -> tuple[np.ndarray, np.ndarray] | None:
    """The indices of the two groups, the smaller values first; None where there are no two.

    Parameters
    ----------
    values
        (n,); what is not finite belongs to neither group.
    scale
        On "ratio" logarithms are taken.
    """
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < FEWEST or (scale == "ratio" and values[known].min() <= 0):
        return None
    own = np.log(values[known]) if scale == "ratio" else values[known]
    order = np.argsort(own, kind="stable")
    own = own[order]
    gaps = np.diff(own)[SMALLEST - 1 : len(own) - SMALLEST]
    cut = int(gaps.argmax()) + SMALLEST
    gap, groups = own[cut] - own[cut - 1], (own[:cut], own[cut:])
    within = np.sqrt(sum(((group - group.mean()) ** 2).sum() for group in groups) / (len(own) - 2))
    needed = GAP_OF_MANY if len(own) >= MANY else GAP
    matters = np.log(FACTOR) if scale == "ratio" else SHARE * abs(median(own))
    if gap <= needed * within or gap < matters or gap == 0:
        return None
    return known[np.sort(order[:cut])], known[np.sort(order[cut:])]
