"""How much samples of each class count in the loss of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def class_weights(
    setting: str | Mapping[str, float], classes: Sequence[str], labels: np.ndarray
) -> np.ndarray:
    """(classes,) float32.

    Parameters
    ----------
    setting
        "balanced": n / (k n_c) for the n_c of n labels that are of class c, with k the number of classes that there
        are, so that all of these count the same together and a sample counts 1 on average (King and Zeng, 2001; as
        scikit-learn has it). Or weights by the name of the class, 1 for those not named.
    labels
        (n,) class indices of the training part.
    """
    if isinstance(setting, Mapping):
        return np.array([setting.get(name, 1.0) for name in classes], dtype=np.float32)
    counts = np.bincount(labels.reshape(-1).astype(np.int64), minlength=len(classes))
    there = counts > 0
    weights = np.ones(len(classes))  # of a class that never comes
    weights[there] = counts.sum() / (there.sum() * counts[there])
    return weights.astype(np.float32)
