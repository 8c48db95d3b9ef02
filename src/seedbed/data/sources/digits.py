"""scikit-learn's handwritten digits: 1,797 images of 8 x 8 pixels that come with that package."""

from __future__ import annotations

import numpy as np

from seedbed.data.base import DataError, Samples
from seedbed.data.sources.base import Request
from seedbed.recipe.sources import DigitsData


def load(request: Request[DigitsData]) -> Samples:
    """All digits in their own order, (1797, 1, 8, 8) uint8 of 0..16; runs see them in [0, 1]."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise DataError(
            "the digits come with scikit-learn, which is not installed: pip install 'seedbed[digits]'"
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    return Samples(
        inputs=pixels.astype(np.uint8).reshape(-1, 1, 8, 8),
        targets=labels.astype(np.int64),
        classes=tuple("0123456789"),
        unit=(0.0, 1 / 16),
    )
