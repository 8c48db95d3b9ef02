"""What the array standard lacks, for NumPy arrays."""

from __future__ import annotations

from scipy.special import erf

__all__ = ["erf"]
